"""What a conversation's row says is what its messages say, however they came."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnitui.model.conversations import Draft
from omnitui.model.states import Direction, MessageKind, SendState, Status
from omnitui.store import drafts
from omnitui.store.arriving import inflow
from omnitui.store.arriving.rollup import SNIPPET, snippet
from omnitui.store.writer import Tx
from tests.support.store_desk import NOW, Desk, a_desk

SHOWN = ("public", "note", "template", "raw")
NO_ANSWER = ("draft", "failed", "blocked", "unknown", "canceled")
UNSETTLED = ("held", "queued", "sending", "deferred", "failed", "blocked", "unknown")


def from_scratch(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The roll-up as VOCABULARY's words define it, in plain Python."""
    live = [one for one in messages if one["deleted_at"] is None]
    shown = [one for one in live if one["kind"] in SHOWN and one["state"] != "canceled"]
    shown.sort(key=lambda one: (one["received_at"], one["id"]))
    words = [one for one in shown if one["kind"] in ("public", "template") and not one["auto"]]
    asked = [one["received_at"] for one in words if one["direction"] == "incoming"]
    answers = [one["received_at"] for one in words if one["direction"] == "outgoing" and one["state"] not in NO_ANSWER]
    open_ = [at for at in asked if not answers or at > max(answers)]
    sends = sorted((one["received_at"], one["id"], one["state"]) for one in live if one["state"] in UNSETTLED)
    return {
        "unread": sum(one["direction"] == "incoming" and not one["seen"] for one in shown),
        "last_message_at": shown[-1]["received_at"] if shown else 0,
        "snippet": snippet(shown[-1]["text"]) if shown else "",
        "last_incoming_at": max(asked, default=None),
        "answered_at": max(answers, default=None),
        "unanswered_since": min(open_, default=None),
        "send_state": sends[-1][2] if sends else None,
    }


def rows_of(db: sqlite3.Connection, query: str, *values: object) -> list[dict[str, Any]]:
    cursor = db.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def check(desk: Desk) -> None:
    """Hold every conversation against its messages, and every counter against a count."""

    def read(db: sqlite3.Connection) -> None:
        for conversation in rows_of(db, "SELECT * FROM conversation"):
            messages = rows_of(db, "SELECT * FROM message WHERE conversation_pk = ?", conversation["pk"])
            wanted = from_scratch(messages)
            assert {name: conversation[name] for name in wanted} == wanted
            newest = conversation["last_message_at"] or conversation["created_at"]
            assert conversation["last_activity_at"] == newest
        counters = dict(db.execute("SELECT view, n FROM counter WHERE view NOT LIKE 'assignee:%'"))
        hidden = "spam = 0 AND merged = 0 AND deleted_at IS NULL"
        counted = {
            "inbox": f"status = 'open' AND {hidden}",
            "unassigned": f"status = 'open' AND assignee_pk IS NULL AND {hidden}",
            "unread": f"unread > 0 AND {hidden}",
            "waiting": f"status = 'waiting' AND {hidden}",
            "snoozed": f"status = 'snoozed' AND {hidden}",
            "resolved": f"status = 'resolved' AND {hidden}",
            "failed": f"send_state IN ('failed', 'blocked', 'unknown') AND {hidden}",
            "drafts": "EXISTS (SELECT 1 FROM draft WHERE conversation_pk = conversation.pk AND"
            f" draft.deleted_at IS NULL) AND {hidden}",
            "spam": "spam = 1 AND deleted_at IS NULL",
            "all": hidden,
        }
        counts = {
            view: db.execute(f"SELECT count(*) FROM conversation WHERE {where}").fetchone()[0]
            for view, where in counted.items()
        }
        assert counters == counts
        agents = db.execute(
            "SELECT 'assignee:' || a.id, count(*) FROM conversation c JOIN agent a ON a.pk = c.assignee_pk"
            " WHERE c.status = 'open' AND c.spam = 0 AND c.merged = 0 AND c.deleted_at IS NULL GROUP BY 1"
        ).fetchall()
        assert db.execute("SELECT view, n FROM counter WHERE view LIKE 'assignee:%' AND n <> 0").fetchall() == agents

    desk.cache.read(read)


