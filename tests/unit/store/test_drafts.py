"""Drafts: one live one a place, ten earlier ones, and those of first messages."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind
from omnitui.store import drafts, migrations
from omnitui.store.reads import drafts as reads
from tests.support.store_desk import Desk

PUBLIC, NOTE = MessageKind.PUBLIC, MessageKind.NOTE


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([PUBLIC, NOTE]), st.booleans()), max_size=40), st.booleans())
def test_the_last_ten_that_were_let_go_are_kept_in_order(
    desk: Desk, steps: list[tuple[MessageKind, bool]], first: bool
) -> None:
    place = "" if first else desk.conversation_id
    live: dict[MessageKind, str] = {}
    past: dict[MessageKind, list[str]] = {
        kind: [one.text for one in desk.cache.read(reads.earlier, place, kind)] for kind in (PUBLIC, NOTE)
    }
    ids: dict[MessageKind, str] = {}
    for number, (kind, lets_go) in enumerate(steps):
        own = ids.get(kind) or desk.cache.ids.new()
        if lets_go and kind in live:
            if first:
                assert desk.cache.write(lambda tx, own=own: drafts.drop_first(tx, own))  # type: ignore[misc]
            else:
                assert desk.cache.write(lambda tx, kind=kind: drafts.drop(tx, place, kind))  # type: ignore[misc]
            past[kind].insert(0, live.pop(kind))
            ids.pop(kind)
        else:
            draft = Draft(own, place, kind, f"text {number}", attachments=("/a",), extra={"cc": ["a@example.com"]})
            ids[kind] = desk.cache.write(lambda tx, draft=draft: drafts.save(tx, draft))  # type: ignore[misc]
            live[kind] = draft.text
    for kind in (PUBLIC, NOTE):
        found = desk.cache.read(reads.earlier, place, kind)
        assert [one.text for one in found] == past[kind][: drafts.KEPT]
        assert all(one.attachments == ("/a",) for one in found)
    now = desk.cache.read(reads.firsts) if first else desk.cache.read(reads.drafts, place)
    assert {one.kind: one.text for one in now} == live
    for kind in live:
        own = ids[kind]
        desk.cache.write(lambda tx, own=own, kind=kind: drafts.drop_first(tx, own) if first else drafts.drop(tx, place, kind))  # type: ignore[misc]  # fmt: skip  # noqa: E501


def test_drafts_outlive_the_change_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    db = sqlite3.connect(path, isolation_level=None)
    migrations.migrate(db, path, steps=migrations.STEPS[:1])
    db.executescript(
        "PRAGMA foreign_keys = OFF;"
        "INSERT INTO draft(id, conversation_pk, kind, text) VALUES ('D', 1, 'public', 'half a sentence')"
    )
    migrations.migrate(db, path)
    assert db.execute("SELECT id, conversation_pk, kind, text, deleted_at FROM draft").fetchall() == [
        ("D", 1, "public", "half a sentence", None)
    ]
    db.close()
