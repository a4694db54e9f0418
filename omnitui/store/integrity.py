"""Whether a file of the cache is whole, and the note beside it that says that it is not."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from omnitui.clock import Millis
from omnitui.store.sharing import NOTE
from omnitui.values import dataclass

MOST: Final = 5
"""Faults that are named; one is enough to act."""

GARBLED: Final = "the schema is garbled"
"""Said where SQLite's own words quote bytes that are no text."""
_VIEWS: Final = {
    "all": "is_shown",
    "inbox": "is_open",
    "unassigned": "is_unassigned",
    "unread": "is_unread",
    "waiting": "is_waiting",
    "snoozed": "is_snoozed",
    "failed": "is_failed",
    "drafts": "is_draft",
    "resolved": "is_resolved",
    "spam": "is_spam",
}
"""Views that are counted by triggers, and the column that says whether a conversation is in one."""
_COUNTED: Final = {view: f"SELECT count(*) FROM conversation WHERE {column} = 1" for view, column in _VIEWS.items()}
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True, slots=True)
class Damage:
    """What was found, and when."""

    at: Millis
    reason: str


def faults(db: sqlite3.Connection) -> list[str]:
    """What is wrong with a file of the cache, in SQLite's words; nothing where it is whole.

    Reads all of it: `quick_check` would miss what is flipped in a row. Asking the full-text index whether it is whole
    is a write to SQLite, so `db` belongs to a file that nobody else uses.
    """
    try:
        found = [str(row[0]) for row in db.execute(f"PRAGMA integrity_check({MOST})")]
        if found != ["ok"]:
            return found
        db.execute("INSERT INTO message_fts(message_fts) VALUES ('integrity-check')")
        return [f"{view} is miscounted" for view, count in _COUNTED.items() if _counter(db, view) != _one(db, count)]
    except UnicodeDecodeError:
        return [GARBLED]
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [str(error)]


def recount(db: sqlite3.Connection) -> None:
    """Make the counters of all views from the conversations."""
    for view, column in _VIEWS.items():
        db.execute(
            f"INSERT OR REPLACE INTO counter(view, n) SELECT ?, count(*) FROM conversation WHERE {column} = 1", (view,)
        )
    db.execute("DELETE FROM counter WHERE view LIKE 'assignee:%'")
    db.execute(
        "INSERT INTO counter(view, n) SELECT 'assignee:' || g.id, count(*) FROM conversation c"
        " JOIN agent g ON g.pk = c.assignee_pk WHERE c.is_open = 1 GROUP BY g.id"
    )


def _counter(db: sqlite3.Connection, view: str) -> object:
    row = db.execute("SELECT n FROM counter WHERE view = ?", (view,)).fetchone()
    return row and row[0]


def _one(db: sqlite3.Connection, query: str) -> object:
    return db.execute(query).fetchone()[0]


def is_damage(error: sqlite3.Error) -> bool:
    """Whether it is the file that is broken, and not its disk, or what was asked."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _DAMAGE


def note(data: Path, damage: Damage) -> None:
    """Keep what was found, so that the next start mends it; a note that is there already stays."""
    with suppress(OSError):
        descriptor = os.open(data / NOTE, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"at": damage.at, "reason": damage.reason}, file)


def noted(data: Path) -> Damage | None:
    """What was found and not mended yet."""
    try:
        text = (data / NOTE).read_text("utf-8")
    except OSError:
        return None
    with suppress(ValueError, TypeError, KeyError):
        held = json.loads(text)
        return Damage(int(held["at"]), str(held["reason"]))
    return Damage(0, "")


def forget(data: Path) -> None:
    """Take the note away: the file is whole again."""
    (data / NOTE).unlink(missing_ok=True)
