"""What cannot be taken in: kept with the reason, shown raw where it is a message, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from omnitui.clock import DAY, Millis
from omnitui.sdk.events import MailReceived, MessageReceived, Unsupported
from omnitui.store.attempts import attempt, blames_the_rows
from omnitui.store.writer import Tx
from omnitui.sync.dates import LATEST
from omnitui.sync.lease import LeaseLost
from omnitui.text.surrogates import mended

if TYPE_CHECKING:
    from omnitui.sync.arrival import Arrival

AWAITS: Final = "nothing"
"""What a parked event waits for that nothing will release."""
RAW_LIMIT: Final = 64 * 1024
"""Bytes that are kept of an event that has no raw form of its own."""


@dataclass(frozen=True, slots=True)
class Aside:
    """An event that cannot be taken in as what it is."""

    event: Unsupported
    """What is shown in its place."""
    raw: str
    """SHA-256 of what is kept of it."""
    reason: str
    shown: bool
    """Whether it is a message; anything else is only kept."""


def is_poison(error: Exception) -> bool:
    """Whether an error lies in what was to be taken in, not in the disk, the cache or the process."""
    return blames_the_rows(error) and not isinstance(error, LeaseLost)


def aside(event: Any, error: Exception, put: Callable[[bytes], str]) -> Aside:
    """Stand-in for an event that met `error`; `put` keeps its raw form."""
    reason = mended(f"{type(error).__name__}: {error}")[:300]
    raw = event.raw if isinstance(event, (MailReceived, MessageReceived, Unsupported)) else b""
    if isinstance(event, MessageReceived) and not raw:
        raw = mended(str(event.text)).encode()
    raw = raw or mended(repr(event)).encode()[:RAW_LIMIT]
    told = Unsupported(
        kind=type(event).__name__,
        raw=raw,
        at=_moment(event),
        conversation=_word(event, "conversation"),
        channel="email" if isinstance(event, MailReceived) else _word(event, "channel"),
        inbox=_word(event, "inbox"),
    )
    shown = isinstance(event, (MailReceived, MessageReceived, Unsupported))
    return Aside(told, put(raw), reason, shown)


def sift(
    tx: Tx,
    some: Sequence[Any],
    take: Callable[[Sequence[Any]], Arrival],
    put: Callable[[bytes], str],
) -> list[Arrival]:
    """Take events in, all but those that prove to be impossible, which are kept aside; what became of them.

    What fails as a whole is tried in halves, so that a thousand events with one bad one cost twenty tries.
    """
    try:
        with attempt(tx):
            return [take(some)]
    except Exception as error:
        if not is_poison(error):
            raise
        if len(some) > 1:
            middle = len(some) // 2
            return [*sift(tx, some[:middle], take, put), *sift(tx, some[middle:], take, put)]
        one = some[0]
        if not isinstance(one, Aside):
            return sift(tx, [aside(getattr(one, "event", one), error, put)], take, put)
        if not one.shown:
            raise
        return sift(tx, [replace(one, shown=False)], take, put)


def _word(event: object, name: str) -> str:
    value = getattr(event, name, "")
    return mended(value).replace("\0", "")[:1_000] if isinstance(value, str) else ""


def _moment(event: object) -> Millis:
    for name in ("received_at", "sent_at", "at"):
        value = getattr(event, name, None)
        if isinstance(value, int) and DAY < value < LATEST:
            return value
    return LATEST
