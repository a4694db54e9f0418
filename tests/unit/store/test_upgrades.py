"""Every schema that was ever released becomes today's, with all that it held, wherever the upgrade is killed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omnitui.clock import FrozenClock
from omnitui.store.cache import Cache
from omnitui.store.chain import verify
from omnitui.store.migrations import STEPS, migrate, version
from omnitui.store.recovery import integrity, snapshots
from omnitui.text.analyser import query_terms
from tests.support import upgrade_kills
from tests.support.promises import Promise
from tests.support.schema_fixture import fixture, load
from tests.support.store_desk import NOW
from tests.unit.store.test_migrations import shape

LATEST = STEPS[-1].version
WHOLE = "An upgrade of the cache that is killed leaves it whole, and the next start goes on."
RELEASED = [step.version for step in STEPS]


@pytest.mark.parametrize("released", RELEASED)
def test_every_schema_has_a_fixture(released: int) -> None:
    assert fixture(released).exists(), "run: python -m tests.support.schema_fixture"


@pytest.mark.parametrize("released", RELEASED)
def test_an_older_cache_becomes_todays_with_all_that_it_held(tmp_path: Path, released: int, promise: Promise) -> None:
    path = load(fixture(released).read_text("utf-8"), tmp_path / "cache.sqlite3")
    with closing(sqlite3.connect(path)) as db:
        before = held(db)
    with Cache.open(tmp_path, clock=FrozenClock(NOW)) as cache:
        assert cache.read(held) == before
        assert cache.read(lambda db: verify(db).fault) is None
        assert cache.read(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []
        found = "SELECT count(*) FROM message_fts WHERE message_fts MATCH ?"
        assert cache.read(lambda db: db.execute(found, (query_terms("返品"),)).fetchone()) == (8,)
    with closing(sqlite3.connect(path, isolation_level=None)) as db, closing(sqlite3.connect(":memory:")) as fresh:
        fresh.isolation_level = None
        migrate(fresh)
        assert shape(db) == shape(fresh)
        assert integrity.faults(db) == []
    kept = snapshots.snapshots(tmp_path)
    assert [one.before for one in kept] == ([] if released == LATEST else [released + 1])
    for one in kept:
        with closing(sqlite3.connect(one.path)) as db:
            assert version(db) == released
            assert held(db) == before
    promise(
        "A cache of every older release becomes a present one with all that it held.",
        "1 released schema upgraded: 0 rows lost",
    )


def held(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """What a person would miss."""
    return {
        "messages": db.execute("SELECT id, text, state, external_id FROM message ORDER BY pk").fetchall(),
        "conversations": db.execute("SELECT id, subject, status, unread FROM conversation ORDER BY pk").fetchall(),
        "ops": db.execute("SELECT id, verb, digest FROM op ORDER BY pk").fetchall(),
        "outbox": db.execute("SELECT op_pk, state, payload FROM outbox").fetchall(),
        "drafts": db.execute("SELECT id, text FROM draft WHERE deleted_at IS NULL").fetchall(),
    }


def killed(released: int, every: int) -> tuple[int, int]:
    ran = subprocess.run(
        [sys.executable, "-m", upgrade_kills.__name__, str(released), str(every)],
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    tried, statements = ran.stdout.split()
    return int(tried), int(statements)


def test_an_upgrade_that_is_killed_is_whole_and_goes_on(promise: Promise) -> None:
    tried, statements = killed(1, 12)
    assert statements > 50
    assert tried >= statements // 12
    promise(WHOLE, f"an upgrade from schema 1 killed at {tried} of {statements} statements: 0 rows lost")


@pytest.mark.torture
@pytest.mark.parametrize("released", RELEASED[:-1])
def test_an_upgrade_that_is_killed_at_any_statement_is_whole_and_goes_on(released: int, promise: Promise) -> None:
    tried, statements = killed(released, 1)
    assert tried == statements
    promise(WHOLE, f"an upgrade from schema {released} killed at each of its {statements} statements: 0 rows lost")
