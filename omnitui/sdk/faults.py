"""Faults of transport, raised by connectors. Each says what the supervisor shall do next."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.errors import OmniError


class Fault(OmniError):
    """Base of what a connector raises when the way to its back end is not open."""


class NotReady(Fault):
    """Nothing has left; the back end cannot be reached or is not ready: back off and try again."""


class Unreachable(NotReady):
    """Nobody answers there, or no way leads there: nothing has left, and to ask again soon is a burden to nobody."""


class Deferred(NotReady):
    """Nothing has left; the back end wants this one op later, and others may go meanwhile."""


class RateLimited(Fault):
    """Nothing was done; come back after `after` milliseconds, not earlier."""

    def __init__(self, message: str, *, after: Millis, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.after = after


class AuthFailed(Fault):
    """The credentials are refused or lack a permission: stop, and ask the person."""
