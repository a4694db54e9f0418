"""How often somebody may call."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from omnitui.clock import SECOND, Millis

BURST: Final = 10
"""So many seconds' worth may come at once."""
_KNOWN: Final = 10_000
"""Callers that are remembered; whoever called longest ago is forgotten."""


class Rate:
    """Gives each caller `per_second` in the long run, and `BURST` times as many at once."""

    def __init__(self, per_second: int) -> None:
        self._pace = per_second / SECOND
        self._most = float(per_second * BURST)
        self._left: OrderedDict[str, tuple[float, Millis]] = OrderedDict()

    def admits(self, caller: str, now: Millis, cost: int = 1) -> bool:
        """Whether `caller` may call once more, which it is charged for then. `now` is of a clock that never steps."""
        left = self._standing(caller, now)
        if left < cost:
            return False
        self._note(caller, left - cost, now)
        return True

    def charge(self, caller: str, now: Millis, cost: int) -> None:
        """Charge for a call that was let through already."""
        self._note(caller, max(0.0, self._standing(caller, now) - cost), now)

    def _standing(self, caller: str, now: Millis) -> float:
        left, at = self._left.get(caller, (self._most, now))
        return min(self._most, left + (now - at) * self._pace)

    def _note(self, caller: str, left: float, now: Millis) -> None:
        self._left[caller] = (left, now)
        self._left.move_to_end(caller)
        while len(self._left) > _KNOWN:
            self._left.popitem(last=False)
