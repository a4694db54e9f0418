"""A thread that runs blocking calls one after another, behind an async face."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

URGENT = 0
"""What a person waits for."""
PATIENT = 1
"""What runs in the background."""
_NOW, _END = -1, 9


@dataclass(order=True)
class _Job:
    urgency: int
    number: int
    call: Callable[[], Any] = field(compare=False)
    answer: asyncio.Future[Any] | None = field(compare=False, default=None)


class Stopped(Exception):
    """The worker was stopped before the call began."""


class Worker:
    """Runs calls in order of urgency, then of arrival. The thread starts with the first call; `stop` ends it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._stopped = False

    async def run(self, urgency: int, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `call` returns or raises. A caller that is cancelled stops waiting; a call that began goes on."""
        if self._stopped:
            raise Stopped
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(_Job(urgency, next(self._numbers), lambda: call(*args, **kwargs), answer))
        return await answer

    def stop(self, last: Callable[[], object]) -> None:
        """Run `last`, then end the thread; calls that did not begin raise `Stopped`. Returns at once."""
        if not self._stopped:
            self._stopped = True
            self._put(_Job(_NOW, next(self._numbers), last))
            self._put(_Job(_END, next(self._numbers), lambda: None))

    def join(self, seconds: float) -> None:
        """Wait for the thread's end, at most so long; blocks."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _put(self, job: _Job) -> None:
        self._jobs.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()).urgency != _END:
            answer = job.answer
            if answer is None:
                with contextlib.suppress(Exception):
                    job.call()
            elif self._stopped:
                _settle(answer, answer.set_exception, Stopped())
            elif not answer.cancelled():
                try:
                    result = job.call()
                except Exception as error:
                    _settle(answer, answer.set_exception, error)
                else:
                    _settle(answer, answer.set_result, result)


def _settle(answer: asyncio.Future[Any], how: Callable[..., object], *args: object) -> None:
    def settle() -> None:
        if not answer.done():
            how(*args)

    # The loop may have been closed while the call ran: then nobody waits for its answer.
    with contextlib.suppress(RuntimeError):
        answer.get_loop().call_soon_threadsafe(settle)
