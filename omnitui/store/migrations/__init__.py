"""The cache's schema as an ordered list of steps under `PRAGMA user_version`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.values import dataclass

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Step:
    """What leads to `version` from the one before: the SQL files, in order."""

    version: int
    files: tuple[str, ...]
    destructive: bool = False
    """Whether something is dropped: then a snapshot of the file is kept beside it first."""


STEPS: tuple[Step, ...] = (
    Step(1, ("0001_tables.sql", "0001_extras.sql")),
    Step(2, ("0002_drafts.sql",)),
    Step(3, ("0003_counters.sql", "0003_blocks.sql")),
    Step(4, ("0004_sought.sql",)),
    Step(5, ("0005_seals.sql",)),
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
        raise Refused(
            _("The cache was written by a newer omnitui (schema {found}, this one knows {ours}).").format(
                found=found, ours=ours
            ),
            hint=_("Update omnitui, or use another profile."),
        )
    return found == ours


def migrate(
    db: sqlite3.Connection, path: Path | None = None, *, steps: Sequence[Step] = STEPS, folder: Path = _FOLDER
) -> None:
    """Bring the file to our version, each step in its own transaction; several processes may try at once.

    Args:
        db: A connection in autocommit mode (`isolation_level=None`).
        path: Where the file lies; None keeps no snapshots.
        steps: The ordered steps.
        folder: Where their files lie.

    Raises:
        Refused: The file was written by a newer omnitui; nothing has been written then.
    """
    if check(db, steps):
        return
    from omnitui.desk.matching import fold

    db.create_function("folded", 1, fold, deterministic=True)
    for step in steps:
        if check(db, steps):
            return
        if step.version <= version(db):
            continue
        if step.destructive and path is not None:
            _snapshot(db, path.with_name(f"{path.name}.before-{step.version}"))
        db.execute("BEGIN IMMEDIATE")
        try:
            check(db, steps)
            if version(db) == step.version - 1:
                for name in step.files:
                    for statement in statements((folder / name).read_text(encoding="utf-8")):
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {step.version:d}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _snapshot(db: sqlite3.Connection, target: Path) -> None:
    """Keep a whole copy at `target`; an older one of the same step stays, since it is nearer to the original."""
    if not target.exists():
        part = target.with_name(target.name + ".part")
        part.unlink(missing_ok=True)
        db.execute("VACUUM INTO ?", (str(part),))
        part.chmod(0o600)
        part.rename(target)
