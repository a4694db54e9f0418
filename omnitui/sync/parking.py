"""Events that came before what they are about, as JSON to be kept, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from omnitui.clock import Millis
from omnitui.model.accounts import Json
from omnitui.model.states import Priority, SendState, Status
from omnitui.sdk.events import ConversationChanged, MessageDeleted, Person, Rated, Reacted, ReadUpTo, Receipt


@dataclass(frozen=True, slots=True)
class Bounced:
    """A mail server reports that a mail of ours did not arrive."""

    rfc_id: str
    """The Message-ID of the mail that failed."""
    recipient: str
    at: Millis
    reason: str


Parkable = MessageDeleted | Reacted | Receipt | ReadUpTo | ConversationChanged | Rated | Bounced

_KINDS: Final[Mapping[str, type[Parkable]]] = {
    kind.__name__: kind for kind in (MessageDeleted, Reacted, Receipt, ReadUpTo, ConversationChanged, Rated, Bounced)
}


def encode(event: Parkable) -> Json:
    """An event as JSON."""
    return {"kind": type(event).__name__, "fields": asdict(event)}


def decode(parked: Json) -> Parkable:
    """The event that `encode` made this of."""
    event = _KINDS[parked["kind"]](**parked["fields"])
    match event:
        case Reacted():
            return replace(event, by=Person(**parked["fields"]["by"]))
        case Receipt():
            return replace(event, state=SendState(event.state))
        case ConversationChanged():
            return replace(
                event,
                status=None if event.status is None else Status(event.status),
                priority=None if event.priority is None else Priority(event.priority),
                labels=None if event.labels is None else tuple(event.labels),
            )
    return event


def of_message(external_id: str) -> str:
    """What an event waits for that is about a message."""
    return f"message {external_id}"


def of_key(idempotency_key: str) -> str:
    """What an event waits for that names an op by its key."""
    return f"key {idempotency_key}"


def of_conversation(external_id: str) -> str:
    """What an event waits for that is about a conversation."""
    return f"conversation {external_id}"


def of_mail(rfc_id: str) -> str:
    """What a bounce waits for: the mail of ours that it reports on."""
    return f"mail {rfc_id}"
