"""What leaves, leaves once; what is said of it is true."""

from __future__ import annotations

import pytest

from omnitui.model.states import SendState
from omnitui.sdk import (
    AuthFailed,
    Deferred,
    Fault,
    NotReady,
    Outcome,
    RateLimited,
    Rejected,
    Unreachable,
)
from omnitui.sync.outbox import MOST_DEFECTS
from tests.support.connector import a_message
from tests.support.sending import Make, Sending


async def test_tries_while_nobody_answers_do_not_count_against_an_op(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply()
    one.connector.script = [*(Unreachable("no route") for _ in range(MOST_DEFECTS + 1)), ValueError("odd")]
    for _ in range(MOST_DEFECTS + 1):
        assert isinstance((await one.run()).fault, Unreachable)
    assert (one.state(op), one.desk.entry(op.id).attempts) == (SendState.QUEUED, 0)
    await one.run()
    assert (one.state(op), one.desk.entry(op.id).attempts) == (SendState.DEFERRED, 1)


async def test_reply_leaves_and_is_accepted(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply()
    await one.run()
    entry = one.desk.entry(op.id)
    assert (entry.state, entry.attempts, one.sent) == (SendState.ACCEPTED, 1, ["We are on it."])
    message = one.desk.messages()[-1]
    assert (message.state, message.external_id) == (SendState.ACCEPTED, f"sent-{op.id}")
    assert (one.connector.performed[0].conversation, one.connector.performed[0].contact) == ("c1", "ann")


async def test_held_reply_waits_for_the_end_of_its_hold(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply(hold=8_000)
    found = await one.run()
    assert (one.state(op), found.next_at) == (SendState.HELD, one.clock.now() + 8_000)
    one.clock.advance(8_000)
    await one.run()
    assert one.state(op) is SendState.ACCEPTED


async def test_canceled_reply_never_leaves(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply(hold=8_000)
    one.desk.operations.cancel(op.id)
    one.clock.advance(9_000)
    await one.run()
    assert (one.state(op), one.sent) == (SendState.CANCELED, [])


async def test_replies_of_a_conversation_leave_in_order_when_the_first_has_to_wait(make: Make) -> None:
    one = await Sending(make(script=[NotReady("down")])).begin()
    first, second = one.reply("one"), one.reply("two")
    await one.run()
    assert (one.state(first), one.state(second), one.sent) == (SendState.DEFERRED, SendState.QUEUED, [])
    one.clock.advance(10_000)
    await one.run()
    assert one.sent == ["one", "two"]


async def test_other_conversations_go_on_when_one_is_deferred(make: Make) -> None:
    one = await Sending(make(script=[NotReady("down")])).begin()
    await one.desk.take(a_message(5, conversation="c2"))
    other = one.desk.conversations()[1]
    one.reply("one")
    one.desk.operations.reply(other.id, "two")
    await one.run()
    await one.run()
    assert one.sent == ["two"]


async def test_other_ops_leave_in_the_same_pass_when_the_back_end_wants_one_of_them_later(make: Make) -> None:
    one = await Sending(make(script=[Deferred("451 greylisted")])).begin()
    await one.desk.take(a_message(5, conversation="c2"))
    first = one.reply("one")
    one.desk.operations.reply(one.desk.conversations()[1].id, "two")
    found = await one.run()
    assert (found.fault, one.state(first), one.sent) == (None, SendState.DEFERRED, ["two"])


@pytest.mark.parametrize(
    ("step", "state", "reason"),
    [
        (NotReady("no route"), SendState.DEFERRED, "no route"),
        (Deferred("451 greylisted"), SendState.DEFERRED, "451 greylisted"),
        (RateLimited("slow down", after=60_000), SendState.DEFERRED, "slow down"),
        (AuthFailed("bad password"), SendState.QUEUED, "bad password"),
        (Rejected("550 no such user"), SendState.FAILED, "550 no such user"),
        (ValueError("bug"), SendState.DEFERRED, "error in the connector"),
    ],
    ids=["not ready", "not this one", "rate limited", "signed out", "rejected", "defect"],
)
async def test_fault_gives_the_op_its_state_and_reason(
    make: Make, step: Exception | Outcome, state: SendState, reason: str
) -> None:
    one = await Sending(make(script=[step])).begin()
    op = one.reply()
    found = await one.run()
    assert found.fault is (step if isinstance(step, Fault) and not isinstance(step, Deferred) else None)
    entry = one.desk.entry(op.id)
    assert entry.state is state
    assert reason in entry.reason
    assert one.sent == []


async def test_rate_limit_keeps_every_op_back_until_its_time(make: Make) -> None:
    one = await Sending(make(script=[RateLimited("slow down", after=60_000)])).begin()
    await one.desk.take(a_message(5, conversation="c2"))
    one.reply("one")
    one.desk.operations.reply(one.desk.conversations()[1].id, "two")
    found = await one.run()
    assert found.next_at is not None
    assert found.next_at >= one.clock.now() + 60_000
    one.clock.advance(59_000)
    await one.run()
    assert one.sent == []
    one.clock.advance(11_000)
    await one.run()
    assert sorted(one.sent) == ["one", "two"]


async def test_back_off_grows_with_each_try(make: Make) -> None:
    one = await Sending(make(script=[NotReady("down")] * 6)).begin()
    op = one.reply()
    waits = []
    for _ in range(6):
        await one.run()
        waits.append(one.desk.entry(op.id).due_at - one.clock.now())
        one.clock.advance(waits[-1])
    assert waits[5] > 4 * waits[0] > 0
