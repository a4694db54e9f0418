"""The card: what an agent wants to know about a contact at a glance."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.incidents import Incident
from omnitui.model.people import Contact, Identity, Link, Organization
from omnitui.model.tasks import Task
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class LinkedContact:
    """A contact that was said to be the same person, and by which link."""

    link: Link
    contact: Contact
    identities: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class Rating:
    """How a contact rated one conversation."""

    conversation_id: Ulid
    score: int
    """1 (bad) to 5 (good)."""
    at: Millis


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A contact that may be the same person; never acted on by itself."""

    contact: Contact
    reason: str
    """What speaks for it: the address, the name, the firm."""
    address: str = ""
    """One of its addresses, by which two of the same name are told apart."""
    score: int = 0
    """How likely it is, 0 to 100."""


@dataclass(frozen=True, slots=True)
class Card:
    """One contact with all that is linked to it; counts and lists cover the linked contacts too."""

    contact: Contact
    organization: Organization | None = None
    identities: tuple[Identity, ...] = ()
    """The preferred one first."""
    preferred: Ulid | None = None
    """The identity that the customer is best reached by, where that was said."""
    links: tuple[LinkedContact, ...] = ()
    open: tuple[Conversation, ...] = ()
    """Conversations that are neither resolved nor closed, newest activity first."""
    conversations: int = 0
    messages: int = 0
    first_at: Millis | None = None
    """Received time of the first message; None where there is none."""
    last_at: Millis | None = None
    ratings: tuple[Rating, ...] = ()
    """Newest first, at most ten."""
    last_reason: str = ""
    """The contact reason given when a conversation was last resolved."""
    suggestions: tuple[Suggestion, ...] = ()
    tasks: tuple[Task, ...] = ()
    """What is promised and not done yet, the first due first."""
    incidents: tuple[Incident, ...] = ()
    """Those that go on, of all their conversations, the worst first."""
