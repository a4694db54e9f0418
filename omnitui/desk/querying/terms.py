"""What a query says, as data: the tree that the parser makes, the store compiles and the pure evaluator walks."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.querying.orders import Order
from omnitui.ids import Ulid
from omnitui.model.states import Priority, SendState
from omnitui.values import dataclass


class State(StrEnum):
    """The words that may follow `is:`."""

    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    BOT = "bot"
    RESOLVED = "resolved"
    CLOSED = "closed"
    UNREAD = "unread"
    UNANSWERED = "unanswered"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    FAILED = "failed"
    SPAM = "spam"
    ALL = "all"
    MENTIONED = "mentioned"
    DUE = "due"


class Thing(StrEnum):
    """The words that may follow `has:`."""

    ATTACHMENT = "attachment"
    DRAFT = "draft"
    NOTE = "note"
    FAILED = "failed"
    TASK = "task"


class Gap(StrEnum):
    """The words that may follow `window:` beside lengths of time."""

    OPEN = "open"
    CLOSED = "closed"
    NONE = "none"


class Course(StrEnum):
    """The words that may follow `sla:` beside lengths of time."""

    BREACHED = "breached"
    RISK = "risk"
    PAUSED = "paused"
    NONE = "none"


class NameField(StrEnum):
    """What is compared by its name, without regard to case and width."""

    CHANNEL = "channel"
    ACCOUNT = "account"
    INBOX = "inbox"
    LABEL = "label"
    SEGMENT = "segment"
    ORGANIZATION = "org"
    REASON = "reason"
    INCIDENT = "incident"


class Compare(StrEnum):
    """How a value is compared."""

    EQUAL = "="
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Is:
    """A state of the conversation; `mine`, `unassigned` and `mentioned` become nodes of their own."""

    state: State


@dataclass(frozen=True, slots=True)
class Has:
    """Something that a conversation has; in a search for messages, that the message has."""

    thing: Thing


@dataclass(frozen=True, slots=True)
class Assigned:
    """The assignee: an agent's id, or its name, or one word of that; "" is nobody."""

    agent: Ulid | str


@dataclass(frozen=True, slots=True)
class Named:
    """Equality by name. An inbox has two names, its address and its own."""

    field: NameField
    name: str


@dataclass(frozen=True, slots=True)
class From:
    """A part of the contact's name or of one of its addresses."""

    text: str


@dataclass(frozen=True, slots=True)
class PriorityIs:
    """A comparison of the priority, low < normal < high < urgent."""

    compare: Compare
    priority: Priority


@dataclass(frozen=True, slots=True)
class During:
    """A time at or after `start` and before `end`; None leaves that side open.

    It is the last activity of a conversation, or the received time of a message that is searched for.
    """

    start: Millis | None
    end: Millis | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Whether the oldest customer message without an answer is older than `since` (or younger)."""

    older: bool
    since: Millis


@dataclass(frozen=True, slots=True)
class Window:
    """A reply window that closes after `after` and up to `until`; None leaves that side open.

    What has no window has none that fits, unless both sides are open: then it is asked for what has none.
    """

    after: Millis | None = None
    until: Millis | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A clock of its agreement that is due after `after` and up to `until`; None leaves that side open.

    What is overdue is due too; what has no clock that runs never is.
    """

    after: Millis | None = None
    until: Millis | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """A clock of its agreement that was to be warned of up to `until`, or is overdue."""

    until: Millis


@dataclass(frozen=True, slots=True)
class Paused:
    """A clock of its agreement that stands still."""


@dataclass(frozen=True, slots=True)
class Scored:
    """How the customer rated it, 1 to 5; None: not at all."""

    compare: Compare = Compare.EQUAL
    score: int | None = None


@dataclass(frozen=True, slots=True)
class AtHours:
    """Whether the desk is open by a calendar, or closed; decided when the query is read, as it is the same for all."""

    calendar: str
    open: bool
    holds: bool


@dataclass(frozen=True, slots=True)
class Mentions:
    """An agent whom a note names with `@`: an id, or a name, or one word of it."""

    agent: Ulid | str


@dataclass(frozen=True, slots=True)
class Speaks:
    """The contact's language as its back end or an agent says it: `ja`, which `ja-JP` is too; "" is none known."""

    language: str


@dataclass(frozen=True, slots=True)
class Promised:
    """An open task that is due at `until` or before."""

    until: Millis


@dataclass(frozen=True, slots=True)
class Text:
    """Words that stand somewhere in a message, its subject, its author or the names of its files."""

    text: str
    exact: bool = False
    """From quotes: these words in this order, the last one whole."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Parts of the conversation's subject, each white-space part by itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of its parts; without parts it always holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of its parts."""

    parts: tuple[Node, ...]


Leaf = (
    Is
    | Has
    | Assigned
    | Named
    | From
    | PriorityIs
    | During
    | Unanswered
    | Window
    | Promised
    | Due
    | Warned
    | Paused
    | Scored
    | AtHours
    | Mentions
    | Speaks
    | Text
    | Subject
)
Node = Leaf | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; without a node it finds everything.

    Spam, merged and deleted conversations are hidden, unless the query says is:spam or is:all somewhere.
    """

    node: Node | None = None
    hidden: bool = False
    """Whether spam, merged and deleted conversations take part."""
    text: str = ""
    """What was typed."""
    order: Order = Order.NEWEST


FAILED: Final = (SendState.FAILED, SendState.BLOCKED, SendState.UNKNOWN)
"""What is:failed finds: messages that did not leave and wait for the agent's decision."""
