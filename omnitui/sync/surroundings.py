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
        slept, set_by = (now - then for now, then in zip(self._seen, before, strict=True))
        return Turn(
            cut_off=slept >= ASLEEP or self._way != way,
            set_by=set_by if abs(set_by) >= STEP else 0,
        )

    def _measured(self) -> tuple[Millis, Millis]:
        """How much longer than awake the machine has been on, and how far the clock is from that."""
        steady = self._steady()
        return steady - self._awake(), self._now() - steady
