"""One caller's connection: who says nothing, or hears nothing, does not keep it from others."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from omnitui.gateway.limits import is_here

HEAD_SECONDS: Final = 10.0
"""So long a connection may be open without a whole request."""
DEAF_SECONDS: Final = 60.0
"""So long a caller may take nothing of what it is told."""
MOST: Final = 2_000
"""At a time; fewer where the system lets a process open fewer files."""
MOST_OF_ONE: Final = 200
"""At a time from one address, but for this machine's own: all that a tunnel brings comes from there."""
_FILES: Final = 128
"""Kept free for the spool, the log, and what is read anew."""


class Connection(H11Protocol):
    """Closes what waits for nothing. By h11, which bounds the size of headers, whatever else is installed."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._headless = _Alarm(self.loop, HEAD_SECONDS, transport.abort)
        self._deaf = _Alarm(self.loop, DEAF_SECONDS, transport.abort)
        if self._is_one_too_many():
            transport.abort()
        else:
            self._headless.set()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._mind_calls()

    def on_response_complete(self) -> None:
        self._headless.set()
        super().on_response_complete()
        self._mind_calls()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._deaf.set()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._deaf.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headless.stop()
        self._deaf.stop()
        super().connection_lost(exc)

    def _mind_calls(self) -> None:
        """A call that has begun takes as long as the application lets it."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._headless.stop()

    def _is_one_too_many(self) -> bool:
        most = self.limit_concurrency
        if most is not None and len(self.connections) > most:
            return True
        host = self.client[0] if self.client else ""
        if is_here(host):
            return False
        hosts = [one.client[0] for one in self.connections if isinstance(one, Connection) and one.client]
        return hosts.count(host) > MOST_OF_ONE


def room() -> int:
    """How many connections there may be, once the process may open as many files as it is allowed to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + _FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST if soft == resource.RLIM_INFINITY else max(1, min(MOST, soft - _FILES))


class _Alarm:
    """Rings once, so long after it was set last."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, ring: Callable[[], None]) -> None:
        self._loop, self._seconds, self._ring = loop, seconds, ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        self.stop()
        self._timer = self._loop.call_later(self._seconds, self._ring)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
