"""The look at the cache just before an op leaves; the rules themselves are in `omnitui.desk.acting.checks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.desk.acting.checks import (
    Seen,
    Situation,
    conflicting_field,
    first_unseen,
    why_field_blocks,
    why_message_blocks,
    why_standing_blocks,
)
from omnitui.desk.acting.steps import RULE
from omnitui.ids import Ulid
from omnitui.model.operations import Op, OutboxEntry
from omnitui.model.states import Direction, Flag, ObjectKind, Status, Verb
from omnitui.sdk.capabilities import Capabilities, why_barred
from omnitui.store import oplog as log_writing
from omnitui.store.reads import history, inbox, merging
from omnitui.store.reads import oplog as log_reading
from omnitui.sync.allowance import allowance, policy_of

if TYPE_CHECKING:
    import sqlite3

WRITTEN = frozenset({Verb.REPLY, Verb.NEW})
"""Verbs that send words to a customer."""

PAGE = 200


def why_kept_back(db: sqlite3.Connection, entry: OutboxEntry, capabilities: Capabilities, now: Millis) -> str:
    """The sentence that says why an op must not leave now; empty where it may."""
    op = log_reading.op(db, entry.op_id)
    if op is None:
        return ""
    if entry.verb in WRITTEN:
        return _why_words_wait(db, entry, op, capabilities, now)
    # An agent who has seen the conflict and sends it all the same means it.
    return "" if entry.payload.get("forced") else _why_fields_wait(db, op)


def _why_words_wait(db: sqlite3.Connection, entry: OutboxEntry, op: Op, capabilities: Capabilities, now: Millis) -> str:
    conversation = inbox.conversation(db, entry.conversation_id) if entry.conversation_id else None
    if conversation is None or "call" in (entry.payload.get("fields") or {}):
        return ""
    # What is shown as one with it counts: the agent saw them together.
    shown = inbox.conversation(db, merging.head(db, conversation.id)) or conversation
    seen = _seen(db, entry, op)
    if entry.verb is Verb.REPLY:
        key = (seen.received_at, seen.message_id or "")
        # An away message answers the next message of an impatient customer as well.
        heedless = op.reason.startswith(RULE) and "csat" not in op.after
        later = [
            message
            for message in history.page(db, shown.id, after=key, limit=PAGE)
            if message.op_id != op.id and not (heedless and message.direction is Direction.INCOMING)
        ]
        unseen = first_unseen(later, seen, op.author_id)
        if unseen is not None:
            return why_message_blocks(unseen)
    standing = _standing(db, op, shown.status, shown.flags)
    if why := why_standing_blocks(standing, seen, op.author_id):
        return why
    fields = entry.payload.get("fields") or {}
    policy = policy_of(capabilities, conversation, now, allowance(db, capabilities, conversation))
    return why_barred(policy, template="template" in fields, tag=str(fields.get("tag", "")))


def _seen(db: sqlite3.Connection, entry: OutboxEntry, op: Op) -> Seen:
    """What the author knew: the named message's own time, else the time at which the op was made."""
    message_id: Ulid | None = entry.payload.get("seen") or None
    message = history.message(db, message_id) if message_id else None
    looked_at = int(entry.payload.get("seen_at") or op.at)
    status = entry.payload.get("status")
    return Seen(
        message.id if message else None,
        message.received_at if message else looked_at,
        Status(status) if status else None,
    )


def _standing(db: sqlite3.Connection, op: Op, status: Status, flags: frozenset[Flag]) -> Situation:
    later = [
        other
        for other in log_reading.log(db, op.conversation_id, limit=PAGE)
        if other.id > op.id and "status" in other.after
    ]
    newest = max(later, key=lambda other: other.id, default=None)
    by = newest.author_id if newest is not None and newest.after["status"] == status else None
    return Situation(status, flags, by, status_changed=newest is not None)


def _why_fields_wait(db: sqlite3.Connection, op: Op) -> str:
    if op.kind is not ObjectKind.CONVERSATION:
        return ""
    current, _revision = log_writing.current(db, op.kind, op.object_id, list(op.after))
    later = (other for other in log_reading.log(db, op.conversation_id, limit=PAGE) if other.id > op.id)
    again = {name for other in later for name in other.after}
    name = conflicting_field(op.verb, op.after, current, again)
    return why_field_blocks(name, current[name]) if name else ""
