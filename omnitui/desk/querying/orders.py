"""The orders in which a list may stand, each by one number a conversation: the highest is on top.

The store keeps the same numbers as columns (`omnitui.store.tables.conversations`); a test holds the two together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from omnitui.desk.promises.urgency import urgent_at
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation

Key = tuple[int, Ulid]
"""A place in a list: the rank and the id, both from high to low."""

FAR: Final = 10_000_000_000_000
"""More than any time in milliseconds for 300 years."""
BELOW_ALL: Final[Key] = (-(2**62), "")


class Order(StrEnum):
    """The words that may follow `sort:`."""

    NEWEST = "newest"
    """By the last activity."""
    UNANSWERED = "unanswered"
    """Who has waited longest for an answer first; behind them what waits for none, the newest first."""
    PRIORITY = "priority"
    """The highest priority first, the newest of each first."""
    WINDOW = "window"
    """Whose reply window closes (or closed) first; behind them those that have none, the newest first."""
    URGENCY = "urgency"
    """What is due first on top (`omnitui.desk.promises.urgency`); behind it who waits longest, then the newest."""


def rank(order: Order, conversation: Conversation) -> int:
    """What a list in this order is sorted by, from high to low."""
    newest = conversation.last_activity_at
    match order:
        case Order.NEWEST:
            return newest
        case Order.UNANSWERED:
            since = conversation.unanswered_since
            return newest - 2 * FAR if since is None else -since
        case Order.PRIORITY:
            return conversation.priority.rank * FAR + newest
        case Order.WINDOW:
            closes = conversation.window_closes_at
            return newest - 2 * FAR if closes is None else -closes
        case Order.URGENCY:
            due, since = urgent_at(conversation), conversation.unanswered_since
            if due is not None:
                return -due
            return newest - 2 * FAR if since is None else -FAR - since


def place(order: Order, conversation: Conversation) -> Key:
    """The place of a conversation in a list of this order."""
    return rank(order, conversation), conversation.id
