"""Answers to the question how satisfied somebody is, recognised in the message that they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.desk.csat import Rating, rating
from omnitui.sdk.events import Rated
from omnitui.store.arriving import arrivals
from omnitui.store.arriving.rollup import ANSWER, CUSTOMER
from omnitui.store.reads import csat, merging
from omnitui.sync.conversation_arrival import take_change
from omnitui.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omnitui.clock import Millis
    from omnitui.ids import Ulid
    from omnitui.store.writer import Tx
    from omnitui.sync.arrival import Arrival


@dataclass(frozen=True, slots=True)
class Given:
    """A score that a message gives."""

    conversation_id: Ulid
    """Where it was asked for, as it is shown; the answer may have begun a new one."""
    rating: Rating
    quiet: bool
    """Whether the message wants no answer and opens nothing again."""


def score_in(
    arrival: Arrival,
    text: str,
    conversation_id: Ulid,
    contact_id: Ulid,
    external_id: str,
    received_at: Millis,
    answers: Iterable[str] = (),
) -> Given | None:
    """The score that a customer's new message gives, where it is the first after the question, and in time.

    `answers`: what it says that it answers. Without that word a number alone counts only where nothing else has been
    said to the customer since, by whom it might have been asked for.
    """
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
    if csat.said_since(tx.db, question.conversation_id, question.at, CUSTOMER):
        return None
    if question.names.isdisjoint(answers) and not _meant(tx, question, found, conversation_id):
        return None
    return Given(question.conversation_id, found, question.quiet and found.bare)


def _meant(tx: Tx, question: csat.Question, found: Rating, conversation_id: Ulid) -> bool:
    """Whether a score is meant for a question that it does not name: its own place, or one that is new."""
    place = merging.head(tx.db, conversation_id)
    if place != question.conversation_id:
        return not any(csat.said_since(tx.db, place, -1, role) for role in (CUSTOMER, ANSWER))
    return found.sure or not csat.said_since(tx.db, place, question.at, ANSWER)


def keep_score(arrival: Arrival, given: Given | None, at: Millis) -> None:
    """Keep a score with its comment, in the commit of the message that gives it."""
    if given is not None:
        said = given.rating
        take_change(arrival, given.conversation_id, Rated("", said.score, said.raw, said.comment, at))
