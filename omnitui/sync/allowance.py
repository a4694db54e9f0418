"""What a channel allows in one conversation now: its window, what was sent within it, what is left of a quota."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omnitui.clock import Millis
from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.sdk.capabilities import QUOTA, Barred, Capabilities, Policy
from omnitui.store.reads import ledger
from omnitui.store.reads.replying import sent_since
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3


UNPLACED: Final = "omnitui unplaced"
"""The conversation, one an account, of what names none."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the cache knows that a policy depends on, beside the conversation."""

    sent: int = 0
    """Messages that left since the customer last wrote; counted only where the channel counts them."""
    left: str = ""
    """What is left of the quota, in the back end's own words."""


def allowance(db: sqlite3.Connection, capabilities: Capabilities, conversation: Conversation) -> Allowance:
    """Read it; two channels in three need nothing."""
    sent, left = 0, ""
    if capabilities.most_in_window is not None:
        sent = sent_since(db, conversation.id, conversation.last_incoming_at or 0)
    if capabilities.paid_after:
        entry = ledger.entry(db, conversation.account_id, QUOTA)
        left = entry.budget if entry is not None else ""
    return Allowance(sent, left)


def policy_of(capabilities: Capabilities, conversation: Conversation, now: Millis, allowed: Allowance) -> Policy:
    """What may be sent into a conversation now."""
    if conversation.external_id == UNPLACED:
        return Barred(_("nobody can say where this came from: an answer would reach no one"))
    return capabilities.policy(
        now,
        conversation.last_incoming_at,
        closes_at=conversation.window_closes_at,
        sent=allowed.sent,
        left=allowed.left,
    )