MESSAGES = st.fixed_dictionaries(
    {
        "received_at": st.integers(NOW, NOW + 30),
        "text": st.sampled_from(["a", "b\n c", "長い文" * 99]),
        "auto": st.sampled_from([False, False, False, True]),
        "external_id": st.sampled_from(["", "", "", "x", "y", "z"]),
        "revision": st.integers(1, 3),
    }
)
ASKED = {"direction": Direction.INCOMING, "kind": MessageKind.PUBLIC}
SENT = {"direction": Direction.OUTGOING, "kind": MessageKind.PUBLIC}
KINDS = st.sampled_from(
    [
        *[ASKED] * 6,
        *[{**SENT, "state": SendState.ACCEPTED}] * 6,
        *({**SENT, "state": state} for state in SendState),
        {"direction": Direction.OUTGOING, "kind": MessageKind.NOTE},
        {"direction": Direction.OUTGOING, "kind": MessageKind.ACTIVITY},
    ]
)
PUT = st.tuples(
    st.just("put"),
    st.lists(
        st.tuples(MESSAGES, KINDS, st.booleans(), st.sampled_from(["first", "first", "other", "new"])),
        min_size=2,
        max_size=8,
    ),
    st.booleans(),
)
STEPS = st.one_of(
    PUT,
    PUT,
    st.tuples(st.just("delete"), st.sampled_from("xyz")),
    st.tuples(st.just("seen"), st.booleans()),
    st.tuples(st.just("move"), st.booleans()),
    st.tuples(
        st.just("change"),
        st.one_of(
            st.sampled_from(list(Status)).map(lambda status: {"status": status}),
            st.lists(st.sampled_from(["spam", "merged", "muted"])).map(lambda flags: {"flags": flags}),
            st.sampled_from([{"assignee_id": "me"}, {"assignee_id": None}]),
        ),
    ),
    st.tuples(st.just("draft"), st.booleans()),
)


def take(desk: Desk, step: tuple[Any, ...], other: str) -> None:
    what, value, *expected = step

    def work(tx: Tx) -> None:
        ids = [row[0] for row in tx.db.execute("SELECT id FROM message ORDER BY pk")]
        match what:
            case "put":
                if any(expected):
                    names = [fields["external_id"] for fields, _kind, _seen, _where in value]
                    inflow.expect_messages(tx, desk.account_id, names)
                new = desk.converse(tx)
                for fields, kind, seen, where in value:
                    message = desk.message({"first": "", "other": other, "new": new}[where], **fields, **kind)
                    inflow.put_message(tx, message, seen=seen)
            case "delete":
                inflow.delete_message(tx, desk.account_id, value, NOW)
            case "seen" if ids:
                inflow.set_seen(tx, ids[-1], value)
            case "move" if ids:
                inflow.move_message(tx, ids[0], other if value else desk.conversation_id)
            case "change":
                fields = {"assignee_id": desk.cache.me().id} if value == {"assignee_id": "me"} else value
                inflow.change_conversation(tx, desk.conversation_id, fields)
            case "draft" if value:
                drafts.save(tx, Draft("", desk.conversation_id, MessageKind.NOTE, "text"))
            case "draft":
                drafts.drop(tx, desk.conversation_id, MessageKind.NOTE)

    desk.cache.write(work)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.tuples(PUT, st.lists(STEPS, max_size=6)).map(lambda pair: [pair[0], *pair[1]]))
def test_row_equals_its_messages_after_any_steps(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    with a_desk(tmp_path_factory.mktemp("desk")) as desk:
        other = desk.cache.write(desk.converse)
        for step in steps:
            take(desk, step, other)
        check(desk)


def test_unanswered_since_is_the_oldest_question_after_the_last_answer(desk: Desk) -> None:
    def since() -> int | None:
        found: int | None = desk.row("SELECT unanswered_since FROM conversation")[0]
        return found

    desk.receive(received_at=NOW + 10)
    desk.receive(received_at=NOW + 5)
    assert since() == NOW + 5
    desk.receive(received_at=NOW + 7, direction=Direction.OUTGOING, state=SendState.ACCEPTED)
    assert since() == NOW + 10
    desk.receive(received_at=NOW + 11, auto=True, direction=Direction.OUTGOING, state=SendState.ACCEPTED)
    assert since() == NOW + 10
    desk.receive(received_at=NOW + 12, direction=Direction.OUTGOING, state=SendState.HELD)
    assert since() is None


def test_snippet_is_one_short_line() -> None:
    assert snippet("  a\n\n b\t c ") == "a b c"
    assert len(snippet("word " * 1000)) == SNIPPET


def test_draft_shows_in_the_list_and_is_one_a_kind(desk: Desk) -> None:
    def save(text: str, kind: MessageKind = MessageKind.PUBLIC) -> str:
        draft = Draft(desk.cache.ids.new(), desk.conversation_id, kind, text, extra={"cc": ["a@x"]})
        return desk.cache.write(lambda tx: drafts.save(tx, draft))

    first, second, note = save("D"), save("Dear"), save("hm", MessageKind.NOTE)
    assert first == second != note
    assert desk.row("SELECT has_draft FROM conversation") == (1,)
    assert desk.rows("SELECT text, revision FROM draft ORDER BY pk") == [("Dear", 2), ("hm", 1)]
    for kind in (MessageKind.PUBLIC, MessageKind.NOTE):
        assert desk.cache.write(lambda tx, kind=kind: drafts.drop(tx, desk.conversation_id, kind))  # type: ignore[misc]
    assert desk.row("SELECT has_draft FROM conversation") == (0,)
    assert not desk.cache.write(lambda tx: drafts.drop(tx, desk.conversation_id, MessageKind.NOTE))
    assert save("again") != first
