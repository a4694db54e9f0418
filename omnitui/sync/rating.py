"""Answers to the question how satisfied somebody is, recognised in the message that they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.desk.csat import Rating, rating
from omnitui.sdk.events import Rated
from omnitui.store import arrivals
from omnitui.store.reads import csat
from omnitui.sync.conversation_arrival import take_change
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.clock import Millis
    from omnitui.ids import Ulid
    from omnitui.sync.arrival import Arrival


@dataclass(frozen=True, slots=True)
class Given:
    """A score that a message gives."""

    conversation_id: Ulid
    """Where it was asked for; the answer may have begun a new one."""
    rating: Rating
    quiet: bool
    """Whether the message wants no answer and opens nothing again."""


def score_in(
    arrival: Arrival, text: str, conversation_id: Ulid, contact_id: Ulid, external_id: str, received_at: Millis
) -> Given | None:
    """The score that a customer's new message gives, where it is the first after the question, and in time."""
    found = None if arrival.history else rating(text)
    if found is None:
        return None
    tx = arrival.tx
    tx.settle()  # what came before it in the same work counts
    if arrivals.message_named(tx.db, arrival.account.id, external_id) is not None:
        return None
    question = csat.asked(tx.db, conversation_id) or csat.asked_contact(tx.db, contact_id)
    if question is None or not question.left or question.answered:
        return None
    if not question.at <= received_at <= question.until:
        return None
    if not csat.silent_since(tx.db, question.conversation_id, question.at):
        return None
    return Given(question.conversation_id, found, question.quiet and found.bare)


def keep_score(arrival: Arrival, given: Given | None, at: Millis) -> None:
    """Keep a score with its comment, in the commit of the message that gives it."""
    if given is not None:
        said = given.rating
        take_change(arrival, given.conversation_id, Rated("", said.score, said.raw, said.comment, at))
