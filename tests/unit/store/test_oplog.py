"""The op log: effects, inverses, and a chain that shows every tampering but not erasure."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnitui.errors import NotFound, Refused
from omnitui.model.operations import Op
from omnitui.model.states import Direction, MessageKind, ObjectKind, Priority, Status, Verb
from omnitui.store import oplog
from omnitui.store.arriving import inflow
from omnitui.store.forgetting import erasure
from omnitui.store.reads.belongings import Doomed
from omnitui.store.reads.oplog import verify_chain
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx
from tests.support.store_desk import NOW, Desk, a_desk

CONVERSATION = ObjectKind.CONVERSATION
NAMES = ("status", "priority", "assignee_id", "snoozed_until", "labels", "unread", "subject", "flags")
CONTACT_NAMES = ("name", "segment", "language", "time_zone", "about", "organization", "fields")


def state(desk: Desk) -> dict[str, Any]:
    """All that ops can change, and what follows from it."""

    def read(db: sqlite3.Connection) -> dict[str, Any]:
        messages = db.execute(
            "SELECT id, deleted_at IS NULL, seen, conversation_pk FROM message ORDER BY id"
        ).fetchall()
        links = db.execute("SELECT id FROM link WHERE deleted_at IS NULL ORDER BY id").fetchall()
        rollup = db.execute(
            "SELECT unread, snippet, last_message_at, unanswered_since, send_state FROM conversation ORDER BY pk"
        ).fetchall()
        counters = db.execute("SELECT view, n FROM counter WHERE n <> 0 ORDER BY view").fetchall()
        return {
            "conversation": oplog.current(db, CONVERSATION, desk.conversation_id, NAMES)[0],
            "contact": oplog.current(db, ObjectKind.CONTACT, desk.contact_id, CONTACT_NAMES)[0],
            "messages": [row for row in messages if row[1]],
            "links": links,
            "rollup": rollup,
            "counters": counters,
        }

    return desk.cache.read(read)


CHANGES = st.one_of(
    st.fixed_dictionaries({"status": st.sampled_from([status.value for status in Status])}),
    st.fixed_dictionaries({"priority": st.sampled_from([priority.value for priority in Priority])}),
    st.fixed_dictionaries({"assignee_id": st.sampled_from(["me", None])}),
    st.fixed_dictionaries({"status": st.just("snoozed"), "snoozed_until": st.integers(NOW, NOW + 9)}),
    st.fixed_dictionaries({"labels": st.lists(st.sampled_from(["a", "b", "返品"]), unique=True).map(sorted)}),
    st.fixed_dictionaries({"unread": st.sampled_from(["none", "last", "all"])}),
    st.fixed_dictionaries({"flags": st.lists(st.sampled_from(["spam", "muted"]), unique=True).map(sorted)}),
    st.fixed_dictionaries({"name": st.text(max_size=5)}),
    st.fixed_dictionaries({"organization": st.sampled_from([None, "Acme", "株式会社"])}),
    st.fixed_dictionaries({"fields": st.dictionaries(st.sampled_from("xy"), st.text(max_size=3))}),
    st.fixed_dictionaries({"about": st.text(max_size=5), "segment": st.sampled_from(["", "vip"])}),
    st.just({"note": True}),
    st.just({"link": True}),
    st.just({"move": True}),
)


def act(desk: Desk, change: dict[str, Any]) -> Op:
    """Do one change as an agent."""
    ids = [row[0] for row in desk.rows("SELECT id FROM message WHERE direction = 'incoming' ORDER BY id")]
    if "note" in change:
        from dataclasses import asdict

        note = desk.message(kind=MessageKind.NOTE, direction=Direction.OUTGOING, text="note", received_at=NOW + 50)
        return desk.act(Verb.NOTE, ObjectKind.MESSAGE, note.id, {"exists": True, "message": asdict(note), "mail": None})
    if "link" in change:
        other = desk.rows("SELECT id FROM contact WHERE id <> ? LIMIT 1", desk.contact_id)[0][0]
        after = {"exists": True, "contact_id": desk.contact_id, "other_id": other, "reason": "same telephone"}
        return desk.act(Verb.LINK, ObjectKind.LINK, desk.cache.ids.new(), after)
    if "move" in change:
        target = desk.rows("SELECT id FROM conversation ORDER BY pk DESC LIMIT 1")[0][0]
        return desk.act(Verb.MOVE, ObjectKind.MESSAGE, ids[0], {"conversation_id": target})
    if change.keys() & set(CONTACT_NAMES):
        return desk.act(Verb.CONTACT, ObjectKind.CONTACT, desk.contact_id, change)
    if "unread" in change:
        rows = desk.rows(
            "SELECT m.id FROM message m JOIN conversation c ON c.pk = m.conversation_pk WHERE c.id = ?"
            " AND m.direction = 'incoming' ORDER BY m.id",
            desk.conversation_id,
        )
        here = [row[0] for row in rows]
        change = {"unread": {"none": [], "last": here[-1:], "all": here}[change["unread"]]}
    if change.get("assignee_id") == "me":
        change = {"assignee_id": desk.cache.me().id}
    return desk.act(Verb.STATUS, CONVERSATION, desk.conversation_id, change)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.lists(CHANGES, max_size=8))
def test_ops_undone_in_reverse_give_the_first_state(
    tmp_path_factory: pytest.TempPathFactory, changes: list[dict[str, Any]]
) -> None:
    with a_desk(tmp_path_factory.mktemp("desk")) as desk:
        desk.receive(external_id="m1", text="one")
        desk.receive(external_id="m2", text="two", received_at=NOW + 1)
        desk.cache.write(desk.converse)
        desk.cache.write(
            lambda tx: inflow.find_or_make_contact(tx, desk.account_id, "email", "taro@example.com", "Taro")
        )
        first = state(desk)
        done = [act(desk, change) for change in changes]
        for op in reversed(done):
            desk.inverse(op)
        assert state(desk) == first
        assert desk.cache.read(verify_chain)


def test_undo_keeps_what_came_since(desk: Desk) -> None:
    desk.receive(external_id="m1")
    op = desk.act(Verb.READ, CONVERSATION, desk.conversation_id, {"unread": []})
    desk.act(Verb.LABEL, CONVERSATION, desk.conversation_id, {"labels": ["a"]})
    later = desk.receive(external_id="m2", received_at=NOW + 1)
    label = desk.act(Verb.LABEL, CONVERSATION, desk.conversation_id, {"labels": ["a", "b"]})
    desk.cache.write(lambda tx: inflow.change_conversation(tx, desk.conversation_id, {"labels": ["a", "b", "remote"]}))
    desk.inverse(label)
    desk.inverse(op)
    now = desk.cache.read(oplog.current, CONVERSATION, desk.conversation_id, ("labels", "unread"))[0]
    assert now["labels"] == ["a", "remote"]
    assert len(now["unread"]) == 2
    assert later.message_id in now["unread"]


def test_note_undone_and_redone_is_found_again(desk: Desk) -> None:
    op = act(desk, {"note": True})
    assert desk.found("note") == 1
    undone = desk.inverse(op)
    assert desk.found("note") == 0
    desk.inverse(undone)
    assert desk.found("note") == 1
    assert desk.row("SELECT count(*) FROM message WHERE deleted_at IS NULL") == (1,)


def test_unknown_field_and_unknown_object_are_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="colour"):
        desk.act(Verb.STATUS, CONVERSATION, desk.conversation_id, {"colour": "red"})
    with pytest.raises(NotFound):
        desk.act(Verb.STATUS, CONVERSATION, "0" * 26, {"status": "open"})
    assert desk.row("SELECT count(*) FROM op") == (0,)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE op SET verb = 'reply' WHERE pk = 2",
        "UPDATE op_payload SET after = '{}' WHERE op_pk = 2",
        "DELETE FROM op_payload WHERE op_pk = 2",
        "DELETE FROM op WHERE pk = 2",
        "UPDATE op SET at = at + 1 WHERE pk = 1",
    ],
)
def test_tampering_breaks_the_chain(desk: Desk, tampering: str) -> None:
    for priority in ("high", "low", "urgent"):
        desk.act(Verb.PRIORITY, CONVERSATION, desk.conversation_id, {"priority": priority})
    assert desk.cache.read(verify_chain)

    def tamper(tx: Tx) -> None:
        tx.db.execute("DROP TRIGGER op_is_immutable")
        tx.db.execute("DROP TRIGGER op_is_kept")
        tx.db.execute(tampering)

    desk.cache.write(tamper)
    assert not desk.cache.read(verify_chain)
    # The desk looks for dangling rows at its end.
    desk.cache.write(lambda tx: tx.db.execute("DELETE FROM op_payload WHERE op_pk NOT IN (SELECT pk FROM op)"))


def test_erased_message_leaves_no_trace_and_a_whole_chain(tmp_path: Path) -> None:
    secret = "Geheimwort4711"
    with a_desk(tmp_path) as desk:
        desk.receive(text="something else")
        entry = desk.send(f"Your code is {secret}", payload={"text": f"Your code is {secret}"})
        assert desk.found(secret) == 1
        raw = desk.cache.blobs.put(secret.encode())
        assert entry.message_id is not None
        message_id = entry.message_id
        desk.cache.write(lambda tx: tx.db.execute("UPDATE message SET raw = ? WHERE id = ?", (raw, message_id)))

        def erase(tx: Tx) -> tuple[str, ...]:
            blobs = erasure.erase_all(tx, Doomed(messages=(pk_of(tx, "message", message_id),)), until=tx.now())
            erasure.merge_index(tx)
            return blobs

        blobs = desk.cache.write(erase)
        assert blobs == (raw,)
        for blob in blobs:
            desk.cache.blobs.drop(blob)
        assert desk.found(secret) == 0
        assert desk.found("else") == 1
        assert desk.cache.read(verify_chain)
        assert desk.row("SELECT text, author FROM message WHERE id = ?", entry.message_id) == ("", "")
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            data = path.read_bytes().lower()
            assert secret.lower().encode() not in data, path
