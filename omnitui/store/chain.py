"""The op log's chain: each op's digest covers its own row, the digest of its texts, and the digest before it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Final

_COLUMNS: Final = (
    "op.id, op.group_id, op.at, agent.id, op.verb, op.kind, op.object_id, account.id, conversation.id,"
    " op.base_revision, op.reach, op.undoes, op.redoes"
)


def payload_digest(before: str, after: str, reason: str) -> str:
    """SHA-256 over an op's texts, as they are stored."""
    return hashlib.sha256("\n".join((before, after, reason)).encode()).hexdigest()


def op_digest(last: str, columns: Sequence[object], payload: str) -> str:
    """SHA-256 over the digest before, an op's columns in the order of the table, and the digest of its texts."""
    parts = [last, *("" if value is None else str(value) for value in columns), payload]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def last_digest(db: sqlite3.Connection) -> str:
    """The digest of the newest op; "" for an empty log."""
    row = db.execute("SELECT digest FROM op ORDER BY pk DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def verify(db: sqlite3.Connection) -> bool:
    """Whether no op was changed, removed or put between others; erased texts are no fault."""
    last = ""
    rows = db.execute(
        f"SELECT {_COLUMNS}, op.payload_digest, op.digest, p.before, p.after, p.reason, p.erased_at"
        " FROM op JOIN agent ON agent.pk = op.author_pk LEFT JOIN account ON account.pk = op.account_pk"
        " LEFT JOIN conversation ON conversation.pk = op.conversation_pk LEFT JOIN op_payload p ON p.op_pk = op.pk"
        " ORDER BY op.pk"
    )
    for *columns, payload, digest, before, after, reason, erased_at in rows:
        if erased_at is None and (before is None or payload_digest(before, after, reason) != payload):
            return False
        if op_digest(last, columns, payload) != digest:
            return False
        last = digest
    return True
