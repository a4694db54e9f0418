"""When an app under test is at rest: known from the loop, instead of guessed from how busy the processor is.

Textual's own wait sleeps at least 20 ms, twice a key, and up to a second where the machine is busy; and then it gives
up. Here nothing is slept for: the app is at rest when its loop has nothing to run and no thread works for it. What a
timer will do later is not waited for, as a person would not know of it either: tests wait for what they want to see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import textual.app
import textual.pilot

CALM_ROUNDS = 3
"""Rounds of the loop in which nothing may happen: a task that was woken needs one to run."""
PATIENCE = 60.0
"""Seconds after which an app that is never at rest is taken as it is: an animation, a loop of its own."""
POLL_SECONDS = 0.001

_AT_WORK = "omnitui_threads_at_work"
_wrap_future = asyncio.wrap_future


def count_threads(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop count what its threads have not handed back yet."""
    if hasattr(loop, _AT_WORK):
        return
    setattr(loop, _AT_WORK, 0)
    run = loop.run_in_executor

    def counted(executor: Any, function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        return _count(run(executor, function, *args))

    loop.run_in_executor = counted  # type: ignore[assignment,method-assign]


def _count(future: asyncio.Future[Any]) -> asyncio.Future[Any]:
    loop = future.get_loop()
    if hasattr(loop, _AT_WORK):
        setattr(loop, _AT_WORK, getattr(loop, _AT_WORK) + 1)
        future.add_done_callback(lambda _done: setattr(loop, _AT_WORK, getattr(loop, _AT_WORK) - 1))
    return future


def _wrapped(future: Any, *, loop: asyncio.AbstractEventLoop | None = None) -> asyncio.Future[Any]:
    # What the thread of the writer hands back comes this way.
    return _count(_wrap_future(future, loop=loop))


async def at_rest(_min_sleep: float = 0, _max_sleep: float = 0) -> None:
    """Wait until the running loop has nothing to do but to wait."""
    loop = asyncio.get_running_loop()
    count_threads(loop)
    end = loop.time() + PATIENCE
    calm = 0
    while calm < CALM_ROUNDS and loop.time() < end:
        await asyncio.sleep(0)
        if getattr(loop, _AT_WORK):
            calm = 0
            await asyncio.sleep(POLL_SECONDS)
        else:
            calm = 0 if loop._ready else calm + 1  # type: ignore[attr-defined]


def install() -> None:
    """Let every pilot of Textual wait this way."""
    asyncio.wrap_future = _wrapped
    for module in (textual.app, textual.pilot):
        setattr(module, "wait_for_idle", at_rest)  # noqa: B010
