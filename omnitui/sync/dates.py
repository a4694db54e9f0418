"""What strangers' clocks say, brought to where a calendar can show it and nothing waits for it for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from omnitui.clock import DAY, Millis
from omnitui.sdk.events import (
    ConversationChanged,
    Event,
    MailReceived,
    MessageDeleted,
    MessageReceived,
    Rated,
    Reacted,
    ReadUpTo,
    Receipt,
    Unsupported,
)

LATEST: Final[Millis] = 4_102_444_800_000
"""2100: what is dated later, or before 1970, is dated by nobody's clock."""
AHEAD: Final[Millis] = 2 * DAY
"""How far a server's clock may be ahead: a change that is dated later would keep out every honest one after it."""
_MESSAGES: Final = {
    MessageReceived: ("sent_at", "received_at", "window_closes_at"),
    MailReceived: ("received_at",),
    Unsupported: ("at",),
}
_CHANGES: Final = (MessageDeleted, Reacted, Receipt, ReadUpTo, ConversationChanged, Rated)


def plausible(at: Millis) -> Millis:
    """`at`, or the nearest time that a calendar can show."""
    return max(0, min(at, LATEST))


def dated(event: Event, now: Millis) -> Event:
    """`event` with times that can be; the same object where they are."""
    kind = type(event)
    if isinstance(event, _CHANGES):
        return replace(event, at=max(0, min(event.at, now))) if event.at < 0 or event.at > now + AHEAD else event
    wrong: dict[str, Any] = {
        name: plausible(at)
        for name in _MESSAGES.get(kind, ())
        if (at := getattr(event, name)) is not None and not 0 <= at <= LATEST
    }
    return replace(event, **wrong) if wrong else event
