"""Whether the cache's file, or a copy of it, is whole, and the note beside it that says that it is not."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from omnitui.clock import Millis
from omnitui.store import connection
from omnitui.store.faults import translated
from omnitui.store.sharing import NOTE, share
from omnitui.values import dataclass

MOST: Final = 5
"""Faults that are named; one is enough to act."""

_STEPS: Final = 100_000
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


def faults(db: sqlite3.Connection, *, shared: bool = False) -> list[str]:
    """What is wrong with a file of the cache, in SQLite's words; nothing where it is whole.

    Reads all of it: `quick_check` would miss what is flipped in a row.

    Args:
        db: A connection outside of a transaction.
        shared: Whether others use the file. Asking the full-text index whether it is whole is a write to SQLite; then
            it is read from end to end instead, which finds nine of ten faults in it.
    """
    try:
        found = [str(row[0]) for row in db.execute(f"PRAGMA integrity_check({MOST})")]
        if found != ["ok"]:
            return found
        if shared:
            db.execute("SELECT count(*) FROM temp.term").fetchone()
        else:
            db.execute("INSERT INTO message_fts(message_fts) VALUES ('integrity-check')")
        # In one transaction: others may count on meanwhile.
        db.execute("BEGIN")
        try:
            return [
                f"{name} is miscounted" for name, count in _COUNTED.items() if _counter(db, name) != _one(db, count)
            ]
        finally:
            db.execute("ROLLBACK")
    except UnicodeDecodeError:
        return [GARBLED]
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [str(error)]


def faults_beside(cache: Path, stop: threading.Event, breath: float) -> list[str]:
    """`faults` of a cache that is in use, without a write to it. Takes 15 s of processor time for a million messages.

    Args:
        cache: The cache's file.
        stop: Set to give up; then nothing is said.
        breath: Seconds of rest after each hundred thousand steps of SQLite's.

    Raises:
        CacheError: It could not be read, though it is not damaged.
    """
    lock = share(cache.parent)  # nobody puts another file in its place meanwhile
    try:
        with closing(connection.connect(cache)) as db:
            db.set_progress_handler(lambda: stop.wait(breath), _STEPS)
            db.execute("PRAGMA temp_store = MEMORY")
            db.execute("CREATE VIRTUAL TABLE temp.term USING fts5vocab(main, message_fts, 'row')")
            db.execute("PRAGMA query_only = 1")
            return faults(db, shared=True)
    except UnicodeDecodeError:
        return [GARBLED]
    except sqlite3.Error as error:
        if is_damage(error):
            return [str(error)]
        if stop.is_set():
            return []
        raise translated(error) from error
    finally:
        if lock is not None:
            os.close(lock)


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
