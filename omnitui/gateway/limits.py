"""How often somebody may call."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from omnitui.clock import DAY, HOUR, SECOND, Clock, Millis, steady_of

BURST: Final = 10
"""So many seconds' worth may come at once."""
_KNOWN: Final = 10_000
"""Callers that are remembered; whoever called longest ago is forgotten."""
_STEP: Final[Millis] = HOUR
"""By more no clock is put right that was right before."""
_CUSTOMER: Final = 64
"""Bits of an IPv6 address that tell customers apart."""


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


class Age:
    """Whether the clock may be believed when it says how old something is."""

    def __init__(self, clock: Clock) -> None:
        self._now, self._steady = clock.now, steady_of(clock)
        self._ahead = self._now() - self._steady()
        self._until = self._steady()

    def is_known(self) -> bool:
        """Not for a day after it was set by more than an hour. Has to be asked now and then to notice."""
        ahead, before = self._now() - self._steady(), self._ahead
        self._ahead = ahead
        if abs(ahead - before) > _STEP:
            self._until = self._steady() + DAY
        return self._steady() >= self._until


def is_here(address: str) -> bool:
    """Whether a call comes from this machine: a tunnel or a proxy that names nobody brings everybody from here."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def caller_at(address: str) -> str:
    """Who counts as one caller: an address, of IPv6 the network that one customer of a provider is given.

    What is no address, and only a proxy that is trusted can have said it, is all one.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, _CUSTOMER), strict=False))
    return str(found)
