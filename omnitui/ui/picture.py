"""What the panes show of one conversation, read in one consistent state of the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.desk.querying.orders import Key
from omnitui.ids import Ulid
from omnitui.model.accounts import LedgerEntry
from omnitui.model.card import Card
from omnitui.model.conversations import Conversation, Draft
from omnitui.model.incidents import Incident
from omnitui.model.operations import OutboxEntry
from omnitui.model.states import MessageKind, SendState
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Capabilities
from omnitui.store.reads import accounts, card, drafts, inbox, incidents, ledger, merging, outbox, presence, tasks
from omnitui.store.reads.replying import address, reply_target
from omnitui.sync.allowance import Allowance, allowance
from omnitui.ui.timeline.stretch import Source, Stretch, newest
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Picture:
    """One conversation with its newest messages, its contact, its drafts and what can be done."""

    conversation: Conversation
    stretch: Stretch
    """Its newest messages, or the contact's."""
    card: Card | None
    drafts: Mapping[MessageKind, Draft]
    due: Mapping[Ulid, Millis]
    """When what is held or deferred leaves, by op."""
    capabilities: Capabilities
    ref: str
    address: str
    """Where a reply goes."""
    answered: Conversation
    """The one of those shown as one into which it goes."""
    allowed: Allowance = Allowance()
    """What the channel's policy depends on, beside the conversation."""
    others: tuple[str, ...] = ()
    """Who gets an answer to all as well."""
    merged: bool = False
    """Whether others are shown as one with it."""


def picture(
    db: sqlite3.Connection, conversation_id: Ulid, since: Key | None = None, *, whole: bool = False
) -> Picture | None:
    """The picture of a conversation; with `since`, the messages from there on. None where there is none such.

    `whole`: with the messages of all conversations of its contact.
    """
    found = inbox.conversation(db, conversation_id)
    if found is None:
        return None
    own = merging.members(db, [conversation_id])
    way = inbox.conversation(db, merging.way(db, conversation_id)) or found
    target = reply_target(db, way.id)
    abilities = snapshot.read(accounts.capabilities(db, way.account_id), way.channel)
    kept = {draft.kind: draft for draft in drafts.drafts(db, conversation_id)}
    written = kept.get(MessageKind.PUBLIC)
    return Picture(
        conversation=found,
        stretch=newest(db, Source(conversation_id, found.contact_id if whole else None), since),
        card=card.card(db, found.contact_id),
        drafts=kept,
        due={entry.op_id: entry.due_at for entry in _waiting(db) if entry.conversation_id in own},
        capabilities=abilities,
        ref=inbox.ref(db, conversation_id),
        answered=way,
        address=address(db, conversation_id, written.extra.get("reply_to") if written is not None else None),
        allowed=allowance(db, abilities, way),
        others=target.others if target is not None else (),
        merged=len(own) > 1,
    )


def _waiting(db: sqlite3.Connection) -> list[OutboxEntry]:
    return [entry for entry in outbox.entries(db) if entry.state in (SendState.HELD, SendState.DEFERRED)]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the whole desk stands: what the status line and the sidebar show."""

    counts: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[Ulid, str] = field(default_factory=dict)
    """Account id → its name."""
    ledger: tuple[LedgerEntry, ...] = ()
    outbox: tuple[OutboxEntry, ...] = ()
    paused: frozenset[Ulid] = frozenset()
    holds: Mapping[Ulid, Millis] = field(default_factory=dict)
    """Account id → the undo time of its replies."""
    promised: tuple[Millis, ...] = ()
    """When the agent's open tasks and nobody's are due, the first hundred."""
    away: Millis | None = None
    """Until when the agent is away; None: not at all, `NO_END`: until they are back."""
    incidents: tuple[Incident, ...] = ()
    """Those that go on, the worst first."""


def standing(db: sqlite3.Connection) -> Standing:
    """Read how the desk stands."""
    found = accounts.accounts(db)
    return Standing(
        counts=inbox.counts(db),
        names={account.id: account.name for account in found},
        ledger=tuple(ledger.entries(db)),
        outbox=tuple(outbox.entries(db)),
        paused=frozenset(account.id for account in found if account.paused),
        holds={account.id: account.hold for account in found},
        promised=tasks.mine(db),
        away=presence.mine(db),
        incidents=tuple(incidents.going_on(db)),
    )
