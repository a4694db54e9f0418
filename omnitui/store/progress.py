"""How far each account is in step: cursors, the ledger, and what one process asks of the one that syncs."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from omnitui.ids import Ulid
from omnitui.model.accounts import Json, LedgerEntry
from omnitui.model.states import ObjectKind
from omnitui.store.rows import pk_of, written
from omnitui.store.writer import Tx

_ASKED: Final = "asked"
_ANSWERED: Final = "answered"
"""Kept where cursors are: they go with them when an account does, or a snapshot takes their place."""


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


def ask(tx: Tx, account_id: Ulid) -> int:
    """Ask whoever syncs to look at the back end anew; the number of this question, which `answer` gives back."""
    number = int(cursor(tx.db, account_id, _ASKED) or 0) + 1
    put_cursor(tx, account_id, _ASKED, number)
    tx.changed(ObjectKind.ACCOUNT, account_id)
    return number


def answer(tx: Tx, account_id: Ulid, number: int) -> None:
    """Write down that since this question, and those before it, all has come in or a fault was met."""
    if answered(tx.db, account_id) < number:
        put_cursor(tx, account_id, _ANSWERED, number)
        tx.changed(ObjectKind.LEDGER, account_id)


def asked(db: sqlite3.Connection, account_id: Ulid) -> int:
    """The number of the newest question; 0 before the first."""
    return int(cursor(db, account_id, _ASKED) or 0)


def answered(db: sqlite3.Connection, account_id: Ulid) -> int:
    """The newest question that has its answer; the ledger says which one it is."""
    return int(cursor(db, account_id, _ANSWERED) or 0)


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


def drop_ledger(tx: Tx, account_id: Ulid, scope: str) -> None:
    """Say no more of a scope that an account does not have any longer."""
    tx.db.execute("DELETE FROM ledger WHERE account_pk = ? AND scope = ?", (pk_of(tx, "account", account_id), scope))
    tx.changed(ObjectKind.LEDGER, account_id)
