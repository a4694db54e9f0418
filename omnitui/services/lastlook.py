"""When the profile's agent last looked at a console: what changed since then is told on coming back."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from omnitui.clock import MINUTE, Millis
from omnitui.paths import Profile
from omnitui.services import drawers

AWAY: Final = 15 * MINUTE
"""Without a key for so long, the agent was away."""
KEPT_EVERY: Final = MINUTE
_NAME: Final = "lastlook"


class LastLook:
    """The last time a key was pressed, and the last one before the agent was away. Kept over starts, per profile."""

    def __init__(self, profile: Profile) -> None:
        self._drawer = drawers.recent(profile)
        self._kept: Millis = 0
        self.touched: Millis | None = None
        """The newest key."""
        self.before: Millis | None = None
        """The last key before the agent went away."""
        with suppress(OSError, ValueError):
            times = [int(word) for word in (self._drawer.read(_NAME) or b"").split()]
            self.touched, self.before = times if len(times) == 2 else (None, None)

    def touch(self, now: Millis) -> bool:
        """The agent pressed a key; whether that is the first one after being away."""
        back = self.touched is not None and now - self.touched > AWAY
        if back or self.before is None:
            self.before = now if self.touched is None else self.touched
        self.touched = now
        return back

    @property
    def due(self) -> bool:
        """Whether the newest key is to be written down, by `flush`."""
        return self.touched is not None and self.touched - self._kept >= KEPT_EVERY

    def flush(self) -> None:
        """Write it down. Fails silently: nobody's work hangs on it."""
        if self.touched is not None and self.before is not None:
            self._kept = self.touched
            with suppress(OSError):
                self._drawer.write(_NAME, f"{self.touched} {self.before}\n".encode(), durable=False)

    def at(self, now: Millis) -> Millis | None:
        """The look that matters now: the newest, but while the agent is here the one before being away."""
        if self.touched is None or now - self.touched > AWAY:
            return self.touched
        return self.before
