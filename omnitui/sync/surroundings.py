"""What happens to the machine and not to us: it sleeps, its network changes, its clock is set."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from omnitui.clock import SECOND, Clock, Millis
from omnitui.values import dataclass

ASLEEP: Final[Millis] = 3 * SECOND
"""Lines outlive a shorter sleep."""
STEP: Final[Millis] = SECOND // 2
"""A clock that is only kept in step moves far less between two looks."""
_FAR_AWAY: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of nobody (RFC 5737, RFC 3849)."""

Routes = tuple[str, ...]
"""The addresses that we would speak from; empty where no way leads out."""


def routes() -> Routes:
    """By which of our own addresses the world is reached now. Nothing is sent for it."""
    found = []
    for family, host in _FAR_AWAY:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as line:
                line.connect((host, 9))
                found.append(str(line.getsockname()[0]))
        except OSError:
            found.append("")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Turn:
    """What happened since the last look."""

    cut_off: bool = False
    """Whether lines that were open then may be dead without a word, or a way is open that was not."""
    set_by: Millis = 0
    """How far the clock was set."""
    since: Millis = 0
    """When the last look was, as the clock would have shown it that was set since; 0 where it was not."""


@dataclass(frozen=True, slots=True)
class _Measure:
    """What the clocks of the machine say at one moment."""

    steady: Millis
    asleep: Millis
    """How much longer than awake the machine has been on."""
    off: Millis
    """How far the clock is from the steady one."""


class Surroundings:
    """Looks at the machine now and then."""

    def __init__(self, clock: Clock, routes: Callable[[], Routes] = routes) -> None:
        self._now = clock.now
        # A clock without these is moved by hand, and nothing but time passes with it.
        self._steady: Callable[[], Millis] = getattr(clock, "steady", clock.now)
        self._awake: Callable[[], Millis] = getattr(clock, "awake", self._steady)
        self._routes = routes
        self._seen = self._measured()
        self._way = routes()

    def look(self) -> Turn:
        """What happened since the last look, or since this was made."""
        before, way = self._seen, self._way
        self._seen, self._way = self._measured(), self._routes()
        slept, set_by = self._seen.asleep - before.asleep, self._seen.off - before.off
        was_set = abs(set_by) >= STEP
        return Turn(
            # A machine that was paused from outside counted nothing meanwhile: only its clock is found to be set.
            cut_off=slept >= ASLEEP or abs(set_by) >= ASLEEP or self._way != way,
            set_by=set_by if was_set else 0,
            since=before.steady + self._seen.off if was_set else 0,
        )

    def _measured(self) -> _Measure:
        steady = self._steady()
        return _Measure(steady, steady - self._awake(), self._now() - steady)
