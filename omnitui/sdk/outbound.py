"""What connectors are asked to do, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.states import Verb
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class OutboundFile:
    """A file to send along, with its bytes as they were when the agent sent it."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class MailLine:
    """The addressing of an outgoing mail, fixed and stored before a byte leaves."""

    message_id: str
    sender: str
    """Name and address, as a From field's value without encoding: "Ann <ann@example.com>"."""
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: str = ""
    """Carries our HMAC token where the account has plus-addresses."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date: Millis = 0
    auto: bool = False
    """Whether no person wrote it; it says `Auto-Submitted: auto-replied` then (RFC 3834)."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One op on its way out. The same op always carries the same key and the same content."""

    op_id: Ulid
    verb: Verb
    idempotency_key: str
    conversation: str
    """The back end's id; empty for mail and for a new conversation."""
    inbox: str
    channel: str
    contact: str
    """The customer's address on the channel."""
    text: str = ""
    subject: str = ""
    files: tuple[OutboundFile, ...] = ()
    mail: MailLine | None = None
    reply_to_external_id: str = ""
    locations: tuple[Json, ...] = ()
    """Where the touched mails lie: [folder, uidvalidity, uid]."""
    fields: Mapping[str, Json] = field(default_factory=dict)
    """The verb's own values: {"status": "resolved"}, {"read": true}, {"add": [...], "remove": [...]};
    of `edit` and `delete` the message by its external id, {"message": "…", "text": "…"}. Of what is written
    {"template": {"name": "…", "language": "…", "values": ["…"]}} where `text` is what a template will say, and
    {"tag": "HUMAN_AGENT"} where it goes under a tag. {"call": {"number": "+81…", "phone": "+81…"}}: nothing is
    written, the agent's phone is rung and connected with the customer's number."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The back end said that it took it."""

    external_id: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """Per recipient, in the back end's own words; recipients that were refused are named here too."""
    conversation: str = ""
    """The back end's id of the conversation that a first message began."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The back end said no, for good, in its own words."""

    reason: str
    outcomes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The link broke after we began to send: it may or may not have arrived."""

    reason: str


Outcome = Accepted | Rejected | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """The back end has it."""

    external_id: str = ""


@dataclass(frozen=True, slots=True)
class NotFound:
    """The back end proves that it does not have it: it is safe to send again."""


@dataclass(frozen=True, slots=True)
class Unknowable:
    """The back end cannot tell; the agent decides."""

    reason: str = ""


Reconciled = Found | NotFound | Unknowable
