"""Long work beside everything else: in a thread of its own, which the system runs when nothing else wants to."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from omnitui.logs import logger

LOG = logger(__name__)

_NICENESS: Final = 15


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
