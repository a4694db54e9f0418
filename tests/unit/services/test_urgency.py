"""A reply window that has passed makes nothing urgent any more: in the list, in what explains it, in the shell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from omnitui.clock import HOUR, MINUTE, SECOND
from omnitui.desk.promises.urgency import Cause, reasons
from omnitui.desk.querying.orders import Order, place
from omnitui.ids import Ulid
from omnitui.model.states import Direction, SendState
from omnitui.services.acting.operations import Operations
from omnitui.store.arriving import inflow
from omnitui.store.reads import inbox
from tests.support.store_desk import NOW, Desk, a_desk


def order(desk: Desk) -> list[Ulid]:
    """The open conversations by urgency, as the list has them; the pure rank has the same."""
    from datetime import UTC

    from omnitui.desk.querying.parsing import parse

    found = desk.cache.read(inbox.page, parse("is:open sort:urgency", now=NOW, me="", zone=UTC))
    assert found == sorted(found, key=lambda one: place(Order.URGENCY, one), reverse=True)
    return [one.id for one in found]


def causes(desk: Desk, own: Ulid) -> list[Cause]:
    found = desk.cache.read(inbox.conversation, own)
    assert found is not None
    return [one.cause for one in reasons(found)]


def closes(desk: Desk, own: Ulid, at: int | None) -> None:
    desk.cache.write(lambda tx: inflow.change_conversation(tx, own, {"window_closes_at": at}))


def test_window_counts_until_the_second_in_which_it_closes_and_again_once_the_customer_writes(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        work = Operations(desk.cache)
        chat, mail, answered = (desk.cache.write(lambda tx: desk.converse(tx)) for _ in range(3))
        desk.receive(chat)
        desk.receive(mail, received_at=NOW - 9 * HOUR)
        desk.receive(answered)
        desk.receive(answered, direction=Direction.OUTGOING, state=SendState.ACCEPTED, received_at=NOW)
        for own in (chat, answered):
            closes(desk, own, NOW + MINUTE)
        assert order(desk)[:2] == [chat, mail]
        desk.clock.advance(MINUTE - SECOND)
        assert not desk.cache.read(inbox.something_due, desk.clock.now())
        work.wake_due()
        assert (order(desk)[0], causes(desk, chat)) == (chat, [Cause.WINDOW])
        desk.clock.advance(SECOND)
        assert desk.cache.read(inbox.something_due, desk.clock.now())
        work.wake_due()
        assert (order(desk)[:2], causes(desk, chat)) == ([mail, chat], [])
        assert not desk.cache.read(inbox.something_due, desk.clock.now() + HOUR)
        closes(desk, chat, desk.clock.now() + HOUR)
        assert (order(desk)[:2], causes(desk, chat)) == ([chat, mail], [Cause.WINDOW])
        closes(desk, chat, None)
        assert (order(desk)[:2], causes(desk, chat)) == ([mail, chat], [])


def test_a_window_that_passed_is_gone_for_what_is_answered_and_all_the_same_when_it_waits_again(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.receive()
        closes(desk, desk.conversation_id, NOW + MINUTE)
        desk.receive(direction=Direction.OUTGOING, state=SendState.ACCEPTED, received_at=NOW + SECOND)
        desk.clock.advance(HOUR)
        assert not desk.cache.read(inbox.something_due, desk.clock.now())
        desk.receive(received_at=desk.clock.now())
        assert causes(desk, desk.conversation_id) == [Cause.WINDOW]
        Operations(desk.cache).wake_due()
        assert causes(desk, desk.conversation_id) == []


def test_windows_that_pass_are_found_by_their_index(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk, sqlite3.connect(desk.cache.path) as db:
        plan = db.execute(f"EXPLAIN QUERY PLAN SELECT pk FROM conversation WHERE {inbox.CLOSING} LIMIT 9", (NOW,))
        assert "ix_conversation_closing" in str(plan.fetchall())
        plan = db.execute("EXPLAIN QUERY PLAN SELECT id FROM conversation WHERE is_open = 1 ORDER BY urgency_rank, id")
        steps = str(plan.fetchall())
        assert "ix_conversation_by_urgency" in steps
        assert "TEMP B-TREE" not in steps


@pytest.mark.parametrize("most", [1, 200])
def test_however_many_windows_pass_at_once_all_are_noticed(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omnitui.services.acting import operations

    monkeypatch.setattr(operations, "AT_ONCE", most)
    with a_desk(tmp_path) as desk:
        for _ in range(5):
            own = desk.cache.write(lambda tx: desk.converse(tx))
            desk.receive(own)
            closes(desk, own, NOW + MINUTE)
        desk.clock.advance(MINUTE)
        Operations(desk.cache).wake_due()
        assert desk.rows("SELECT count(*) FROM conversation WHERE window_passed = ?", NOW + MINUTE) == [(5,)]
