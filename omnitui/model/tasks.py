"""Tasks: work that is no conversation, promised to a customer for a time."""

from __future__ import annotations

from enum import StrEnum

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.values import dataclass


class TaskKind(StrEnum):
    CALL_BACK = "call_back"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do for the contact of a conversation, due at a time."""

    id: Ulid
    conversation_id: Ulid
    kind: TaskKind
    text: str
    """What to do, in the agent's words; may be empty."""
    due_at: Millis
    assignee_id: Ulid | None = None
    """Who does it; None: whoever comes first."""
    assignee: str = ""
    done_at: Millis | None = None
    """None while it is open."""
    created_at: Millis = 0
    revision: int = 1
    contact: str = ""
    """The contact's name."""
    channel: str = ""
    """The conversation's."""
    number: str = ""
    """A telephone number of the contact, the one that the conversation is with first; empty where none is known."""
