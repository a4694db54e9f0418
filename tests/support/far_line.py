"""A far line between a terminal and a program: `python -m tests.support.far_line SECONDS BITS COMMAND…`.

The command runs in a pty of its own; every byte, in either direction, takes its time on a line of so many bits a second
and arrives after the delay, as over SSH. Sizes of the window are passed on.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time
import tty
from collections import deque
from collections.abc import Callable

WINDOW = 262_144
"""Bytes under way at most; then the program has to wait, as behind a full window of SSH."""


class Way:
    """One direction of the line."""

    def __init__(self, delay: float, rate: float, now: Callable[[], float] = time.monotonic) -> None:
        """`delay` in seconds, `rate` in bits a second."""
        self._delay, self._rate, self._now = delay, rate, now
        self._free = 0.0
        self._under_way: deque[tuple[float, bytes]] = deque()
        self.size = 0
        """Bytes under way."""

    def put(self, data: bytes) -> None:
        """Send bytes off."""
        self._free = max(self._free, self._now()) + len(data) * 8 / self._rate
        self._under_way.append((self._free + self._delay, data))
        self.size += len(data)

    @property
    def due(self) -> float | None:
        """Seconds until something arrives; None where nothing is under way."""
        return max(self._under_way[0][0] - self._now(), 0.0) if self._under_way else None

    def take(self) -> bytes:
        """What has arrived."""
        found = b""
        while self._under_way and self._under_way[0][0] <= self._now():
            found += self._under_way.popleft()[1]
        self.size -= len(found)
        return found


def main(delay: float, rate: float, command: list[str]) -> int:
    """Run a command behind the line; gives its exit code."""
    child, inner = pty.fork()
    if not child:
        os.execvp(command[0], command)

    def resized(*_: object) -> None:
        fcntl.ioctl(inner, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))

    resized()
    signal.signal(signal.SIGWINCH, resized)
    tty.setraw(0)
    there, back = Way(delay, rate), Way(delay, rate)
    open_ = True
    while open_ or back.size:
        waits = [due for due in (there.due, back.due) if due is not None]
        readers = [0, *([inner] if open_ and back.size < WINDOW else [])]
        ready = select.select(readers, [], [], min(waits, default=None))[0]
        if 0 in ready:
            there.put(os.read(0, 4096))
        if inner in ready:
            try:
                data = os.read(inner, 1024)
            except OSError:
                data = b""
            open_ = bool(data)
            back.put(data)
        if open_ and (typed := there.take()):
            os.write(inner, typed)
        if shown := back.take():
            os.write(1, shown)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
