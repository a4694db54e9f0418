"""Closed sets of words: statuses, kinds, states. The strings are what the cache and all JSON hold."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

ENDS: Final = 10_000_000_000_000
"""Until when a conversation sleeps that is to sleep until its incident ends: a time that never comes by itself."""

NO_END: Final = 253_370_764_800_000
"""The year 9999: until when an agent is away who is, until they say that they are back."""


class Status(StrEnum):
    """Where a conversation stands."""

    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    BOT = "bot"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Flag(StrEnum):
    """What may hold beside a conversation's status."""

    SPAM = "spam"
    MERGED = "merged"
    DELETED = "deleted"
    MUTED = "muted"


class Priority(StrEnum):
    """How much a conversation matters; `rank` orders them."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


class Direction(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


class MessageKind(StrEnum):
    """What a message is. `raw` is what could not be parsed: shown as it came, never dropped."""

    PUBLIC = "public"
    NOTE = "note"
    ACTIVITY = "activity"
    TEMPLATE = "template"
    RAW = "raw"


class CallEnd(StrEnum):
    """What became of a call."""

    MISSED = "missed"
    """Nobody spoke with anybody."""
    VOICEMAIL = "voicemail"
    """The customer spoke to a machine."""
    ANSWERED = "answered"


class SendState(StrEnum):
    """The life of an outgoing message or any other op in the outbox."""

    DRAFT = "draft"
    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    DEFERRED = "deferred"
    BLOCKED = "blocked"
    CANCELED = "canceled"
    UNKNOWN = "unknown"

    @property
    def cancellable(self) -> bool:
        """Whether nothing can have left yet, so that the op can still be taken back."""
        return self in (SendState.HELD, SendState.QUEUED, SendState.DEFERRED, SendState.BLOCKED)

    @property
    def settled(self) -> bool:
        """Whether the outbox has no more to do for it by itself."""
        return self in (
            SendState.ACCEPTED,
            SendState.DELIVERED,
            SendState.READ,
            SendState.FAILED,
            SendState.CANCELED,
        )

    def may_become(self, to: SendState) -> bool:
        """Whether `to` can follow this state: the whole life of an op in the outbox is in `NEXT_STATES`."""
        return to in NEXT_STATES[self]


NEXT_STATES: Final[Mapping[SendState, frozenset[SendState]]] = {
    SendState.DRAFT: frozenset((SendState.HELD, SendState.QUEUED)),
    SendState.HELD: frozenset((SendState.QUEUED, SendState.BLOCKED, SendState.CANCELED)),
    SendState.QUEUED: frozenset(
        (SendState.SENDING, SendState.DEFERRED, SendState.BLOCKED, SendState.FAILED, SendState.CANCELED)
    ),
    SendState.DEFERRED: frozenset((SendState.QUEUED, SendState.BLOCKED, SendState.FAILED, SendState.CANCELED)),
    # Back to queued only when nothing can have left.
    SendState.SENDING: frozenset(
        (
            SendState.ACCEPTED,
            SendState.QUEUED,
            SendState.DEFERRED,
            SendState.FAILED,
            SendState.BLOCKED,
            SendState.UNKNOWN,
        )
    ),
    SendState.BLOCKED: frozenset((SendState.QUEUED, SendState.CANCELED)),
    SendState.UNKNOWN: frozenset((SendState.ACCEPTED, SendState.QUEUED, SendState.FAILED)),
    SendState.FAILED: frozenset((SendState.QUEUED, SendState.CANCELED)),
    # A bounce may come long after the message was taken.
    SendState.ACCEPTED: frozenset((SendState.DELIVERED, SendState.READ, SendState.FAILED)),
    SendState.DELIVERED: frozenset((SendState.READ, SendState.FAILED)),
    SendState.READ: frozenset(),
    SendState.CANCELED: frozenset(),
}
"""What may follow each state."""


class Verb(StrEnum):
    """What an op does. Stable: they are in the op log for ever."""

    REPLY = "reply"
    NOTE = "note"
    STATUS = "status"
    ASSIGN = "assign"
    LABEL = "label"
    PRIORITY = "priority"
    SNOOZE = "snooze"
    WAKE = "wake"
    READ = "read"
    CONTACT = "contact"
    LINK = "link"
    UNLINK = "unlink"
    MOVE = "move"
    NEW = "new"
    EDIT = "edit"
    DELETE = "delete"
    ERASE = "erase"
    CONTINUE = "continue"
    MERGE = "merge"
    SPLIT = "split"
    TASK = "task"
    INCIDENT = "incident"
    """An incident begins, changes or ends, or its customers are told something."""
    CAUSE = "cause"
    """A conversation is linked to an incident, or not any more."""
    AWAY = "away"
    """An agent is away until a time, or back."""
    CALL = "call"
    """A line about a call by the agent's softphone."""
    RULE = "rule"
    """A line that says which rule did the other ops of its group, and why."""
    CALL_BACK = "call_back"
    """A task that a missed call made, or an answered one ended, by itself."""


class ObjectKind(StrEnum):
    """What an op or a change is about."""

    CONVERSATION = "conversation"
    MESSAGE = "message"
    CONTACT = "contact"
    LINK = "link"
    ACCOUNT = "account"
    OUTBOX = "outbox"
    OP = "op"
    DRAFT = "draft"
    LEDGER = "ledger"
    TASK = "task"
    INCIDENT = "incident"
    AGENT = "agent"
    RULE = "rule"
    """By its name, where how it stands is another."""


class What(StrEnum):
    """What happens in conversations, by which rules are set off. Stable: the words of rules.toml."""

    MESSAGE = "message"
    """Something came in from the customer, automatic mail included."""
    BEGUN = "begun"
    """It came in where nothing was before."""
    STATUS = "status"
    """The status became another one; `subject` is the new one, `before` the old one."""
    RESOLVED = "resolved"
    REOPENED = "reopened"
    """It was resolved or closed and is open again."""
    ASSIGNED = "assigned"
    """An agent became responsible; `subject` is their id."""
    UNASSIGNED = "unassigned"
    LABELLED = "labelled"
    """A label was put on; `subject` is the label."""
    UNLABELLED = "unlabelled"
    PRIORITY = "priority"
    """`subject` is the new one."""
    NOTE = "note"
    REPLY = "reply"
    """An agent wrote to the customer, here or elsewhere."""
    FAILED = "failed"
    """What an agent wrote could not be sent."""
    RATED = "rated"
    """`subject` is the score."""
    WARNED = "warned"
    """A warning of an agreement fell due."""
    BREACHED = "breached"
    """An agreement was broken."""


class Reach(StrEnum):
    """How far a verb travels on one account."""

    REMOTE = "remote"
    MIRRORED = "mirrored"
    LOCAL = "local"
