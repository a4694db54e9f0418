"""The cache's schema as an ordered list of steps under `PRAGMA user_version`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from omnitui.clock import Clock, SystemClock
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.store import failpoints
from omnitui.values import dataclass

_FOLDER = Path(__file__).parent
_WRITER = "omnitui"
"""The name in `meta` of the version that brought the file to its schema."""


@dataclass(frozen=True, slots=True)
class Step:
    """What leads to `version` from the one before: the SQL files, in order."""

    version: int
    files: tuple[str, ...]
    destructive: bool = False
    """Whether something is dropped: then nothing is done unless a snapshot can be taken first."""


STEPS: tuple[Step, ...] = (
    Step(1, ("0001_tables.sql", "0001_extras.sql")),
    Step(2, ("0002_drafts.sql",)),
    Step(3, ("0003_counters.sql", "0003_blocks.sql")),
    Step(4, ("0004_sought.sql",)),
    Step(5, ("0005_seals.sql",)),
    Step(6, ("0006_chat.sql",)),
    Step(7, ("0007_withheld.sql",)),
    Step(8, ("0008_reacted.sql",)),
    Step(9, ("0009_contact_reason.sql",)),
    Step(10, ("0010_tasks.sql",)),
    Step(11, ("0011_orders.sql",)),
    Step(12, ("0012_sla.sql",)),
    Step(13, ("0013_calls.sql",)),
    Step(14, ("0014_merged.sql",)),
    Step(15, ("0015_incidents.sql",)),
    Step(16, ("0016_rules.sql",)),
    Step(17, ("0017_away.sql",)),
    Step(18, ("0018_closed_windows.sql",)),
)


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one; triggers hold semicolons, so SQLite itself says where one ends."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def version(db: sqlite3.Connection) -> int:
    """The schema version that the file holds; 0 for a new one."""
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    return found


def check(db: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> bool:
    """Whether the file is at our version. Reads only.

    Raises:
        Refused: The file was written by a newer omnitui.
    """
    found, ours = version(db), steps[-1].version
    if found > ours:
        from omnitui import __version__

        raise Refused(
            _("The cache was written by a newer omnitui ({program}, schema {found}; this is {own}, {ours}).").format(
                program=writer(db) or "?", found=found, own=__version__, ours=ours
            ),
            hint=_("Update omnitui, use another profile, or go back: omnitui restore, with a snapshot from before."),
        )
    return found == ours


def writer(db: sqlite3.Connection) -> str:
    """The version of omnitui that brought the file to its schema; empty where it does not say."""
    try:
        row = db.execute(f"SELECT value FROM meta WHERE name = '{_WRITER}'").fetchone()
    except sqlite3.OperationalError:
        return ""
    return str(row[0]) if row else ""


def migrate(
    db: sqlite3.Connection,
    path: Path | None = None,
    *,
    clock: Clock | None = None,
    steps: Sequence[Step] = STEPS,
    folder: Path = _FOLDER,
) -> None:
    """Bring the file to our version, each step in its own transaction; several processes may try at once.

    Args:
        db: A connection in autocommit mode (`isolation_level=None`).
        path: Where the file lies; None takes no snapshot of it before.
        clock: Names the snapshot; the machine's unless given.
        steps: The ordered steps.
        folder: Where their files lie.

    Raises:
        Refused: The file was written by a newer omnitui; nothing has been written then.
        CacheError: There is no room for the snapshot that a destructive step needs.
    """
    if check(db, steps):
        return
    from omnitui import __version__
    from omnitui.desk.querying.matching import fold

    failpoints.watch(db)
    db.create_function("folded", 1, fold, deterministic=True)
    if path is not None and version(db):
        _snapshot(db, path, clock or SystemClock(), steps)
    for step in steps:
        if check(db, steps):
            return
        if step.version <= version(db):
            continue
        db.execute("BEGIN IMMEDIATE")
        try:
            check(db, steps)
            if version(db) == step.version - 1:
                for name in step.files:
                    for statement in statements((folder / name).read_text(encoding="utf-8")):
                        db.execute(statement)
                if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                    db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (_WRITER, __version__))
                db.execute(f"PRAGMA user_version = {step.version:d}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _snapshot(db: sqlite3.Connection, path: Path, clock: Clock, steps: Sequence[Step]) -> None:
    """Keep a whole copy of the file as it is before its next step, unless another process has done so."""
    from omnitui.logs import logger
    from omnitui.store.faults import CacheError
    from omnitui.store.recovery import snapshots

    db.execute("BEGIN IMMEDIATE")
    following = 0
    try:
        following = version(db) + 1
        known = [one.before for one in snapshots.snapshots(path.parent)]
        if not check(db, steps) and following not in known:
            snapshots.take(path, clock.now(), before=following)
    except CacheError as error:
        if any(step.destructive and step.version >= following for step in steps):
            raise
        logger(__name__).warning("no snapshot before the change of the schema: %s", error.message)
    finally:
        db.execute("ROLLBACK")
