"""`python -m tests.support.upgrade_kills VERSION EVERY` kills an upgrade from a schema at every so many statements.

Each time the cache is looked at as it was left, upgraded again, and looked at once more. Prints how many times, and how
many statements an upgrade has.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from omnitui.clock import FrozenClock
from omnitui.store import connection, failpoints
from omnitui.store.failpoints import EXIT_CODE, STATEMENT
from omnitui.store.migrations import STEPS, migrate, version
from omnitui.store.recovery import integrity, snapshots
from tests.support.schema_fixture import fixture, load
from tests.support.store_desk import NOW

_HELD = ("SELECT id, text FROM message ORDER BY pk", "SELECT id, digest FROM op ORDER BY pk", "SELECT text FROM draft")


def upgrade(path: Path, kill_at: int) -> int:
    """Upgrade in a process of its own, which ends at a statement; its exit code."""
    child = os.fork()
    if child == 0:
        failpoints.arm(f"{STATEMENT}:{kill_at}")
        with closing(connection.connect(path)) as db:
            connection.log_ahead(db)
            migrate(db, path, clock=FrozenClock(NOW))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def held(path: Path) -> list[list[tuple[object, ...]]]:
    """What has to be there before and after."""
    with closing(sqlite3.connect(path)) as db:
        return [db.execute(query).fetchall() for query in _HELD]


def main(released: int, every: int) -> int:
    """Kill at 1, 1 + every, … until an upgrade comes through."""
    tried, at = 0, 1
    with tempfile.TemporaryDirectory() as folder:
        original = load(fixture(released).read_text("utf-8"), Path(folder) / "original" / "cache.sqlite3")
        before = held(original)
        while True:
            path = Path(folder) / "data" / "cache.sqlite3"
            shutil.rmtree(path.parent, ignore_errors=True)
            path.parent.mkdir()
            shutil.copyfile(original, path)
            code = upgrade(path, at)
            if code == 0:
                break
            assert code == EXIT_CODE, code
            tried += 1
            with closing(sqlite3.connect(path)) as db:
                assert released <= version(db) <= STEPS[-1].version
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert held(path) == before, at
            assert upgrade(path, 1_000_000) == 0
            assert held(path) == before, at
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                assert version(db) == STEPS[-1].version
                assert integrity.faults(db) == [], at
            assert all(held(one.path) == before for one in snapshots.snapshots(path.parent))
            at += every
    low, high = at - every, at
    print(tried, high - 1 if every == 1 else low)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
