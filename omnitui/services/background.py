"""Work beside everything else, in threads that keep no end waiting for long."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

from omnitui.logs import logger

T = TypeVar("T")
LOG = logger(__name__)

_NICENESS: Final = 15
_END_SECONDS: Final = 3.0
"""How long the end of a loop waits for what still runs in its threads."""


class _Threads(ThreadPoolExecutor):
    """A loop's own threads: a name that is looked up where no server answers takes half a minute and more."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        if wait:
            ending = threading.Thread(target=super().shutdown, name="omnitui-end", daemon=True)
            ending.start()
            ending.join(_END_SECONDS)


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, which at its end waits a few seconds for the loop's threads, and then no longer."""

    async def bounded() -> T:
        asyncio.get_running_loop().set_default_executor(_Threads(thread_name_prefix="asyncio"))
        return await work

    return asyncio.run(bounded())


async def in_background(name: str, work: Callable[[threading.Event], object]) -> None:
    """Do `work` in a thread of low priority; an error is logged.

    Args:
        name: What the thread is called.
        work: Gets an event that is set when this is cancelled: nobody waits for it any more, nor does the end of the
            process.
    """
    loop = asyncio.get_running_loop()
    stop, done = threading.Event(), asyncio.Event()

    def run() -> None:
        with suppress(AttributeError, OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        try:
            work(stop)
        except Exception:
            # What was given up may find its cache closed.
            if not stop.is_set():
                LOG.exception("%s failed", name)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(done.set)

    # Not in the loop's own threads: the end of the process would wait for it.
    threading.Thread(target=run, name=f"omnitui-{name}", daemon=True).start()
    try:
        await done.wait()
    finally:
        stop.set()
