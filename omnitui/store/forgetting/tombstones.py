"""What was erased and must not come back: digests of names, never the names; and how long an account keeps messages.

A digest is an HMAC by a key of this cache, so that equal names have other digests elsewhere. Whoever has the file and
guesses a name can still test the guess.
"""

from __future__ import annotations

import hmac
import re
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from omnitui.clock import DAY, Millis
from omnitui.ids import Ulid
from omnitui.store.writer import Tx

_KEY: Final = "erasure_key"
_ERASED: Final = "erased "
_RETENTION: Final = "retention "
SWEEP_OWED: Final = "sweep_owed"
"""The name under which it is noted that bytes of what is erased may still lie somewhere."""
_DIGEST: Final = re.compile(rf"{_ERASED}[0-9a-f]{{64}}")
_KEPT: Final = re.compile(rf"{_RETENTION}[0-9A-Z]{{26}}")
_KEY_VALUE: Final = re.compile("[0-9a-f]{64}")
_NUMBER: Final = re.compile("[0-9]{1,15}")


def person(channel: str, address: str, scope: str) -> str:
    """How a person is named here, by an address and where that is unique."""
    return f"person {channel} {scope} {address}"


def put(tx: Tx, account_id: Ulid, names: Iterable[str], at: Millis) -> None:
    """Remember that these were erased, with all that is not younger than `at`; a later time wins."""
    key = _key(tx)
    _put(tx.db, [(_ERASED + _digest(key, account_id, name), str(at)) for name in names])


class Tombstones:
    """What was erased, asked for within one work."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        # No row that waits to be written is a fact of the cache's own.
        row = tx.beside.execute("SELECT 1 FROM meta WHERE name BETWEEN ? AND ? LIMIT 1", (_ERASED, _ERASED + "g"))
        self.any = row.fetchone() is not None
        """Whether anything ever was."""
        self._known = _key(tx) if self.any else b""

    def at(self, account_id: Ulid, name: str) -> Millis | None:
        """Up to when what goes by a name was erased; None where it was not."""
        if not self.any:
            return None
        digest = _ERASED + _digest(self._known, account_id, name)
        row = self._tx.beside.execute("SELECT value FROM meta WHERE name = ?", (digest,)).fetchone()
        return None if row is None else int(row[0])


def set_retention(tx: Tx, account_id: Ulid, days: int | None) -> None:
    """Keep an account's messages so many days; None: for ever."""
    if days is None:
        tx.db.execute("DELETE FROM meta WHERE name = ?", (_RETENTION + account_id,))
    else:
        tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (_RETENTION + account_id, str(days)))


def retention(db: sqlite3.Connection, account_id: Ulid) -> int | None:
    """For how many days an account keeps its messages; None: for ever."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_RETENTION + account_id,)).fetchone()
    return None if row is None else int(row[0])


def kept_since(db: sqlite3.Connection, account_id: Ulid, now: Millis) -> Millis | None:
    """The time before which an account keeps no messages; None where it keeps all."""
    days = retention(db, account_id)
    return None if days is None else now - days * DAY


def bring(db: sqlite3.Connection, rows: Mapping[str, str], *, whole: bool) -> int:
    """Bring what another copy of this cache says is forgotten, or is to be, into this one; how many rows that changed.

    Args:
        db: The cache, in a transaction.
        rows: By name, as far as they could be read; what is not such a row, or does not look like one, is left out.
        whole: Whether all of them could be read: how long accounts keep messages is then as it is there.
    """
    before = db.total_changes
    numbers = {name: value for name, value in rows.items() if _NUMBER.fullmatch(value)}
    key = rows.get(_KEY, "")
    if _KEY_VALUE.fullmatch(key):
        (there,) = db.execute("SELECT max(value) FROM meta WHERE name = ?", (_KEY,)).fetchone()
        if there != key:
            # Digests say nothing under another key.
            db.execute("DELETE FROM meta WHERE name BETWEEN ? AND ?", (_ERASED, _ERASED + "g"))
            db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (_KEY, key))
    if whole:
        kept = [name for (name,) in db.execute("SELECT name FROM meta") if _KEPT.fullmatch(name)]
        db.executemany("DELETE FROM meta WHERE name = ?", [(name,) for name in kept if name not in numbers])
    _put(db, ((name, value) for name, value in numbers.items() if _DIGEST.fullmatch(name)))
    db.executemany(
        "INSERT INTO meta(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value"
        " WHERE value <> excluded.value",
        [(name, value) for name, value in numbers.items() if _KEPT.fullmatch(name) or name == SWEEP_OWED],
    )
    return db.total_changes - before


def _put(db: sqlite3.Connection, rows: Iterable[tuple[str, str]]) -> None:
    """Digests with their times; a later time wins."""
    db.executemany(
        "INSERT INTO meta(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value"
        " WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)",
        rows,
    )


def _key(tx: Tx) -> bytes:
    tx.beside.execute("INSERT OR IGNORE INTO meta(name, value) VALUES (?, ?)", (_KEY, secrets.token_hex(32)))
    return bytes.fromhex(tx.beside.execute("SELECT value FROM meta WHERE name = ?", (_KEY,)).fetchone()[0])


def _digest(key: bytes, account_id: Ulid, name: str) -> str:
    # Addresses that mean the same everywhere are the same in every account.
    where = "" if name.startswith("person ") else account_id
    return hmac.digest(key, f"{where}\n{name}".encode("utf-8", "surrogatepass"), "sha256").hex()
