"""How often X may still be asked: it says so with each answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from omnitui.sdk import SECOND, Millis


@dataclass(slots=True)
class Budget:
    """Of one kind of call. Times are by our own clock, from how long X says it is until then."""

    most: int = 0
    left: int = 1
    ends_at: Millis = 0
    """When all of it is there anew."""

    def hear(self, headers: Mapping[str, str], now: Millis, told_at: Millis) -> None:
        """Take over what an answer says. `told_at`: the time by X's clock.

        https://docs.x.com/x-api/fundamentals/rate-limits; the day's limit counts where it is the one that is used up.
        """
        for name in ("x-user-limit-24hour", "x-app-limit-24hour", "x-rate-limit"):
            most, left, reset = (_number(headers.get(f"{name}-{part}")) for part in ("limit", "remaining", "reset"))
            if most is None or left is None or reset is None:
                continue
            self.most, self.left, self.ends_at = most, left, now + max(0, reset * SECOND - told_at)
            if not left:
                return

    def wait(self, now: Millis) -> Millis:
        """How long it is until the next call is allowed."""
        return max(0, self.ends_at - now) if self.left <= 0 else 0

    def pace(self, now: Millis) -> Millis:
        """How long to rest between two calls so that it lasts until its end."""
        left = max(0, self.ends_at - now)
        return left if self.left <= 0 else math.ceil(left / self.left)

    def words(self, what: str) -> str:
        return f"{self.left} of {self.most} {what} left" if self.most else ""


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None
