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

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something in the background; an error that a person can act on becomes a notice."""

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

    async def act(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        """One operation, off the loop, in the order of the keys."""
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

        def answered(found: R | None) -> None:
            if not answer.done():
                answer.set_result(found)

        await self.screen.app.push_screen(dialog, answered)
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
