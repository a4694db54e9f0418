"""By which other ways the contact of a conversation can be answered, and what each allows now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.people import Identity
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Barred, Capabilities, Policy
from omnitui.store.reads import accounts, inbox
from omnitui.store.reads.ways import openings
from omnitui.sync.allowance import allowance, policy_of
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Way:
    """An address of the contact on a channel of one of our accounts."""

    identity: Identity
    account_id: Ulid
    account: str
    conversation: Conversation | None
    """The newest one there that can be gone on with; None: a new one begins."""
    capabilities: Capabilities
    policy: Policy

    @property
    def channel(self) -> str:
        """What it goes by."""
        return self.identity.channel


def ways(db: sqlite3.Connection, conversation_id: Ulid, now: Millis) -> list[Way]:
    """All ways but the conversation itself, those that take an answer first.

    A channel that takes no writing is none, nor one where only the customer can begin and never has.
    """
    here = inbox.conversation(db, conversation_id)
    found: list[Way] = []
    if here is None:
        return []
    for one in openings(db, here.contact_id, conversation_id):
        abilities = snapshot.read(accounts.capabilities(db, one.account_id), one.identity.channel)
        there = inbox.conversation(db, one.conversation_id) if one.conversation_id else None
        if not abilities.writes or (there is None and not abilities.can_start):
            continue
        same = one.account_id == here.account_id and one.identity.channel == here.channel
        if same and one.identity.contact_id == here.contact_id:
            # Another conversation of the very channel takes no more than this one.
            continue
        policy = abilities.policy(now, None)
        if there is not None:
            policy = policy_of(abilities, there, now, allowance(db, abilities, there))
        found.append(Way(one.identity, one.account_id, one.account, there, abilities, policy))
    return sorted(found, key=lambda way: isinstance(way.policy, Barred))
