"""Sends of which nobody knows whether they arrived: asked about, settled, never simply repeated."""

from __future__ import annotations

from typing import Any

import pytest

from omnitui.model.states import Direction, SendState
from omnitui.sdk import (
    Accepted,
    Found,
    Idempotency,
    NotFound,
    NotReady,
    Outbound,
    Outcome,
    Person,
    Receipt,
    Unknowable,
    Unknown,
)
from omnitui.store import outbox
from omnitui.ui.panes.status import outbox_pieces
from omnitui.ui.picture import standing
from tests.support.connector import FakeConnector, a_message
from tests.support.sending import Make, Sending


async def cut(connector: FakeConnector, op: Outbound) -> Outcome:
    await connector.deliver(op)
    return Unknown("the link broke")


@pytest.mark.parametrize(
    ("idempotency", "state", "copies"),
    [
        (Idempotency.DEDUPLICATED, SendState.ACCEPTED, 1),
        (Idempotency.FINDABLE, SendState.ACCEPTED, 1),
        (Idempotency.UNKNOWABLE, SendState.UNKNOWN, 1),
    ],
)
async def test_cut_after_send_ends_as_its_class_says(
    make: Make, idempotency: Idempotency, state: SendState, copies: int
) -> None:
    one = await Sending(make(idempotency=idempotency)).begin()
    one.connector.script.append(lambda op: cut(one.connector, op))
    op = one.reply()
    for _ in range(3):
        await one.run()
        one.clock.advance(60_000)
    assert (one.state(op), len(one.sent)) == (state, copies)


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Found("x"), SendState.ACCEPTED), (NotFound(), SendState.ACCEPTED), (Unknowable("no Sent"), SendState.UNKNOWN)],
)
async def test_unknown_outcome_is_asked_about_and_sent_again_only_when_it_is_not_there(
    make: Make, answer: Any, state: SendState
) -> None:
    one = await Sending(make(idempotency=Idempotency.FINDABLE)).begin()
    one.connector.script.append(Unknown("the link broke"))
    one.connector.reconcile_script.append(answer)
    op = one.reply()
    for _ in range(2):
        await one.run()
        one.clock.advance(60_000)
    assert one.state(op) is state
    assert len(one.sent) == (1 if isinstance(answer, NotFound) else 0)


async def test_interrupted_send_is_asked_about_again_while_the_back_end_is_away_and_says_so(make: Make) -> None:
    one = await Sending(make(idempotency=Idempotency.FINDABLE)).begin()
    one.connector.script.append(Unknown("the link broke"))
    one.connector.reconcile_script += [NotReady("away"), NotReady("away"), Found("x")]
    op = one.reply()
    for _ in range(2):
        found = await one.run()
        assert isinstance(found.fault, NotReady)
        assert one.state(op) is SendState.SENDING
        said = one.desk.cache.read(standing)
        status = "".join(text for text, _role in outbox_pieces(said, one.clock.now(), "u"))
        assert "1 in doubt" in status
        assert "sending" not in status
        (message,) = [message for message in one.desk.messages() if message.op_id == op.id]
        assert message.reason == one.desk.entry(op.id).reason == "it may have arrived, and nobody can tell now: away"
    await one.run()
    assert one.state(op) is SendState.ACCEPTED
    assert one.desk.entry(op.id).reason == ""


@pytest.mark.parametrize(
    ("marked", "idempotency", "state"),
    [
        (False, Idempotency.UNKNOWABLE, SendState.ACCEPTED),
        (True, Idempotency.DEDUPLICATED, SendState.ACCEPTED),
        (True, Idempotency.FINDABLE, SendState.ACCEPTED),
        (True, Idempotency.UNKNOWABLE, SendState.UNKNOWN),
    ],
)
async def test_send_left_by_a_dead_process_is_settled_by_its_mark_and_class(
    make: Make, marked: bool, idempotency: Idempotency, state: SendState
) -> None:
    one = await Sending(make(idempotency=idempotency)).begin()
    op = one.reply()
    one.desk.cache.write(lambda tx: outbox.move(tx, op.id, SendState.SENDING, attempt=True))
    if marked:
        one.desk.cache.write(lambda tx: outbox.mark(tx, op.id))
    await one.run()
    one.clock.advance(60_000)
    await one.run()
    assert one.state(op) is state
    assert len(one.sent) == (state is SendState.ACCEPTED)


async def test_unknown_op_is_settled_by_its_echo(make: Make) -> None:
    one = await Sending(make(idempotency=Idempotency.UNKNOWABLE, script=[Unknown("the link broke")])).begin()
    op = one.reply()
    await one.run()
    assert one.state(op) is SendState.UNKNOWN
    us = Person("me@desk.example", agent=True)
    await one.desk.take(
        a_message(7, "We are on it.", external_id="s7", idempotency_key=op.id, author=us, direction=Direction.OUTGOING)
    )
    assert one.state(op) is SendState.ACCEPTED
    assert [message.external_id for message in one.desk.messages()] == ["m1", "s7"]


async def test_echo_that_came_before_the_answer_is_the_same_message(make: Make) -> None:
    one = await Sending(make()).begin()

    async def echo_first(op: Outbound) -> Outcome:
        outcome = await one.connector.deliver(op)
        await one.desk.take(
            Receipt(SendState.DELIVERED, 1, external_id=f"sent-{op.idempotency_key}"),
            a_message(7, op.text, external_id=f"sent-{op.idempotency_key}", direction=Direction.OUTGOING),
        )
        return outcome

    one.connector.script.append(echo_first)
    op = one.reply()
    await one.run()
    assert one.state(op) is SendState.ACCEPTED
    assert [message.text for message in one.desk.messages()] == ["message 1", "We are on it."]


async def test_receipt_that_came_before_the_answer_is_kept_for_it(make: Make) -> None:
    one = await Sending(make()).begin()

    async def receipt_first(op: Outbound) -> Outcome:
        outcome = await one.connector.deliver(op)
        await one.desk.take(Receipt(SendState.READ, 1, external_id=f"sent-{op.idempotency_key}"))
        return outcome

    one.connector.script.append(receipt_first)
    op = one.reply()
    await one.run()
    assert one.state(op) is SendState.READ


async def test_first_message_gives_the_conversation_its_id(make: Make) -> None:
    one = Sending(make())
    op = one.desk.operations.new(one.desk.account.id, "bob", "Hello", "First words")

    async def begin(outbound: Outbound) -> Outcome:
        await one.connector.deliver(outbound)
        await one.desk.take(a_message(3, "Hi!", conversation="c9"))
        return Accepted("s1", conversation="c9")

    one.connector.script.append(begin)
    await one.run()
    assert one.state(op) is SendState.ACCEPTED
    [conversation] = one.desk.conversations()
    assert conversation.external_id == "c9"
    assert {message.text for message in one.desk.messages()} == {"First words", "Hi!"}
