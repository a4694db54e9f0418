"""How far each account is in step: cursors and the ledger."""

from __future__ import annotations

import json
import sqlite3

from omnitui.ids import Ulid
from omnitui.model.accounts import Json, LedgerEntry
from omnitui.model.states import ObjectKind
from omnitui.store.rows import pk_of, written
from omnitui.store.writer import Tx


def cursor(db: sqlite3.Connection, account_id: Ulid, scope: str) -> Json:
    """Where a pull stopped; None before it began."""
    row = db.execute(
        "SELECT value FROM cursor WHERE account_pk = (SELECT pk FROM account WHERE id = ?) AND scope = ?",
        (account_id, scope),
    ).fetchone()
    return None if row is None else json.loads(row[0])


def put_cursor(tx: Tx, account_id: Ulid, scope: str, value: Json) -> None:
    """Remember where to go on, in the commit of the rows that this covers."""
    tx.db.execute(
        "INSERT OR REPLACE INTO cursor(account_pk, scope, value) VALUES (?, ?, ?)",
        (pk_of(tx, "account", account_id), scope, written(value)),
    )


def put_ledger(tx: Tx, entry: LedgerEntry) -> None:
    """Write down the state of one scope of an account, whole."""
    tx.db.execute(
        "INSERT OR REPLACE INTO ledger(account_pk, scope, health, last_sync_at, retry_at, error, remote_count,"
        " cached_count, complete_since, unparsed, budget) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            pk_of(tx, "account", entry.account_id),
            entry.scope,
            entry.health,
            entry.last_sync_at,
            entry.retry_at,
            entry.error,
            entry.remote_count,
            entry.cached_count,
            entry.complete_since,
            entry.unparsed,
            entry.budget,
        ),
    )
    tx.changed(ObjectKind.LEDGER, entry.account_id)
