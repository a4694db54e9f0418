"""The first frame reads the same rows as the list."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path

import pytest

from omnitui.desk.views import VIEWS
from omnitui.store.reads import inbox
from omnitui.store.reads.compile import prepare
from omnitui.store.reads.glance import glance, plan, schema, top
from omnitui.text.listing.rows import COLUMNS, Density, inbox_row
from tests.support.full_cache import fill
from tests.support.rows import NOW


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path = tmp_path_factory.mktemp("data") / "cache.sqlite3"
    fill(path, 60)
    made = sqlite3.connect(path)
    prepare(made)
    made.execute("INSERT INTO agent (pk, id, name) VALUES (7, 'G', 'Keiko Sato')")
    made.execute("UPDATE conversation SET assignee_pk = 7, priority = 3, send_state = 'failed' WHERE pk = 2")
    made.execute(
        "INSERT INTO message (id, account_pk, conversation_pk, direction, kind, state, reason)"
        " VALUES ('M', 1, 2, 'outgoing', 'public', 'failed', 'mailbox full')"
    )
    made.execute("UPDATE conversation SET status = 'snoozed', snoozed_until = ? WHERE pk = 3", (NOW + 7_200_000,))
    made.execute("UPDATE conversation SET has_draft = 1, status = 'waiting', priority = 2 WHERE pk = 4")
    made.commit()
    return made


@pytest.mark.parametrize("view", [view.id for view in VIEWS])
def test_a_glance_draws_the_rows_that_the_model_draws(db: sqlite3.Connection, view: str) -> None:
    query = next(one for one in VIEWS if one.id == view).query(now=NOW, me="G", zone=datetime.UTC)
    sql, values = plan(query)
    glanced = glance(db, sql, values, 20)
    read = inbox.page(db, query, limit=20)
    assert [row.id for row in read] == [getattr(row, "id") for row in glanced]  # noqa: B009
    for density, columns in ((Density.TWO, COLUMNS), (Density.ONE, ("reason", "until"))):
        assert [inbox_row(row, 90, now=NOW, density=density, columns=columns) for row in read] == [
            inbox_row(row, 90, now=NOW, density=density, columns=columns) for row in glanced
        ]


def test_why_a_send_failed_is_part_of_the_row(db: sqlite3.Connection) -> None:
    query = next(one for one in VIEWS if one.id == "failed").query(now=NOW, me="G", zone=datetime.UTC)
    assert [row.send_reason for row in inbox.page(db, query)] == ["mailbox full"]


def test_a_plan_for_another_schema_is_an_error_of_sqlite(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.Error):
        glance(db, "SELECT c.gone FROM conversation c LIMIT ?", (), 5)


def test_a_cache_in_a_folder_with_odd_signs_is_read_and_never_made(tmp_path: Path) -> None:
    odd = tmp_path / "100% #1?"
    fill(odd / "cache.sqlite3", 20)
    query = VIEWS[0].query(now=NOW, me="G", zone=datetime.UTC)
    sql, values = plan(query)
    path = str(odd / "cache.sqlite3")
    db = sqlite3.connect(path)
    known = schema(db)
    db.close()
    assert len(top(path, sql, values, 5, known=known)) == 5
    with pytest.raises(ValueError, match="schema"):
        top(path, sql, values, 5, known=known + 1)
    with pytest.raises(sqlite3.Error):
        top(str(tmp_path / "none.sqlite3"), sql, values, 5, known=known)
    assert not (tmp_path / "none.sqlite3").exists()
