"""What a history shows between messages: what was done with a conversation, and what a message answers."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.operations import Fields
from omnitui.model.states import Verb
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Deed:
    """A change of a conversation, or its rating by the customer."""

    id: Ulid
    """The op's; for a rating its conversation's."""
    conversation_id: Ulid
    at: Millis
    author: str
    """The agent's name; empty for a rating."""
    verb: Verb | None
    """None for a rating."""
    before: Fields
    after: Fields
    """As the op has them, but the assignee and the incident by name; of a rating `score` and `comment`."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that another one answers."""

    message_id: Ulid
    conversation_id: Ulid
    author: str
    text: str
    """The beginning of what it says."""
