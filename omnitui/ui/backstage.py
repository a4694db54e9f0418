"""What every act needs behind the scenes: background work in the order of the keys, dialogs, notices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from textual.screen import Screen

from omnitui.errors import OmniError

if TYPE_CHECKING:
    from omnitui.ui.screens.main import MainScreen

T = TypeVar("T")
R = TypeVar("R")

NOTICE_SECONDS = 6.0
ERROR_SECONDS = 15.0
FINISH_SECONDS = 3.0
"""How long leaving waits for operations that were begun by keys."""


class Backstage:
    """Runs work beside the event loop and says what came of it."""

    def __init__(self, screen: MainScreen) -> None:
        self.screen = screen
        self.notice: tuple[str, str] = ("", "")
        self._notice_timer: asyncio.TimerHandle | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opening: set[asyncio.Task[Any] | None] = set()

    @property
    def opening(self) -> bool:
        """Whether a key has begun something that is not on the screen yet: the next key is meant for that."""
        return bool(self._opening)

    def spawn(self, work: Coroutine[Any, Any, Any], *, keyed: bool = False) -> None:
        """Run something in the background; an error that a person can act on becomes a notice.

        `keyed` work was begun by a key: later keys wait until it is done, shows a dialog or hands over to `act`.
        """

        async def run() -> None:
            try:
                await work
            except OmniError as error:
                self.complain(error)
            except Exception as error:
                self.screen.fail(error)

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if keyed:
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def act(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        """One operation, off the loop, in the order of the keys, which do not wait for it."""
        self._opening.discard(asyncio.current_task())
        return await self.act_first(work, *args, **options)

    async def act_first(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        """The same for an operation whose end changes what the next keys mean."""
        async with self._turn:
            return await asyncio.to_thread(work, *args, **options)

    async def finish(self) -> None:
        """Wait for the operations that keys have begun, and end everything else that runs here."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS), self._turn:
                pass
        for task in self._tasks:
            task.cancel()
        if self._notice_timer is not None:
            self._notice_timer.cancel()

    async def ask(self, dialog: Screen[R]) -> R | None:
        """Show a dialog and wait for its answer; the focus comes back to where it was."""
        answer: asyncio.Future[R | None] = asyncio.get_running_loop().create_future()
        focused = self.screen.focused
        task = asyncio.current_task()
        keyed = task in self._opening

        def answered(found: R | None) -> None:
            if keyed:
                self._opening.add(task)
            if not answer.done():
                answer.set_result(found)

        if self.screen.query("#tour"):
            # What the tour asks for has to stay in sight while it is done.
            dialog.add_class("-touring", update=False)
        await self.screen.app.push_screen(dialog, answered)
        self._opening.discard(task)
        found = await answer
        if focused is not None and focused.is_attached and focused.display:
            focused.focus()
        return found

    def say(self, text: str, role: str = "good", seconds: float = NOTICE_SECONDS) -> None:
        """Show a notice in the status line for a while."""
        self.notice = (text, role)
        if self._notice_timer is not None:
            self._notice_timer.cancel()
        self._notice_timer = asyncio.get_running_loop().call_later(seconds, self.hush)
        self.screen.captions.redraw_status()

    def complain(self, error: OmniError) -> None:
        """Show what went wrong and what to do."""
        text = f"{error.message}: {error.hint}" if error.hint else error.message
        self.say(f"! {text}", "bad", ERROR_SECONDS)

    def hush(self) -> None:
        """The notice has been read."""
        self.notice = ("", "")
        self.screen.captions.redraw_status()
