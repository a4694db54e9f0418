"""The one clock: UTC milliseconds, injected wherever time matters so that tests and the demo can own it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

Millis = int
"""A point in time: milliseconds since 1970-01-01T00:00:00Z."""

SECOND: Millis = 1_000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR


class Clock(Protocol):
    """Tells the time; the only source of "now" in the product."""

    def now(self) -> Millis:
        """The time in UTC milliseconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    speed = 1.0

    def now(self) -> Millis:
        return time.time_ns() // 1_000_000

    def steady(self) -> Millis:
        """Time as it passes, also while the machine sleeps, whatever the clock is set to."""
        return time.clock_gettime_ns(_STEADY) // 1_000_000 if _STEADY is not None else self.awake()

    def awake(self) -> Millis:
        """Time as it passes while the machine is awake."""
        return time.monotonic_ns() // 1_000_000


_STEADY: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
"""Linux counts sleep in CLOCK_BOOTTIME only; macOS, where Python's own monotonic clock does not, in CLOCK_MONOTONIC."""


class FrozenClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: Millis = 1_750_000_000_000) -> None:
        self._now = now

    def now(self) -> Millis:
        return self._now

    def advance(self, millis: Millis) -> None:
        """Move the clock by `millis` (may be negative: clocks of real machines step back too)."""
        self._now += millis


class ScaledClock:
    """A clock that starts at `start` and runs `speed` times as fast as the machine's (0 stands still)."""

    def __init__(self, start: Millis, speed: float = 1.0) -> None:
        self._start = start
        self.speed = speed
        self._origin = time.monotonic_ns()

    def now(self) -> Millis:
        return self._start + int((time.monotonic_ns() - self._origin) / 1_000_000 * self.speed)


def speed_of(clock: Clock) -> float | None:
    """How many of its seconds pass in one of the machine's; None where somebody moves it by hand."""
    speed: float | None = getattr(clock, "speed", None)
    return speed


def steady_of(clock: Clock) -> Callable[[], Millis]:
    """What tells how much time has passed: `steady` of a clock that somebody may set, else the clock itself."""
    steady: Callable[[], Millis] = getattr(clock, "steady", clock.now)
    return steady


def rfc3339(at: Millis) -> str:
    """`at` as RFC 3339 with milliseconds and Z, the form all JSON of ours uses."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
