"""The life of an op on its way out: legal steps only, in each conversation's order."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from omnitui.clock import DAY
from omnitui.errors import NotFound, Refused
from omnitui.model.operations import OutboxEntry
from omnitui.model.states import NEXT_STATES, Direction, ObjectKind, SendState, Verb
from omnitui.store import outbox
from omnitui.store.arriving import inflow
from tests.support.store_desk import NOW, Desk

S = SendState


def move(desk: Desk, entry: OutboxEntry, *steps: SendState, **fields: Any) -> None:
    """Take steps one after the other; `fields` belong to the last."""
    for step in steps:
        values = fields if step is steps[-1] else {}
        desk.cache.write(lambda tx, step=step, values=values: outbox.move(tx, entry.op_id, step, **values))  # type: ignore[misc]


def due(desk: Desk, now: int = NOW) -> list[str]:
    return [entry.op_id for entry in desk.cache.read(outbox.due, now)]


LEGAL = {
    (S.DRAFT, S.HELD), (S.DRAFT, S.QUEUED),
    (S.HELD, S.QUEUED), (S.HELD, S.BLOCKED), (S.HELD, S.CANCELED),
    (S.QUEUED, S.SENDING), (S.QUEUED, S.DEFERRED), (S.QUEUED, S.BLOCKED), (S.QUEUED, S.FAILED),
    (S.QUEUED, S.CANCELED),
    (S.DEFERRED, S.QUEUED), (S.DEFERRED, S.BLOCKED), (S.DEFERRED, S.FAILED), (S.DEFERRED, S.CANCELED),
    (S.SENDING, S.ACCEPTED), (S.SENDING, S.QUEUED), (S.SENDING, S.DEFERRED), (S.SENDING, S.FAILED),
    (S.SENDING, S.BLOCKED), (S.SENDING, S.UNKNOWN),
    (S.BLOCKED, S.QUEUED), (S.BLOCKED, S.CANCELED),
    (S.UNKNOWN, S.ACCEPTED), (S.UNKNOWN, S.QUEUED), (S.UNKNOWN, S.FAILED),
    (S.FAILED, S.QUEUED), (S.FAILED, S.CANCELED),
    (S.ACCEPTED, S.DELIVERED), (S.ACCEPTED, S.READ), (S.ACCEPTED, S.FAILED),
    (S.DELIVERED, S.READ), (S.DELIVERED, S.FAILED),
}  # fmt: skip


@pytest.mark.parametrize("start", list(SendState))
def test_only_legal_steps_are_taken(desk: Desk, start: SendState) -> None:
    for to in SendState:
        entry = desk.send(state=start)
        if (start, to) in LEGAL:
            move(desk, entry, to)
        else:
            with pytest.raises(Refused):
                move(desk, entry, to)
        end = to if (start, to) in LEGAL else start
        assert desk.row("SELECT state FROM message WHERE id = ?", entry.message_id) == (end,)


def test_every_state_is_in_the_table() -> None:
    assert set(NEXT_STATES) == set(SendState)


def test_held_reply_is_due_after_its_hold(desk: Desk) -> None:
    entry = desk.send(due_at=NOW + 8_000)
    assert due(desk) == []
    assert due(desk, NOW + 8_000) == [entry.op_id]


def test_later_reply_waits_for_the_one_before(desk: Desk) -> None:
    first, second = desk.send("first", due_at=NOW + 10), desk.send("second")
    assert due(desk) == []
    assert due(desk, NOW + 10) == [first.op_id]
    move(desk, first, S.QUEUED, S.SENDING)
    assert due(desk, NOW + 10) == []
    move(desk, first, S.ACCEPTED)
    assert due(desk, NOW + 10) == [second.op_id]


@pytest.mark.parametrize("state", [S.BLOCKED, S.UNKNOWN])
def test_only_words_wait_for_a_decision_of_the_agent(desk: Desk, state: SendState) -> None:
    first = desk.send("first", state=S.SENDING)
    move(desk, first, state)
    desk.send("second")
    flags = desk.act(Verb.PRIORITY, ObjectKind.CONVERSATION, desk.conversation_id, {"priority": "high"})
    entry = OutboxEntry(flags.id, desk.account_id, desk.conversation_id, Verb.PRIORITY, S.QUEUED, flags.id, due_at=NOW)
    desk.cache.write(lambda tx: outbox.put(tx, entry))
    # The second reply is queued itself and keeps its place, so the flag waits for that one.
    assert due(desk) == []
    second = desk.cache.read(lambda db: outbox.entry(db, desk.ops[1].id))
    assert second is not None
    move(desk, second, S.CANCELED)
    assert due(desk) == [flags.id]


def test_other_conversations_do_not_wait(desk: Desk) -> None:
    desk.send(due_at=NOW + 10)
    desk.conversation_id = desk.cache.write(desk.converse)
    other = desk.send("elsewhere")
    assert due(desk) == [other.op_id]


@pytest.mark.parametrize("by", [DAY, -DAY])
def test_clock_that_was_set_shifts_what_began_to_wait_before_and_nothing_later(desk: Desk, by: int) -> None:
    before = desk.send(state=S.HELD, due_at=NOW + 10_000)
    desk.clock.advance(by)
    after = desk.send(state=S.HELD, due_at=NOW + by + 10_000)
    desk.clock.advance(900)
    desk.cache.write(lambda tx: outbox.shift(tx, by, NOW + by - 100))
    found = [desk.cache.read(outbox.entry, one.op_id) for one in (before, after)]
    assert [one and one.due_at for one in found] == [NOW + by + 10_000] * 2


def test_mark_needs_sending_and_stays_until_it_is_known_that_nothing_left(desk: Desk) -> None:
    entry = desk.send()
    with pytest.raises(Refused):
        desk.cache.write(lambda tx: outbox.mark(tx, entry.op_id))
    move(desk, entry, S.QUEUED, S.SENDING, attempt=True)
    desk.cache.write(lambda tx: outbox.mark(tx, entry.op_id))
    (found,) = desk.cache.read(outbox.sending)
    assert (found.marked, found.attempts, found.op_id) == (True, 1, entry.op_id)
    move(desk, entry, S.UNKNOWN, S.QUEUED, S.SENDING)
    assert desk.cache.read(outbox.sending)[0].marked
    proved = desk.cache.write(lambda tx: outbox.move(tx, entry.op_id, S.QUEUED, may_have_left=False))
    assert not proved.marked


def test_entry_gives_back_what_was_put(desk: Desk) -> None:
    entry = desk.send(payload={"text": "本文", "files": [{"name": "a"}]}, outcomes={"a@x": "250 ok"}, reason="r")
    assert desk.cache.read(lambda db: outbox.entry(db, entry.op_id)) == entry
    with pytest.raises(NotFound):
        desk.cache.write(lambda tx: outbox.move(tx, "0" * 26, S.QUEUED))


def test_conversation_shows_the_newest_unsettled_state(desk: Desk) -> None:
    entry = desk.send()
    assert desk.row("SELECT send_state, is_failed FROM conversation") == ("held", 0)
    move(desk, entry, S.QUEUED, S.SENDING, S.FAILED, reason="550 no such user")
    assert desk.row("SELECT send_state, is_failed FROM conversation") == ("failed", 1)
    assert desk.row("SELECT reason FROM message WHERE id = ?", entry.message_id) == ("550 no such user",)
    assert desk.row("SELECT n FROM counter WHERE view = 'failed'") == (1,)
    move(desk, entry, S.QUEUED, S.SENDING, S.ACCEPTED, external_id="x1")
    assert desk.row("SELECT send_state, is_failed FROM conversation") == (None, 0)
    assert desk.row("SELECT external_id, reason FROM message WHERE id = ?", entry.message_id) == ("x1", "")


def test_failed_answer_is_no_answer(desk: Desk) -> None:
    desk.receive(received_at=NOW - 10)
    entry = desk.send()
    assert desk.row("SELECT unanswered_since FROM conversation") == (None,)
    move(desk, entry, S.QUEUED, S.FAILED)
    assert desk.row("SELECT unanswered_since FROM conversation") == (NOW - 10,)


def test_canceled_reply_leaves_the_list(desk: Desk) -> None:
    desk.receive(text="question", received_at=NOW - 10)
    entry = desk.send("answer")
    assert desk.row("SELECT snippet FROM conversation") == ("answer",)
    move(desk, entry, S.CANCELED)
    assert desk.row("SELECT snippet, unanswered_since, send_state FROM conversation") == ("question", NOW - 10, None)


def test_own_copy_that_came_first_gives_way(desk: Desk) -> None:
    entry = desk.send("hello")
    move(desk, entry, S.QUEUED, S.SENDING)
    desk.receive(external_id="x1", direction=Direction.OUTGOING, state=S.ACCEPTED, text="hello")
    move(desk, entry, S.ACCEPTED, external_id="x1")
    rows = desk.rows("SELECT id, external_id FROM message WHERE deleted_at IS NULL")
    assert rows == [(entry.message_id, "x1")]
    assert desk.found("hello") == 1


def receipt(desk: Desk, state: SendState, **names: str) -> bool:
    return desk.cache.write(lambda tx: inflow.set_receipt(tx, desk.account_id, state, NOW, **names))


@pytest.mark.parametrize("order", list(itertools.permutations([S.ACCEPTED, S.DELIVERED, S.READ])))
def test_receipts_in_any_order_end_at_read(desk: Desk, order: tuple[SendState, ...]) -> None:
    entry = desk.send()
    move(desk, entry, S.QUEUED, S.SENDING)
    for state in order:
        assert receipt(desk, state, idempotency_key=entry.idempotency_key, external_id="x1")
    assert desk.row("SELECT state FROM message WHERE id = ?", entry.message_id) == ("read",)
    assert desk.row("SELECT state FROM outbox") == ("read",)
    assert receipt(desk, S.DELIVERED, external_id="x1")
    assert desk.row("SELECT state FROM outbox") == ("read",)


def test_bounce_fails_what_was_accepted(desk: Desk) -> None:
    entry = desk.send()
    move(desk, entry, S.QUEUED, S.SENDING, S.ACCEPTED, external_id="x1")
    assert receipt(desk, S.FAILED, external_id="x1", reason="550 unknown")
    assert desk.row("SELECT state, reason FROM message WHERE id = ?", entry.message_id) == ("failed", "550 unknown")
    assert receipt(desk, S.DELIVERED, external_id="x1")
    assert desk.row("SELECT state FROM outbox") == ("failed",)


def test_receipt_for_what_another_device_sent(desk: Desk) -> None:
    desk.receive(external_id="x1", direction=Direction.OUTGOING, state=S.ACCEPTED)
    assert receipt(desk, S.READ, external_id="x1")
    assert desk.row("SELECT state FROM message") == ("read",)
    assert not receipt(desk, S.READ, external_id="nobody's")
