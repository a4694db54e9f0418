"""The outbox as agents see it: what waits, what failed, and why."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from omnitui.ids import Ulid
from omnitui.model.operations import OutboxEntry
from omnitui.model.states import SendState, Verb

OUTBOX: Final = """
    SELECT o.id, a.id, c.id, b.verb, b.state, b.idempotency_key, b.due_at, b.attempts, b.reason, b.marked, m.id,
        b.external_id, b.outcomes, b.payload
    FROM outbox b CROSS JOIN op o ON o.pk = b.op_pk CROSS JOIN account a ON a.pk = b.account_pk
    LEFT JOIN conversation c ON c.pk = b.conversation_pk LEFT JOIN message m ON m.pk = b.message_pk
"""
"""The start of every statement that reads the outbox for `to_entry`."""

WAITING: Final = (
    SendState.HELD,
    SendState.QUEUED,
    SendState.SENDING,
    SendState.DEFERRED,
    SendState.BLOCKED,
    SendState.UNKNOWN,
)
"""States of ops that are not done with; failed ones wait for nobody but stay listed."""


def to_entry(row: tuple[Any, ...]) -> OutboxEntry:
    """A row of OUTBOX as the model has it."""
    own, account_id, conversation_id, verb, state, key, due_at, attempts, reason, marked = row[:10]
    message_id, external_id, outcomes, payload = row[10:]
    return OutboxEntry(
        own, account_id, conversation_id, Verb(verb), SendState(state), key, due_at, attempts, reason, marked == 1,
        message_id, external_id, json.loads(outcomes), json.loads(payload),
    )  # fmt: skip


def entries(db: sqlite3.Connection, states: Sequence[SendState] = (*WAITING, SendState.FAILED)) -> list[OutboxEntry]:
    """The ops in these states (waiting or failed ones), in the order in which they were made."""
    marks = ", ".join("?" for _ in states)
    open_ones = "SELECT op_pk FROM outbox WHERE ahead = 1 UNION ALL SELECT op_pk FROM outbox WHERE state = 'failed'"
    rows = db.execute(
        f"{OUTBOX} WHERE b.op_pk IN ({open_ones}) AND b.state IN ({marks}) ORDER BY b.op_pk", tuple(states)
    )
    return [to_entry(row) for row in rows]


def entry(db: sqlite3.Connection, op_id: Ulid) -> OutboxEntry | None:
    """What the outbox holds of one op; None if it never went out."""
    row = db.execute(f"{OUTBOX} WHERE b.op_pk = (SELECT pk FROM op WHERE id = ?)", (op_id,)).fetchone()
    return to_entry(row) if row else None
