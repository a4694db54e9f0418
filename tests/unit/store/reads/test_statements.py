"""Every read statement runs against the migrated schema and against the one SQLModel makes, through indexes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from omnitui.desk.views import VIEWS
from omnitui.store import migrations
from omnitui.store.cache import Cache
from omnitui.store.reads import compile as compiled
from omnitui.store.reads import inbox
from tests.support.desk import a_cache
from tests.support.readers import filled, readers, result

BIG = {
    "conversation",
    "message",
    "attachment",
    "identity",
    "contact",
    "label_use",
    "op",
    "mail",
    "outbox",
    "c",
    "m",
    "p",
}
WHOLE = {
    "resembling.resembling": "a part of a name may stand anywhere in it, and an agent asked",
    "replay.count": "a rule is tried on all that has happened, when an agent orders it",
    "replay.stories": "a rule is tried on all that has happened, when an agent orders it",
    "people.find": "a part of a name may stand anywhere in it",
    "names.labels": "counts every use",
    "names.names": "counts every use",
    "inbox.resolve_ref": "message ids are looked up by their end rarely",
    "oplog.log": "walks the log itself from its end",
    "oplog.last_undoable": "walks the log itself from its end",
    "oplog.last_redoable": "walks the log itself from its end",
    "oplog.verify_chain": "checks all of it",
    "belongings.emptied": "looks at every conversation of an account, when an agent orders it",
    "belongings.naming": "an address may stand anywhere in a text",
    "belongings.used_blobs": "wants all of them",
}
"""Functions that may look at whole tables, and why."""


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = a_cache(tmp_path / "cache")
    yield cache
    cache.close()


def declared(path: Path, cache: Cache) -> sqlite3.Connection:
    """A file with the schema that SQLModel makes, holding the same rows as the cache."""
    import sqlalchemy

    from omnitui.store.tables import metadata

    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    db = sqlite3.connect(path, isolation_level=None)
    extras = Path(migrations.__file__).with_name("0001_extras.sql").read_text(encoding="utf-8")
    db.execute(f"PRAGMA user_version = {migrations.STEPS[-1].version}")
    index = next(one for one in migrations.statements(extras) if "message_fts" in one)
    db.execute(index)
    db.execute("ATTACH ? AS other", (str(cache.path),))
    for (table,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
        if table.startswith(("sqlite_", "message_fts")):
            continue
        columns = ", ".join(f'"{row[1]}"' for row in db.execute(f"PRAGMA main.table_xinfo({table})") if row[6] == 0)
        db.execute(f"INSERT INTO main.{table}({columns}) SELECT {columns} FROM other.{table}")
    for table in ("data", "idx", "docsize", "config"):
        db.execute(f"DELETE FROM main.message_fts_{table}")
        db.execute(f"INSERT INTO main.message_fts_{table} SELECT * FROM other.message_fts_{table}")
    db.execute("DETACH other")
    db.close()
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def test_every_read_finds_the_same_in_the_migrated_and_the_declared_schema(tmp_path: Path, cache: Cache) -> None:
    arguments = filled(cache)
    cache.write(lambda tx: None)
    other = declared(tmp_path / "declared.sqlite3", cache)
    found: dict[str, list[Any]] = {}
    for name, function, given in readers(arguments):
        here = cache.read(result, function, given)
        assert here == result(other, function, given), (name, given)
        found.setdefault(name, []).append(here)
    other.close()
    empty = {name for name, results in found.items() if not any(results)}
    poor = {
        "happenings.resolved",
        "history.revisions",
        "belongings.naming",
        "belongings.emptied",
        "belongings.lonely",
        "oplog.erased",
        "oplog.undone",
        "oplog.undone_by",
        "card.suggestions",
        "csat.said_since",
        "search.unsearchable",
        "merging.any_merged",
        "merging.parts",
        "tracing.later",
        "wholes.head_at",
        "wholes.moved",
        "wholes.wrote_in_parts",
    }
    assert empty <= poor, "what is read has to be there"
    assert len(found) > 40


def test_no_read_scans_a_big_table(cache: Cache) -> None:
    arguments = filled(cache)

    def run(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
        compiled.prepare(db)
        scans: list[tuple[str, str, str]] = []
        for name, function, given in readers(arguments):
            if name in WHOLE:
                continue
            if "query" in given and given["query"].text not in ("", "is:open", "返金", '"返金 を" label:vip'):
                continue
            statements: list[str] = []
            db.set_trace_callback(statements.append)
            result(db, function, given)
            db.set_trace_callback(None)
            for statement in statements:
                if statement.lstrip().startswith(("SELECT", "WITH")):
                    scans += [(name, step, statement) for step in plan(db, statement) if scanned(step)]
        return scans

    assert cache.read(run) == []


def plan(db: sqlite3.Connection, statement: str, values: tuple[Any, ...] = ()) -> list[str]:
    compiled.prepare(db)
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def scanned(step: str) -> bool:
    words = step.split()
    return words[0] == "SCAN" and words[1] in BIG and "INDEX" not in words


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.id)
@pytest.mark.parametrize("key", [{}, {"after": (1, "a")}, {"before": (1, "a")}], ids=["first", "after", "before"])
def test_list_of_a_standing_view_comes_out_of_an_index_in_order(cache: Cache, view: Any, key: dict[str, Any]) -> None:
    query = view.query(now=1, me=cache.me().id, zone=UTC)
    sql, values = inbox.statement(query, **key)
    steps = cache.read(lambda db: plan(db, sql, (*values, 50)))
    assert not [step for step in steps if scanned(step)], steps
    if view.id in ("team", "mentions", "risk"):
        return  # what they hold is put in order, and bounded by how many notes name somebody, or are open
    assert not [step for step in steps if "TEMP B-TREE" in step], steps
    assert steps[0].startswith(("SCAN c USING INDEX ix_conversation", "SEARCH c USING INDEX ix_conversation")), steps


def test_page_of_a_history_comes_out_of_an_index_in_order(cache: Cache) -> None:
    arguments = filled(cache)

    def run(db: sqlite3.Connection) -> list[str]:
        from omnitui.store.reads import history

        statements: list[str] = []
        db.set_trace_callback(statements.append)
        history.page(db, arguments["conversation_id"], before=(10**15, "z"))
        db.set_trace_callback(None)
        return plan(db, statements[-1])

    steps = cache.read(run)
    assert steps[0].startswith("SEARCH m USING INDEX ix_message_conversation")
    assert not any("TEMP B-TREE" in step for step in steps)


def test_condition_of_any_view_is_one_statement(cache: Cache) -> None:
    for view in VIEWS:
        sql, _values = inbox.statement(view.query(now=1, me="x", zone=UTC))
        assert ";" not in sql
