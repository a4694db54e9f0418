"""An event loop in a thread of its own: what runs there does not keep the keys of the caller's loop waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Strand:
    """A loop that begins with the first work, in a thread called `name`. Another loop calls its methods."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._loop: Future[asyncio.AbstractEventLoop] = Future()

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` gives or raises. Where this is cancelled the work is too, which may take a while longer."""
        if self._thread is None:
            # Daemon: at the end of the process nothing waits for what does not end.
            self._thread = threading.Thread(target=self._live, name=self._name, daemon=True)
            self._thread.start()
        loop = await asyncio.wrap_future(self._loop)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), loop))

    def soon(self, callback: Callable[[], object]) -> None:
        """Call `callback` on the loop, if it runs."""
        if self._loop.done():
            with suppress(RuntimeError):  # it has ended
                self._loop.result().call_soon_threadsafe(callback)

    async def end(self, seconds: float) -> None:
        """Cancel what still runs, and wait until it has ended, though no longer than `seconds`."""
        if self._thread is not None:
            self.soon(self._loop.result().stop)
            await asyncio.to_thread(self._thread.join, seconds)

    def _live(self) -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            asyncio.set_event_loop(loop)
            self._loop.set_result(loop)
            loop.run_forever()
