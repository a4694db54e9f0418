"""The way out to the terminal: written from the loop without ever blocking it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import time
from collections.abc import Callable

DRAIN_SECONDS = 2.0


def open_terminal(descriptors: tuple[int, ...]) -> int | None:
    """A descriptor of our own on the terminal behind one of these, not blocking; None where there is none.

    Our own, because O_NONBLOCK belongs to the open file and would reach the shell that started us.
    """
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            name = os.ttyname(descriptor)
            return os.open(name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    return None


class Outlet:
    """Bytes for the terminal. Keeps what the terminal does not take yet and says when it has taken all."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int, drained: Callable[[], None]) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._drained = drained
        self._waiting = bytearray()
        self._closed = False
        self.written = 0
        """Bytes that have left since the start."""

    @property
    def busy(self) -> bool:
        """Whether the terminal has not yet taken what was written."""
        return bool(self._waiting)

    def write(self, data: str) -> None:
        """Write, now as far as the terminal takes it, the rest when it is ready."""
        if self._closed or not data:
            return
        encoded = data.encode("utf-8", "replace")
        if self._waiting:
            self._waiting += encoded
            return
        sent = self._send(encoded)
        if sent < len(encoded):
            self._waiting += encoded[sent:]
            self._loop.add_writer(self._descriptor, self._ready)

    def close(self) -> None:
        """Write what is left, waiting for the terminal at most two seconds, and close."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(RuntimeError, ValueError, OSError):
            self._loop.remove_writer(self._descriptor)
        end = time.monotonic() + DRAIN_SECONDS
        while self._waiting and time.monotonic() < end:
            select.select([], [self._descriptor], [], 0.1)
            del self._waiting[: self._send(bytes(self._waiting))]
        os.close(self._descriptor)

    def _ready(self) -> None:
        del self._waiting[: self._send(bytes(self._waiting[:65_536]))]
        if not self._waiting:
            self._loop.remove_writer(self._descriptor)
            self._drained()

    def _send(self, data: bytes) -> int:
        try:
            sent = os.write(self._descriptor, data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            # The terminal is gone; reading it says so and ends the app. What we had to say is lost with it.
            return len(data)
        self.written += sent
        return sent
