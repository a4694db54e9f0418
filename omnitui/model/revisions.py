"""What messages said before, and what a search finds of them."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import Direction, MessageKind
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Revision:
    """A message as it was before an edit."""

    message_id: Ulid
    revision: int
    replaced_at: Millis
    subject: str
    text: str
    quoted: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that a search found."""

    message_id: Ulid
    conversation_id: Ulid
    received_at: Millis
    direction: Direction
    kind: MessageKind
    author: str
    subject: str
    """The message's own, else its conversation's."""
    snippet: str
    """The part of the text that the search is about, in one line."""
    contact: str
    account: str
    channel: str
