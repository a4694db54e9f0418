"""What connectors report: things that happened at the back end, each at least once, in any order."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.model.accounts import Json
from omnitui.model.states import CallEnd, Direction, MessageKind, Priority, SendState, Status
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote: an address on the event's channel, and the name shown there."""

    address: str
    name: str = ""
    language: str = ""
    agent: bool = False
    """Whether this is one of us."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at the back end. `data` where it came along; else `remote` tells the connector how to fetch it."""

    name: str
    media_type: str
    size: int
    data: bytes | None = None
    remote: Json = None
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message of a back end that has conversations of its own; a new revision of a known one is an edit."""

    inbox: str
    """Our address that it came to (or left from)."""
    channel: str
    conversation: str
    """The back end's id of the conversation."""
    external_id: str
    contact: Person
    """The customer, whoever wrote."""
    author: Person
    direction: Direction
    sent_at: Millis
    text: str
    received_at: Millis | None = None
    """When the back end had it; `sent_at` where it does not say."""
    revision: int = 1
    kind: MessageKind = MessageKind.PUBLIC
    subject: str = ""
    html: bool = False
    """Whether `text` is HTML."""
    files: tuple[RemoteFile, ...] = ()
    seen: bool = False
    idempotency_key: str = ""
    """For what we sent: the key of the op, where the back end gives it back."""
    window_closes_at: Millis | None = None
    """Where the back end says so; else it is counted from `Capabilities.window`."""
    answers: str = ""
    """The external id of the message that it answers."""
    call: CallEnd | None = None
    """What became of the call that it tells of. A missed one promises a call-back (`Capabilities.call_back`), one
    that was answered keeps the promise."""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class MailLocation:
    """Where a mail lies: replaced by moves and UIDVALIDITY changes, while the mail stays the same."""

    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class MailReceived:
    """A raw RFC 5322 message; the core parses, identifies and threads it."""

    inbox: str
    location: MailLocation
    raw: bytes
    received_at: Millis
    """IMAP INTERNALDATE."""
    direction: Direction
    seen: bool = False
    flagged: bool = False
    keywords: tuple[str, ...] = ()
    size: int = 0
    """Size at the server; larger than `raw` where parts were left there."""


@dataclass(frozen=True, slots=True)
class MailFlags:
    """The flags of a mail, whole."""

    location: MailLocation
    seen: bool
    flagged: bool
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailVanished:
    """A mail is no longer at this place: expunged, or moved elsewhere."""

    location: MailLocation


@dataclass(frozen=True, slots=True)
class FolderReset:
    """All older locations in a folder are void: its UIDVALIDITY changed to `uidvalidity`."""

    folder: str
    uidvalidity: int


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """The back end or the customer took a message back."""

    external_id: str
    at: Millis


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody put an emoji to a message, or took it away again; no message by itself."""

    external_id: str
    """The message's."""
    by: Person
    emoji: str
    """Empty with `withdrawn`: all that this person gave."""
    at: Millis
    withdrawn: bool = False
    replaces: bool = False
    """Whether the back end lets a person give only one: it takes the place of the one before."""


@dataclass(frozen=True, slots=True)
class Typing:
    """A customer is writing. Shown until its time and never stored."""

    conversation: str
    until: Millis
    name: str = ""
    """Who, where several take part."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far an outgoing message of ours got. Named by external id, else by idempotency key."""

    state: SendState
    at: Millis
    external_id: str = ""
    idempotency_key: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReadUpTo:
    """A read mark in a conversation: the customer's (`by_us` false) or ours on another device."""

    conversation: str
    at: Millis
    by_us: bool = False


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """Fields of a conversation changed at the back end; None means: not said."""

    conversation: str
    at: Millis
    status: Status | None = None
    vendor_status: str | None = None
    priority: Priority | None = None
    assignee: str | None = None
    """An agent's address; empty for nobody."""
    labels: tuple[str, ...] | None = None
    subject: str | None = None
    window_closes_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """What the back end knows of a person."""

    channel: str
    address: str
    name: str | None = None
    organization: str | None = None
    segment: str | None = None
    language: str | None = None
    time_zone: str | None = None
    picture: str | None = None
    """The address of a picture of them; it is shown as a link and never fetched by itself."""
    fields: tuple[tuple[str, str], ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    """Where else they said they are to be found, as (channel, address): the mail address that a form asks for."""


@dataclass(frozen=True, slots=True)
class Rated:
    """A satisfaction rating, normalised to 1–5, with the raw value."""

    conversation: str
    score: int
    raw: str
    comment: str = ""
    at: Millis = 0


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An event of a kind this connector does not know: kept raw, shown as unsupported, never dropped."""

    kind: str
    raw: bytes
    at: Millis
    external_id: str = ""
    conversation: str = ""
    channel: str = ""
    inbox: str = ""


Event = (
    MessageReceived
    | MailReceived
    | MailFlags
    | MailVanished
    | FolderReset
    | MessageDeleted
    | Reacted
    | Typing
    | Receipt
    | ReadUpTo
    | ConversationChanged
    | ContactChanged
    | Rated
    | Unsupported
)


@dataclass(frozen=True, slots=True)
class Extent:
    """What a scope holds and how much of it this batch and its forerunners covered; the ledger shows it."""

    scope: str
    remote_count: int | None = None
    complete_since: Millis | None = None
    """All that arrived at or after this time has been handed over; 0 means everything."""
    budget: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events with the cursor that covers them: both are committed together, or neither."""

    events: tuple[Event, ...]
    cursor: Json = None
    """Where to go on after this batch; None leaves the stored cursor as it is."""
    extents: tuple[Extent, ...] = ()
    caught_up: bool = False
    """Whether the back end had nothing more to give when this batch was made."""
    gap: str = ""
    """Said plainly when something may have been missed that cannot be fetched again."""
    once: bool = False
    """Whether the back end gives these events no more once it is asked to go on: they lie on the disk before that."""
