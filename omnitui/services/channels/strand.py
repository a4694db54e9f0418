"""An event loop in a thread of its own: what runs there does not keep the keys of the caller's loop waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from omnitui.errors import Refused
from omnitui.i18n import _

T = TypeVar("T")


class Strand:
    """A loop that begins with the first work, in a thread called `name`. Another loop calls its methods."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._loop: Future[asyncio.AbstractEventLoop] = Future()

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` gives or raises. Where this is cancelled the work is too, which may take a while longer.

        Raises:
            Refused: The machine has no room for the thread or its loop now; another time it may have.
        """
        try:
            # Shielded: who waits may be cancelled, the loop is made all the same.
            loop = await asyncio.shield(asyncio.wrap_future(self._begun()))
        except OSError as error:
            self._thread, self._loop = None, Future()
            raise _crowded(error) from error
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), loop))

    def _begun(self) -> Future[asyncio.AbstractEventLoop]:
        if self._thread is None:
            # Daemon: at the end of the process nothing waits for what does not end.
            thread = threading.Thread(target=self._live, args=(self._loop,), name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                raise _crowded(error) from error
            self._thread = thread
        return self._loop

    def soon(self, callback: Callable[[], object]) -> None:
        """Call `callback` on the loop, if it runs."""
        if self._loop.done() and self._loop.exception() is None:
            with suppress(RuntimeError):  # it has ended
                self._loop.result().call_soon_threadsafe(callback)

    async def end(self, seconds: float) -> None:
        """Cancel what still runs, and wait until it has ended, though no longer than `seconds`."""
        if self._thread is not None:
            self._loop.add_done_callback(lambda made: self.soon(lambda: made.result().stop()))
            await asyncio.to_thread(self._thread.join, seconds)

    @staticmethod
    def _live(made: Future[asyncio.AbstractEventLoop]) -> None:
        with asyncio.Runner() as runner:
            try:
                loop = runner.get_loop()
            except OSError as error:
                made.set_exception(error)
                return
            asyncio.set_event_loop(loop)
            made.set_result(loop)
            loop.run_forever()


def _crowded(error: Exception) -> Refused:
    return Refused(_("the machine has no room for another thread: {why}").format(why=error))
