"""What an agent takes back or a back end refuses: from then on what the back end says and has holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.clock import MINUTE, SECOND, FrozenClock
from omnitui.errors import Refused
from omnitui.model.states import SendState, Status
from omnitui.sdk import ConversationChanged, Deferred, Idempotency, Outbound, Outcome, Receipt
from omnitui.sync.outbox import OutboxRunner
from tests.support.connector import FakeConnector, a_message
from tests.support.model_back_end import ModelConnector, World
from tests.support.sync_desk import NOW, SyncDesk


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
async def desk(tmp_path: Path, clock: FrozenClock) -> SyncDesk:
    desk = SyncDesk(tmp_path / "profile", clock)
    await desk.take(a_message(1, "hello", conversation="c1"))
    clock.advance(SECOND)
    return desk


async def test_status_reported_late_holds_after_a_refused_change_was_undone(desk: SyncDesk, clock: FrozenClock) -> None:
    resolved_there = clock.now()
    clock.advance(SECOND)
    [op] = desk.operations.set_status([desk.conversations()[0].id], Status.WAITING)
    world = World(clock)
    world.fates.append("refused")
    await OutboxRunner(desk.cache, desk.account, ModelConnector(world, desk.mark, Idempotency.DEDUPLICATED)).run()
    assert desk.entry(op.id).state is SendState.FAILED
    clock.advance(SECOND)
    desk.operations.undo()
    await desk.take(ConversationChanged("c1", resolved_there, status=Status.RESOLVED))
    assert desk.conversations()[0].status is Status.RESOLVED


async def test_reply_that_left_before_the_line_broke_is_accepted_though_its_back_end_refuses_by_then(
    desk: SyncDesk, clock: FrozenClock
) -> None:
    op = desk.operations.reply(desk.conversations()[0].id, "hello to you", hold=0)
    world = World(clock)
    world.fates.extend(["cut after", "refused"])
    runner = OutboxRunner(desk.cache, desk.account, ModelConnector(world, desk.mark, Idempotency.DEDUPLICATED))
    await runner.run()
    clock.advance(MINUTE)
    await runner.run()
    assert desk.entry(op.id).state is SendState.ACCEPTED
    assert list(world.said) == [f"sent-{op.id}"]


async def test_labels_reported_late_hold_after_a_waiting_change_was_undone(desk: SyncDesk, clock: FrozenClock) -> None:
    await desk.take(ConversationChanged("c1", clock.now(), labels=("late",)))
    clock.advance(SECOND)
    taken_off_there = clock.now()
    clock.advance(SECOND)
    desk.operations.label([desk.conversations()[0].id], remove=["late"])
    clock.advance(SECOND)
    desk.operations.undo()
    assert desk.conversations()[0].labels == ("late",)
    await desk.take(ConversationChanged("c1", taken_off_there, labels=()))
    assert desk.conversations()[0].labels == ()


async def test_labels_reported_late_give_way_to_a_change_that_was_done_again(
    desk: SyncDesk, clock: FrozenClock
) -> None:
    reported_at = clock.now()
    clock.advance(SECOND)
    desk.operations.label([desk.conversations()[0].id], add=["vip"])
    desk.operations.undo()
    desk.operations.redo()
    await desk.take(ConversationChanged("c1", reported_at, labels=()))
    assert desk.conversations()[0].labels == ("vip",)


async def test_reply_cannot_be_taken_back_once_a_copy_may_have_left(desk: SyncDesk, clock: FrozenClock) -> None:
    op = desk.operations.reply(desk.conversations()[0].id, "hello to you", hold=0)
    world = World(clock)
    runner = OutboxRunner(desk.cache, desk.account, ModelConnector(world, desk.mark, Idempotency.DEDUPLICATED))
    # The line breaks behind the reply, then there is none for its next try: the customer has it all the same.
    for fate in ("cut after", "closed"):
        world.fates.append(fate)
        await runner.run()
        with pytest.raises(Refused, match="may have left"):
            desk.operations.undo(op.id)
        clock.advance(MINUTE)
    await runner.run()
    assert desk.entry(op.id).state is SendState.ACCEPTED
    assert list(world.said) == [f"sent-{op.id}"]


async def test_reply_that_never_left_can_be_taken_back_after_a_try(desk: SyncDesk, clock: FrozenClock) -> None:
    op = desk.operations.reply(desk.conversations()[0].id, "hello to you", hold=0)
    world = World(clock)
    world.fates.append("closed")
    await OutboxRunner(desk.cache, desk.account, ModelConnector(world, desk.mark, Idempotency.DEDUPLICATED)).run()
    desk.operations.undo(op.id)
    assert desk.entry(op.id).state is SendState.CANCELED
    assert not world.said


async def test_reply_that_a_back_end_wants_later_can_be_taken_back(desk: SyncDesk) -> None:
    op = desk.operations.reply(desk.conversations()[0].id, "hello to you", hold=0)
    connector = FakeConnector(desk.back_end, desk.mark)

    async def put_off(outbound: Outbound) -> Outcome:
        await desk.mark(outbound.op_id)
        raise Deferred("451 greylisted")

    connector.script = [put_off]
    await OutboxRunner(desk.cache, desk.account, connector).run()
    assert desk.entry(op.id).state is SendState.DEFERRED
    desk.operations.undo(op.id)
    assert desk.entry(op.id).state is SendState.CANCELED


async def test_change_that_may_have_left_is_undone_at_the_back_end_too(desk: SyncDesk, clock: FrozenClock) -> None:
    [op] = desk.operations.set_status([desk.conversations()[0].id], Status.RESOLVED)
    world = World(clock)
    world.fates.append("cut after")
    runner = OutboxRunner(desk.cache, desk.account, ModelConnector(world, desk.mark, Idempotency.DEDUPLICATED))
    await runner.run()
    assert world.statuses == {"c1": Status.RESOLVED}
    clock.advance(SECOND)
    desk.operations.undo(op.id)
    clock.advance(MINUTE)
    await runner.run()
    assert world.statuses == {"c1": Status.OPEN}


async def test_reply_that_was_taken_back_and_sent_after_all_is_proved_to_have_left_like_any_other(
    desk: SyncDesk, clock: FrozenClock
) -> None:
    first = desk.operations.reply(desk.conversations()[0].id, "hello to you", hold=0)
    desk.operations.undo()
    [op] = desk.operations.redo().ops
    world = World(clock)
    world.fates.append("cut after")
    await OutboxRunner(desk.cache, desk.account, ModelConnector(world, desk.mark, Idempotency.UNKNOWABLE)).run()
    assert desk.entry(op.id).state is SendState.UNKNOWN
    await desk.take(world.message(f"sent-{op.id}"))
    assert desk.entry(op.id).state is SendState.ACCEPTED
    assert desk.entry(first.id).state is SendState.CANCELED
    await desk.take(Receipt(SendState.READ, clock.now(), external_id=f"sent-{op.id}"))
    assert [(one.op_id, one.state) for one in desk.messages() if one.op_id] == [(op.id, SendState.READ)]
