"""Conversations, their messages and attachments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.states import Direction, Flag, MessageKind, Priority, SendState, Status
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; its bytes are content-addressed, or still at the back end."""

    id: Ulid
    message_id: Ulid
    name: str
    media_type: str
    size: int
    """Bytes after decoding."""
    sha256: str = ""
    """Names the file in the blob store; empty while it has not been fetched."""
    inline: bool = False
    content_id: str = ""
    remote: Json = None
    """What the connector needs to fetch it."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji that somebody put to a message."""

    address: str
    name: str
    emoji: str
    at: Millis


@dataclass(frozen=True, slots=True)
class Message:
    """One unit in a conversation, in its newest revision."""

    id: Ulid
    conversation_id: Ulid
    account_id: Ulid
    direction: Direction
    kind: MessageKind
    state: SendState | None
    """None for what we did not send."""
    author: str
    """The name shown; for outgoing ones the agent's."""
    author_id: Ulid | None
    """The agent or contact, where known."""
    sent_at: Millis
    """What the sender claims."""
    received_at: Millis
    """When it reached the back end, clamped to now: what orders a conversation."""
    text: str
    subject: str = ""
    external_id: str = ""
    revision: int = 1
    quoted: str = ""
    """What was quoted from earlier messages, folded on screen."""
    signature: str = ""
    html: bool = False
    """Whether the text was made from HTML."""
    raw: str = ""
    """SHA-256 of the raw form in the blob store; empty where there is none."""
    reason: str = ""
    """For a failed, deferred, blocked or unknown one: why, in the back end's own words."""
    placement: str = ""
    """Why it lies in this conversation."""
    edited: bool = False
    deleted: bool = False
    auto: bool = False
    """An auto-reply or bounce, not written by a person."""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    op_id: Ulid | None = None
    """The op that made it here, for what an agent wrote."""
    answers: str = ""
    """The external id of the message that it answers, where the channel says so; mail names it in its header."""
    reactions: tuple[Reaction, ...] = ()
    """Those that stand, the oldest first."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages about one matter with one contact in one inbox, as a list row needs it and a little more."""

    id: Ulid
    account_id: Ulid
    inbox_id: Ulid
    contact_id: Ulid
    channel: str
    subject: str
    status: Status
    priority: Priority
    contact: str
    """The contact's name."""
    account: str
    """The account's name."""
    assignee_id: Ulid | None = None
    assignee: str = ""
    labels: tuple[str, ...] = ()
    flags: frozenset[Flag] = frozenset()
    snoozed_until: Millis | None = None
    unread: int = 0
    """Incoming messages that no agent of this profile has read."""
    snippet: str = ""
    last_message_at: Millis = 0
    """Received time of the newest message."""
    last_activity_at: Millis = 0
    """What the inbox is ordered by."""
    last_incoming_at: Millis | None = None
    unanswered_since: Millis | None = None
    window_closes_at: Millis | None = None
    """End of the reply window; None where the channel has none."""
    send_state: SendState | None = None
    """State of the newest outgoing message that is not settled well; None otherwise."""
    has_draft: bool = False
    external_id: str = ""
    vendor_status: str = ""
    csat: int | None = None
    created_at: Millis = 0
    revision: int = 1
    may_belong_to: Ulid | None = None
    """Another conversation this one may continue; a hint, never acted on."""
    send_reason: str = ""
    """Why the newest message that did not leave did not, in the back end's own words."""
    contact_reason: str = ""
    """Why the customer wrote, by its path in the tree of reasons: "billing/refund"; empty where nobody said."""
    task_due_at: Millis | None = None
    """When the first of its open tasks is due; None where it has none."""
    sla_due_at: Millis | None = None
    """When the clock of its agreement that counts is due; None where none runs."""
    sla_warn_at: Millis | None = None
    """When that was or is first warned of."""
    sla_left: Millis | None = None
    """Business time that is left while that clock is paused."""
    sla_target: str = ""
    """What that clock is for, see `omnitui.desk.promises.sla.Target`."""
    incident_id: Ulid | None = None
    """The incident that it is linked to."""
    incident: str = ""
    """The title of that."""
    severity: str = ""
    """How bad that is, see `omnitui.model.incidents.Severity`; empty once it has ended."""
    window_passed: Millis | None = None
    """The end of the reply window, once it was noticed to have passed: it makes nothing urgent any more."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agent is writing; every keystroke of it is kept."""

    id: Ulid
    conversation_id: Ulid
    """Empty for a first message: it has no conversation yet."""
    kind: MessageKind
    """PUBLIC or NOTE: each conversation has at most one of either."""
    text: str
    attachments: tuple[str, ...] = ()
    """Paths of files to send along."""
    seen_message_id: Ulid | None = None
    """The newest message that its author had on screen."""
    updated_at: Millis = 0
    extra: Mapping[str, Json] = field(default_factory=dict)
    """`cc`, `bcc`, `subject`, `reply_to` (the id of the message it answers); of a first message `account` and `to`."""
