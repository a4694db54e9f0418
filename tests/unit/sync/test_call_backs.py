"""A missed call promises a call-back, and a call that was answered keeps it; in whatever order they are told."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from omnitui.clock import HOUR, Millis
from omnitui.model.states import CallEnd, Direction, Verb
from omnitui.model.tasks import Task, TaskKind
from omnitui.sdk import Capabilities, Idempotency, MessageReceived, snapshot
from omnitui.store import accounts
from omnitui.store.reads import oplog, tasks
from tests.support.connector import CHANNEL, a_message
from tests.support.sync_desk import NOW, SyncDesk

WITHIN: Millis = 4 * HOUR


def a_desk(folder: Path, within: Millis | None = WITHIN) -> SyncDesk:
    made = SyncDesk(folder)
    able = Capabilities(idempotency=Idempotency.UNKNOWABLE, writes=False, call_back=within)
    kept = snapshot.take(lambda _channel: able, (CHANNEL,))
    made.cache.write(lambda tx: accounts.set_capabilities(tx, made.account.id, kept))
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = a_desk(tmp_path)
    yield made
    made.close()


def call(number: int, end: CallEnd | None, *, conversation: str = "c1", revision: int = 1) -> MessageReceived:
    """A call of the number's minute; one that was answered was ours."""
    ours = Direction.OUTGOING if end is CallEnd.ANSWERED else Direction.INCOMING
    at = NOW - HOUR + number * 60_000
    return a_message(number, "[call]", at=at, conversation=conversation, call=end, revision=revision, direction=ours)


def promised(desk: SyncDesk) -> list[Task]:
    return desk.cache.read(tasks.page)


async def test_missed_call_promises_one_call_back_by_itself(desk: SyncDesk) -> None:
    await desk.take(call(1, None), call(1, CallEnd.MISSED, revision=3))
    await desk.take(call(2, CallEnd.VOICEMAIL), call(3, CallEnd.MISSED))
    (one,) = promised(desk)
    assert (one.kind, one.due_at, one.assignee_id) == (TaskKind.CALL_BACK, NOW - HOUR + 60_000 + WITHIN, None)
    [conversation] = desk.conversations()
    assert conversation.task_due_at == one.due_at
    (op,) = desk.cache.read(oplog.about, one.id)
    assert op.verb is Verb.CALL_BACK
    # What is done by itself is not what an agent's undo means.
    assert desk.cache.read(oplog.last_undoable, desk.cache.me().id) == []
    # Told again it promises nothing more, even when the agent has called.
    desk.operations.complete_tasks([one.id])
    await desk.take(call(1, CallEnd.MISSED, revision=3), call(2, CallEnd.VOICEMAIL), call(3, CallEnd.MISSED))
    assert promised(desk) == []
    # Nor does what the caller said then, which is told later.
    await desk.take(call(3, CallEnd.VOICEMAIL, revision=2))
    assert promised(desk) == []
    await desk.take(call(4, CallEnd.MISSED))
    assert len(promised(desk)) == 1
    assert desk.cache.read(oplog.verify_chain)


async def test_calls_end_the_same_in_whatever_order_they_are_told(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    try:
        for number, order in enumerate(permutations((1, 2, 3))):
            name = f"c{number}"
            ends = {1: CallEnd.MISSED, 2: CallEnd.ANSWERED, 3: CallEnd.MISSED}
            for one in order:
                await desk.take(call(number * 10 + one, ends[one], conversation=name))
            assert len(promised(desk)) == 1, order
            await desk.take(call(number * 10 + 4, CallEnd.ANSWERED, conversation=name))
            assert promised(desk) == [], order
            # All conversations are with one person: a call in this one keeps what those before promised.
    finally:
        desk.close()


async def test_answered_call_keeps_what_missed_ones_promised_and_no_promise_of_an_agent(desk: SyncDesk) -> None:
    await desk.take(call(1, CallEnd.MISSED))
    [conversation] = desk.conversations()
    (auto,) = promised(desk)
    due = desk.clock.now() + HOUR
    own = desk.operations.add_task(conversation.id, TaskKind.CALL_BACK, due, "tell the result").object_id
    await desk.take(call(2, CallEnd.ANSWERED))
    assert [one.id for one in promised(desk)] == [own]
    done = desk.cache.read(tasks.task, auto.id)
    assert done is not None
    assert done.done_at is not None


async def test_nothing_is_promised_for_old_calls_nor_where_it_is_not_wanted(tmp_path: Path) -> None:
    for number, within in enumerate((None, WITHIN)):
        desk = a_desk(tmp_path / str(number), within)
        try:
            await desk.take(call(1, CallEnd.MISSED), history=within is not None)
            assert promised(desk) == []
        finally:
            desk.close()
