"""The full-text index: one row a message, of its subject, author, names of its files, and text.

The table holds no text of its own, so a row can only be removed by handing in what was indexed: a message is taken
out before it changes, and put in again at the end of the work.
"""

from __future__ import annotations

import functools
import re
import sqlite3
import unicodedata
from typing import Final

from omnitui.store.writer import Tx
from omnitui.text.analyser import ANALYSER_VERSION, index_terms

_LAYOUT: Final = 2
VERSION: Final = f"{ANALYSER_VERSION}.{_LAYOUT} {unicodedata.unidata_version}"
"""Changes when texts would be indexed otherwise: with the analyser, with what `source` and `filter_terms` make of a
message, with Unicode."""

_INSERT: Final = "INSERT INTO message_fts(rowid, terms, filters) VALUES (?, ?, ?)"
_DELETE: Final = "INSERT INTO message_fts(message_fts, rowid, terms, filters) VALUES ('delete', ?, ?, ?)"
_FILES: Final = "(SELECT group_concat(name, char(10)) FROM attachment WHERE message_pk = m.pk AND deleted_at IS NULL)"
_STORED: Final = f"""
    SELECT m.pk, m.subject, m.author, CASE WHEN m.files > 0 THEN {_FILES} END, m.text, c.channel
    FROM message m JOIN conversation c ON c.pk = m.conversation_pk"""
_SIGNS: Final = re.compile(r"[^0-9a-z]")


@functools.lru_cache(maxsize=64)
def filter_terms(channel: str) -> str:
    """The word of the second column, `channelline`. Direction and kind as well would make the index 5 % larger."""
    return f"channel{_SIGNS.sub('', channel.lower())}"


def source(subject: str, author: str, files: str, text: str) -> str:
    """What of a message is searched, in one string."""
    return "\n".join([part for part in (subject, author, files, text) if part])


class Pending:
    """Messages of one work that are indexed when it ends, in the order of their rows, as FTS5 likes it."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.rows: dict[int, tuple[str, str]] = {}

    def close(self) -> None:
        # One by one, not as a list made before: SQLite lets other threads run in between.
        rows = ((pk, index_terms(text), filters) for pk, (text, filters) in sorted(self.rows.items()))
        self._tx.db.executemany(_INSERT, rows)


def pending(tx: Tx) -> Pending:
    """This work's list of messages to index."""
    found = tx.closing.get("fulltext")
    if not isinstance(found, Pending):
        found = tx.closing["fulltext"] = Pending(tx)
    return found


def put(tx: Tx, message_pk: int, text: str, filters: str) -> None:
    """Index a message that is not in the index, when the work ends. `text` is its `source`."""
    pending(tx).rows[message_pk] = (text, filters)


def later(tx: Tx, message_pk: int) -> None:
    """Leave a message to `index_pending`."""
    tx.db.execute("INSERT OR IGNORE INTO unindexed(message_pk) VALUES (?)", (message_pk,))


def take_out(tx: Tx, message_pk: int) -> None:
    """Remove a message from the index as it is stored now: called before it changes."""
    if pending(tx).rows.pop(message_pk, None) is not None:
        return
    if tx.db.execute("DELETE FROM unindexed WHERE message_pk = ?", (message_pk,)).rowcount:
        return
    row = tx.db.execute(f"{_STORED} WHERE m.pk = ? AND m.deleted_at IS NULL", (message_pk,)).fetchone()
    if row is not None:
        tx.db.execute(_DELETE, entry(row))


def put_back(tx: Tx, message_pk: int) -> None:
    """Index a message as it is stored now, unless it is deleted; the counterpart of `take_out`."""
    row = tx.db.execute(f"{_STORED} WHERE m.pk = ? AND m.deleted_at IS NULL", (message_pk,)).fetchone()
    if row is not None:
        put(tx, message_pk, source(row[1], row[2], row[3] or "", row[4]), filter_terms(row[5]))


def index_pending(tx: Tx, limit: int) -> bool:
    """Index up to `limit` messages that were left for later, newest first; whether any are still left.

    An outdated index is emptied first, so that calling this until nothing is left renews it.
    """
    renew(tx)
    rows = tx.db.execute(
        f"{_STORED} WHERE m.pk IN (SELECT message_pk FROM unindexed ORDER BY message_pk DESC LIMIT ?)"
        " AND m.deleted_at IS NULL ORDER BY m.pk",
        (limit,),
    ).fetchall()
    tx.db.executemany(_INSERT, map(entry, rows))
    tx.db.execute(
        "DELETE FROM unindexed WHERE message_pk IN (SELECT message_pk FROM unindexed ORDER BY message_pk DESC LIMIT ?)",
        (limit,),
    )
    return tx.db.execute("SELECT 1 FROM unindexed LIMIT 1").fetchone() is not None


def outdated(db: sqlite3.Connection) -> bool:
    """Whether the index was made by another analyser or another Unicode than ours."""
    row = db.execute("SELECT value FROM meta WHERE name = 'fulltext'").fetchone()
    return row is None or row[0] != VERSION


def renew(tx: Tx) -> bool:
    """Where the index is outdated: empty it and leave all messages to `index_pending`; whether that was so."""
    if not outdated(tx.db):
        return False
    tx.settle()
    tx.db.execute("INSERT INTO message_fts(message_fts) VALUES ('delete-all')")
    tx.db.execute("INSERT OR IGNORE INTO unindexed(message_pk) SELECT pk FROM message WHERE deleted_at IS NULL")
    tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES ('fulltext', ?)", (VERSION,))
    return True


def entry(row: tuple[int, str, str, str | None, str, str]) -> tuple[int, str, str]:
    """A row of the index from one of `_STORED`: row number, subject, author, names of files, text, channel."""
    pk, subject, author, files, text, channel = row
    return pk, index_terms(source(subject, author, files or "", text)), filter_terms(channel)
