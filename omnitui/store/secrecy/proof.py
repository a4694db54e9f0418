"""A canary in the cache, and words of customers, for the proof that none of them lies on the disk in clear."""

from __future__ import annotations

import sqlite3
from typing import Final

from omnitui.store.writer import Tx

SAMPLES: Final = 16
LEAST: Final = 24
"""Characters; shorter words may stand in a file of somebody else's by chance."""
_ROW: Final = "canary"


def put(tx: Tx, canary: str) -> None:
    """Write a canary as text and as a word of the search index."""
    tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (_ROW, " ".join([canary] * 300)))
    tx.db.execute("INSERT INTO message_fts(rowid, terms, filters) VALUES (-1, ?, '')", (canary,))


def drop(tx: Tx, canary: str) -> None:
    """Take it away again."""
    tx.db.execute("DELETE FROM meta WHERE name = ?", (_ROW,))
    tx.db.execute("INSERT INTO message_fts(message_fts, rowid, terms, filters) VALUES ('delete', -1, ?, '')", (canary,))


def samples(db: sqlite3.Connection) -> list[str]:
    """The beginnings of some customers' messages and subjects, and addresses of contacts."""
    rows = db.execute(
        "SELECT substr(text, 1, 60) FROM (SELECT text FROM message WHERE length(text) >= ?1 ORDER BY pk DESC LIMIT ?2)"
        " UNION SELECT subject FROM (SELECT subject FROM conversation WHERE length(subject) >= ?1"
        " ORDER BY pk DESC LIMIT ?2)",
        (LEAST, SAMPLES),
    )
    return [row[0] for row in rows]
