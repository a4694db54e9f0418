"""The schema: what migrations make is what the tables say, and nothing newer is touched."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from pathlib import Path

import pytest

from omnitui.errors import Refused
from omnitui.model.states import ENDS
from omnitui.store import migrations
from omnitui.store.faults import CacheFull
from omnitui.store.migrations import Step, migrate
from omnitui.store.recovery import snapshots
from tests.support.schema_fixture import fixture


def opened(path: Path | str = ":memory:") -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)


@pytest.fixture
def migrated() -> sqlite3.Connection:
    db = opened()
    migrate(db)
    return db


def shape(db: sqlite3.Connection) -> dict[str, str]:
    """Each table and index with its definition, white space made one."""
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL")
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if not name.startswith(("message_fts", "sqlite_"))}


def test_schema_equals_metadata_after_migration(migrated: sqlite3.Connection) -> None:
    from omnitui.store.tables import ddl

    declared = opened()
    declared.executescript(ddl())
    assert shape(migrated) == shape(declared)


def test_every_constraint_has_a_name() -> None:
    from omnitui.store.tables import metadata

    for table in metadata.tables.values():
        for constraint in table.constraints:
            # AUTOINCREMENT forces an inline primary key, which SQLite leaves nameless.
            assert constraint.name or table.name == "change", constraint
        for index in table.indexes:
            assert index.name


@pytest.mark.parametrize(
    "table", ["message", "conversation", "contact", "identity", "link", "draft", "op", "attachment", "task", "incident"]
)
def test_rows_that_may_leave_have_identity(migrated: sqlite3.Connection, table: str) -> None:
    columns = {row[1] for row in migrated.execute(f"PRAGMA table_info({table})")}
    assert {"id", "origin", "revision", "deleted_at"} <= columns


def test_views_for_notebooks_can_be_read(migrated: sqlite3.Connection) -> None:
    for view in ("conversations", "messages", "contacts", "operations", "tasks", "incidents"):
        assert migrated.execute(f"SELECT * FROM {view}").fetchall() == []


def test_newer_schema_is_refused_before_any_write(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    db = opened(path)
    migrate(db)
    db.execute("PRAGMA user_version = 99")
    db.execute("UPDATE meta SET value = '9.1' WHERE name = 'omnitui'")
    db.close()
    before = path.read_bytes()
    with pytest.raises(Refused, match=r"newer omnitui \(9\.1, schema 99;") as caught:
        migrate(opened(path), path)
    assert caught.value.hint
    assert path.read_bytes() == before


def test_second_run_changes_nothing(migrated: sqlite3.Connection) -> None:
    before = migrated.total_changes
    migrate(migrated)
    assert migrated.total_changes == before


def test_step_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text("CREATE TABLE one (a);")
    (tmp_path / "two.sql").write_text("CREATE TABLE two (a);\nINSERT INTO nowhere VALUES (1);")
    steps = (Step(1, ("one.sql",)), Step(2, ("two.sql",)))
    db = opened()
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(db, steps=steps, folder=tmp_path)
    assert migrations.version(db) == 1
    assert [name for (name,) in db.execute("SELECT name FROM sqlite_master")] == ["one"]


def test_contacts_of_an_older_cache_are_found_by_folded_names_and_addresses() -> None:
    db = opened()
    migrate(db, steps=migrations.STEPS[:3])
    db.execute("INSERT INTO contact(pk, id, name) VALUES (1, 'A', 'ＡＮＮ Ähre'), (2, 'B', '花子')")
    db.execute("INSERT INTO identity(id, contact_pk, channel, address) VALUES ('C', 1, 'email', 'Ann@Example.com')")
    migrate(db)
    assert dict(db.execute("SELECT id, sought FROM contact")) == {"A": "ann ähre\nann@example.com", "B": "花子\n"}


def test_who_is_away_in_an_older_cache_stays_so_and_what_sleeps_for_an_incident_does(tmp_path: Path) -> None:
    db = opened(tmp_path / "old.sqlite3")
    db.executescript(fixture(16).read_text("utf-8"))
    (me,) = db.execute("SELECT id FROM agent WHERE me = 1").fetchone()
    db.execute("INSERT INTO meta(name, value) VALUES ('away', ?)", (json.dumps({me: 5, "gone": 6}),))
    db.execute("UPDATE conversation SET status = 'snoozed', snoozed_until = NULL")
    migrate(db)
    assert db.execute("SELECT away_until FROM agent WHERE me = 1").fetchone() == (5,)
    found = db.execute("SELECT snoozed_until, incident_pk IS NOT NULL FROM conversation").fetchall()
    assert sorted(found, key=str) == [(ENDS, 1), (None, 0)]
    db.close()


def two_steps(tmp_path: Path) -> tuple[Path, tuple[Step, ...]]:
    """A cache at the first of two steps, of which the second drops something."""
    (tmp_path / "one.sql").write_text("CREATE TABLE one (a);\nINSERT INTO one VALUES (7);")
    (tmp_path / "two.sql").write_text("DROP TABLE one;")
    steps = (Step(1, ("one.sql",)), Step(2, ("two.sql",), destructive=True))
    path = tmp_path / "cache.sqlite3"
    migrate(opened(path), path, steps=steps[:1], folder=tmp_path)
    return path, steps


def test_a_snapshot_is_kept_from_before_a_change_of_the_schema(tmp_path: Path) -> None:
    path, steps = two_steps(tmp_path)
    assert snapshots.snapshots(tmp_path) == []
    migrate(opened(path), path, steps=steps, folder=tmp_path)
    (kept,) = snapshots.snapshots(tmp_path)
    assert kept.before == 2
    assert opened(kept.path).execute("SELECT a FROM one").fetchall() == [(7,)]
    assert migrations.version(opened(path)) == 2


def test_the_snapshot_that_everybody_waits_for_is_made_in_one_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, steps = two_steps(tmp_path)
    monkeypatch.setattr(
        "omnitui.store.recovery.snapshots.time.sleep", lambda _seconds: pytest.fail("rested with the lock")
    )
    migrate(opened(path), path, steps=steps, folder=tmp_path)
    assert len(snapshots.snapshots(tmp_path)) == 1


def test_nothing_is_dropped_where_there_is_no_room_for_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, steps = two_steps(tmp_path)
    monkeypatch.setattr(
        "omnitui.store.recovery.snapshots.shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10})
    )
    with pytest.raises(CacheFull):
        migrate(opened(path), path, steps=steps, folder=tmp_path)
    assert migrations.version(opened(path)) == 1
    migrate(opened(path), path, steps=(steps[0], Step(2, ("two.sql",))), folder=tmp_path)
    assert migrations.version(opened(path)) == 2


def test_two_that_migrate_at_once_both_end_well(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    def run() -> None:
        db = opened(path)
        start.wait()
        try:
            migrate(db, path)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert migrations.version(opened(path)) == migrations.STEPS[-1].version


def test_op_rows_can_neither_change_nor_go(migrated: sqlite3.Connection) -> None:
    migrated.execute("INSERT INTO agent(pk, id) VALUES (1, 'A')")
    migrated.execute(
        "INSERT INTO op(id, group_id, author_pk, verb, kind, object_id) VALUES ('O', 'O', 1, 'note', '', '')"
    )
    for statement in ("UPDATE op SET verb = 'reply'", "DELETE FROM op"):
        with pytest.raises(sqlite3.IntegrityError, match="op log"):
            migrated.execute(statement)
