"""Which conversation an agent gets who asks for the next one: there is no choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omnitui.clock import HOUR, Millis
from omnitui.desk.promises.urgency import urgent_at
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation


def next_of(
    urgent: Sequence[Conversation], served_by: Callable[[Conversation], Ulid | None], me: Ulid, now: Millis
) -> Conversation | None:
    """The one to take; None where there is none.

    What is overdue, warned of, or due within the hour comes first, whoever served the contact. Else those come first
    whose contact `me` served last, then those that nobody did, and then those that a colleague did: these are left to
    that colleague until they press.

    Args:
        urgent: What may be taken, the most urgent first.
        served_by: Who served the contact of a conversation last.
        me: The agent who asks.
        now: What counts as pressing.
    """
    best: tuple[int, Conversation] | None = None
    for one in urgent:
        if presses(one, now):
            return one
        served = served_by(one)
        rank = 0 if served == me else 1 if served is None else 2
        if best is None or rank < best[0]:
            best = rank, one
    return best[1] if best else None


def presses(conversation: Conversation, now: Millis) -> bool:
    """Whether something of a conversation is overdue, warned of, or due within the hour."""
    due, warn = urgent_at(conversation), conversation.sla_warn_at
    return (due is not None and due <= now + HOUR) or (warn is not None and warn <= now)
