"""New rows that wait within a work: read as if they were written, gone with what is undone, never twice."""

from __future__ import annotations

import sqlite3

import pytest

from omnitui.store.arriving import inflow, threads
from omnitui.store.arriving.inflow import Arrival
from omnitui.store.attempts import attempt
from omnitui.store.writer import Tx
from tests.support.store_desk import NOW, Desk


def expected(desk: Desk, tx: Tx, *names: str) -> None:
    inflow.expect_messages(tx, desk.account_id, names)


def test_expected_messages_are_written_in_few_statements(desk: Desk) -> None:
    statements: list[str] = []

    def work(tx: Tx) -> None:
        expected(desk, tx, *(f"m{number}" for number in range(40)))
        tx.db.set_trace_callback(statements.append)
        for number in range(40):
            inflow.put_message(tx, desk.message(external_id=f"m{number}", received_at=NOW + number))
        tx.settle()
        tx.db.set_trace_callback(None)

    desk.cache.write(work)
    assert desk.row("SELECT count(*), min(external_id), max(received_at) FROM message") == (40, "m0", NOW + 39)
    assert sum(one.startswith("INSERT INTO message(") for one in statements) == 4
    assert desk.row("SELECT unread FROM conversation") == (40,)


def test_work_reads_what_waits(desk: Desk) -> None:
    def work(tx: Tx) -> tuple[int, ...]:
        expected(desk, tx, "m1", "m2")
        conversation_id = desk.converse(tx)
        first = inflow.put_message(tx, desk.message(conversation_id, external_id="m1"))
        seen = tx.db.execute(
            "SELECT count(*) FROM message m JOIN conversation c ON c.pk = m.conversation_pk WHERE c.id = ?",
            (conversation_id,),
        ).fetchone()
        inflow.put_message(tx, desk.message(conversation_id, external_id="m2", received_at=NOW + 1))
        inflow.set_seen(tx, first.message_id)
        return tuple(seen)

    assert desk.cache.write(work) == (1,)
    assert desk.rows("SELECT unread, last_message_at FROM conversation WHERE last_message_at > 0") == [(1, NOW + 1)]


def test_same_message_twice_in_a_work_is_stored_once(desk: Desk) -> None:
    desk.receive(external_id="old")

    def work(tx: Tx) -> list[Arrival]:
        expected(desk, tx, "old", "new", "new", "")
        names = ("old", "new", "new")
        return [inflow.put_message(tx, desk.message(external_id=name, text=name)).arrival for name in names]

    assert desk.cache.write(work) == [Arrival.KNOWN, Arrival.INSERTED, Arrival.KNOWN]
    assert desk.row("SELECT count(*) FROM message") == (2,)


def test_id_given_to_a_message_of_ours_is_not_expected_any_more(desk: Desk) -> None:
    own = desk.receive(external_id="")

    def work(tx: Tx) -> Arrival:
        expected(desk, tx, "theirs")
        threads.claim(tx, desk.account_id, own.message_id, "theirs")
        return inflow.put_message(tx, desk.message(external_id="theirs")).arrival

    assert desk.cache.write(work) is Arrival.KNOWN
    assert desk.row("SELECT count(*) FROM message") == (1,)


def test_what_waits_goes_with_an_attempt_that_fails(desk: Desk) -> None:
    def fail(tx: Tx) -> None:
        with attempt(tx):
            inflow.put_message(tx, desk.message(desk.converse(tx), external_id="m2"))
            raise ZeroDivisionError

    def work(tx: Tx) -> None:
        expected(desk, tx, "m1", "m2")
        inflow.put_message(tx, desk.message(external_id="m1"))
        with pytest.raises(ZeroDivisionError):
            fail(tx)
        inflow.put_message(tx, desk.message(external_id="m3", received_at=NOW + 3))

    desk.cache.write(work)
    assert desk.rows("SELECT external_id FROM message ORDER BY pk") == [("m1",), ("m3",)]
    assert desk.row("SELECT count(*), max(unread) FROM conversation") == (1, 2)


def test_what_cannot_be_written_later_fails_its_work_alone(desk: Desk) -> None:
    def work(tx: Tx, name: str, received_at: int) -> None:
        expected(desk, tx, name)
        inflow.put_message(tx, desk.message(external_id=name, received_at=received_at))

    futures = [
        desk.cache.submit(lambda tx, name=name, at=at: work(tx, name, at))  # type: ignore[misc]
        for name, at in (("a", NOW), ("b", 1 << 70), ("c", NOW + 1))
    ]
    assert [type(one.exception()) for one in futures] == [type(None), OverflowError, type(None)]
    assert desk.rows("SELECT external_id FROM message ORDER BY pk") == [("a",), ("c",)]


def test_history_that_waits_is_left_to_be_indexed(desk: Desk) -> None:
    def work(tx: Tx) -> None:
        expected(desk, tx, "m1", "m2")
        for name in ("m1", "m2"):
            inflow.put_message(tx, desk.message(external_id=name, text="kettle"), index=False)

    desk.cache.write(work)
    count: int = desk.cache.read(lambda db: _unindexed(db))
    assert (count, desk.found("kettle")) == (2, 0)
    desk.cache.write(lambda tx: inflow.index_pending(tx, 10))
    assert desk.found("kettle") == 2


def _unindexed(db: sqlite3.Connection) -> int:
    count: int = db.execute("SELECT count(*) FROM unindexed").fetchone()[0]
    return count
