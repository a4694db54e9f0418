"""How long to wait after a fault: twice as long each time, never all at the same moment."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from omnitui.clock import MINUTE, SECOND, Millis
from omnitui.sdk.faults import Fault, RateLimited, Unreachable


@dataclass(slots=True)
class Backoff:
    """Counts faults in a row and says how long to rest; times in milliseconds."""

    first: Millis = SECOND
    most: Millis = 5 * MINUTE
    random: random.Random = field(default_factory=random.Random)
    faults: int = 0

    def rest(self) -> Millis:
        """The rest after one more fault: between half and all of the doubled time."""
        whole = rest_after(self.faults, self.first, self.most)
        self.faults += 1
        return jittered(whole, self.random)

    def clear(self) -> None:
        """It works again: the next fault counts as the first."""
        self.faults = 0


def rest_of(fault: Fault, backoff: Backoff) -> Millis:
    """How long to rest from a fault: never shorter than it asks for, and at most three seconds where nobody answers.

    So a way that opens again is used within five.
    """
    if isinstance(fault, RateLimited):
        # A thousandth more than asked: clocks count whole ones.
        return fault.after + 1 + int(min(fault.after / 10, 5 * SECOND) * backoff.random.random())
    if isinstance(fault, Unreachable):
        # However long it lasts: who answers at last and is not ready yet gets a short rest first.
        backoff.faults = min(backoff.faults, 2)
        return min(backoff.rest(), jittered(3 * SECOND, backoff.random))
    return backoff.rest()


def rest_after(faults: int, first: Millis = SECOND, most: Millis = 5 * MINUTE) -> Millis:
    """The longest rest after so many faults before this one."""
    return min(most, first << min(faults, 30))


def jittered(whole: Millis, source: random.Random) -> Millis:
    """Between half of `whole` and all of it, so that many accounts do not come back at once."""
    return whole - int(whole / 2 * source.random())
