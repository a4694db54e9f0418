"""A clock that goes on by itself, of a machine that is put to sleep and whose clock is set."""

from __future__ import annotations

from omnitui.clock import Millis, SystemClock


class TravelClock(SystemClock):
    """The machine's own, and what a test adds."""

    def __init__(self) -> None:
        self.slept: Millis = 0
        self.set_by: Millis = 0

    def now(self) -> Millis:
        return super().now() + self.slept + self.set_by

    def steady(self) -> Millis:
        return super().awake() + self.slept
