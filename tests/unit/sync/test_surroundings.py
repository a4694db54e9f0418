"""A machine that sleeps, a network that changes and a clock that is set neither lose, delay nor hasten anything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, FrozenClock, Millis
from omnitui.model.accounts import Account
from omnitui.model.states import SendState, Status
from omnitui.sdk import Batch, Json, NotReady, Outbound, Outcome
from omnitui.store import outbox
from omnitui.store.faults import CacheBusy
from omnitui.sync import engine as engines
from omnitui.sync import surroundings
from omnitui.sync.engine import Engine
from omnitui.sync.outbox import OutboxRunner
from omnitui.sync.surroundings import Surroundings, Turn
from tests.support.connector import FakeConnector, a_message
from tests.support.sync_desk import PARSER, SyncDesk, until
from tests.support.travel import TravelClock


@pytest.fixture
def clock() -> TravelClock:
    return TravelClock()


@pytest.fixture
def desk(tmp_path: Path, clock: TravelClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncDesk]:
    monkeypatch.setattr(engines, "WATCH_SECONDS", 0.05)
    made = SyncDesk(tmp_path, clock)
    yield made
    made.close()


@contextlib.asynccontextmanager
async def running(desk: SyncDesk) -> AsyncIterator[Engine]:
    engine = Engine(desk.cache, desk.connect, parser=PARSER, wake_due=desk.operations.wake_due)
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        engine.stop()
        await asyncio.wait_for(task, 60)


def test_sleep_and_a_clock_that_is_set_are_told_apart(clock: TravelClock) -> None:
    around = Surroundings(clock, lambda: ())
    assert around.look() == Turn()
    clock.slept += 8 * HOUR
    assert around.look() == Turn(cut_off=True)
    assert around.look() == Turn()
    clock.set_by -= 2 * SECOND
    turn = around.look()
    assert not turn.cut_off
    assert turn.set_by < 0
    assert around.look() == Turn()


def test_machine_that_was_paused_from_outside_was_cut_off(clock: TravelClock) -> None:
    began = clock.now()
    around = Surroundings(clock, lambda: ())
    clock.set_by += 8 * HOUR
    turn = around.look()
    assert turn.cut_off
    assert abs(turn.set_by - 8 * HOUR) < SECOND
    # Of what each clock says only whole milliseconds count.
    assert began - 5 <= turn.since - 8 * HOUR <= clock.now() - 8 * HOUR + 5
    assert around.look() == Turn()


def test_network_that_goes_comes_or_changes_is_noticed_once(clock: TravelClock) -> None:
    ways = iter([("192.0.2.7",), ("192.0.2.7",), ("",), ("",), ("10.1.1.1",), ("10.1.1.1",)])
    around = Surroundings(clock, lambda: next(ways))
    assert [around.look().cut_off for _ in range(5)] == [False, True, False, True, False]


def test_clock_that_is_moved_by_hand_tells_of_nothing() -> None:
    clock = FrozenClock()
    around = Surroundings(clock, lambda: ())
    clock.advance(DAY)
    assert around.look() == Turn()


async def test_reply_held_over_a_sleep_of_eight_hours_waits_for_what_came_in_meanwhile(
    desk: SyncDesk, clock: TravelClock
) -> None:
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: len(desk.messages()) == 1)
        op = desk.operations.reply(desk.conversations()[0].id, "It is on its way.", hold=HOUR)
        # The line is dead: what comes in now is told to nobody.
        desk.back_end.events.append(a_message(2, "Never mind."))
        clock.slept += 8 * HOUR
        await until(lambda: desk.entry(op.id).state is SendState.BLOCKED)
    assert desk.back_end.sent() == []


async def test_reply_for_a_time_that_passed_in_a_pause_waits_for_what_came_in_meanwhile(
    desk: SyncDesk, clock: TravelClock
) -> None:
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: len(desk.messages()) == 1)
        op = desk.operations.reply(desk.conversations()[0].id, "It is on its way.", at=clock.now() + HOUR)
        desk.back_end.events.append(a_message(2, "Never mind."))
        clock.set_by += 8 * HOUR
        await until(lambda: desk.entry(op.id).state is SendState.BLOCKED)
    assert desk.back_end.sent() == []


async def test_reply_for_a_time_on_the_wall_leaves_when_the_clock_is_set_past_it(
    desk: SyncDesk, clock: TravelClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "ASLEEP", 100 * DAY)
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: len(desk.messages()) == 1)
        op = desk.operations.reply(desk.conversations()[0].id, "Good morning", at=clock.now() + HOUR)
        await asyncio.sleep(0.2)  # The outbox naps.
        clock.set_by += 2 * HOUR
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)


async def test_clock_that_was_set_is_told_at_the_next_look_where_it_could_not_be_written(
    desk: SyncDesk, clock: TravelClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift, tries = outbox.shift, []

    def refusing(*args: Any) -> None:
        tries.append(args)
        if len(tries) == 1:
            raise CacheBusy("held for too long")
        shift(*args)

    monkeypatch.setattr(outbox, "shift", refusing)
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: len(desk.messages()) == 1)
        op = desk.operations.reply(desk.conversations()[0].id, "Hello", hold=800)
        await asyncio.sleep(0.2)  # The outbox naps.
        clock.set_by -= DAY
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED, 90)
    assert len(tries) >= 2


@pytest.mark.parametrize("by", [DAY, -DAY])
async def test_reply_is_held_as_long_as_it_was_to_be_when_the_clock_is_set(
    desk: SyncDesk, clock: TravelClock, by: Millis
) -> None:
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: len(desk.messages()) == 1)
        since = clock.steady()
        op = desk.operations.reply(desk.conversations()[0].id, "Hello", hold=800)
        clock.set_by += by
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED, 90)
        assert clock.steady() - since >= 800


async def test_reply_written_by_a_clock_that_was_a_day_ahead_leaves_in_its_time(
    desk: SyncDesk, clock: TravelClock
) -> None:
    await desk.take(a_message(1))
    clock.set_by += DAY
    op = desk.operations.reply(desk.conversations()[0].id, "Hello", hold=200)
    clock.set_by -= DAY
    async with running(desk):
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED, 90)


async def test_snooze_ends_by_the_clock_on_the_wall(
    desk: SyncDesk, clock: TravelClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WAKE_EVERY", 50)
    await desk.take(a_message(1))
    (talk,) = desk.conversations()
    desk.operations.snooze([talk.id], clock.now() + HOUR)
    async with running(desk):
        clock.set_by -= DAY
        await asyncio.sleep(0.3)
        assert desk.conversations()[0].status is Status.SNOOZED
        clock.set_by += DAY + 2 * HOUR
        await until(lambda: desk.conversations()[0].status is Status.OPEN)


async def test_line_is_made_anew_and_rests_end_when_the_network_changes(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = [""]
    monkeypatch.setattr(surroundings, "routes", lambda: tuple(way))
    monkeypatch.setattr(Surroundings.__init__, "__defaults__", (lambda: tuple(way),))
    async with running(desk):
        await until(lambda: (entry := desk.ledger()) and entry.health == "ok")
        desk.back_end.events.append(a_message(1))
        way[0] = "192.0.2.7"
        await until(lambda: len(desk.messages()) == 1)


class Renewing(FakeConnector):
    """Its stream ends as its lines are made anew, and the next one begins before that is over."""

    begun = 0
    cut = False

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        self.begun += 1
        at = int(cursor or 0)
        while not self.cut:
            self.back_end.news.clear()
            part = tuple(self.back_end.events[at:])
            at += len(part)
            yield Batch(part, at, caught_up=True)
            await self.back_end.news.wait()
        self.cut = False
        raise NotReady("the line was closed")

    async def renew(self) -> None:
        before, self.cut = self.begun, True
        self.back_end.news.set()
        await until(lambda: self.begun > before)


async def test_stream_that_begins_while_lines_are_made_anew_is_read_on(
    desk: SyncDesk, clock: TravelClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Renewing] = []

    def connect(account: Account) -> Renewing:
        made.append(Renewing(desk.back_end, desk.mark))
        return made[-1]

    monkeypatch.setattr(desk, "connect", connect)
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: len(desk.messages()) == 1)
        clock.slept += HOUR
        await until(lambda: made[0].begun == 2)
        await asyncio.sleep(0.1)
        desk.back_end.happens(a_message(2))
        await until(lambda: len(desk.messages()) == 2)
    assert [one.begun for one in made] == [2]


async def test_message_dated_in_the_far_future_or_past_keeps_its_place_among_the_others(desk: SyncDesk) -> None:
    now = desk.clock.now()
    await desk.take(a_message(1, at=now - MINUTE), a_message(2, at=now + 400 * DAY), a_message(3, at=1 << 60))
    await desk.take(a_message(4, at=-(1 << 50)))
    shown = desk.messages()
    assert [one.external_id for one in shown] == ["m4", "m1", "m2", "m3"]
    later = desk.clock.now()
    assert all(0 <= one.received_at <= later for one in shown)
    assert all(0 <= one.sent_at < 200 * 366 * DAY for one in shown)


async def test_held_reply_keeps_its_time_when_the_clock_is_set_back_while_another_leaves(
    desk: SyncDesk, clock: TravelClock
) -> None:
    await desk.take(a_message(1), a_message(2, conversation="c2"))
    first, second = (talk.id for talk in desk.conversations())
    connector = desk.connect(desk.account)

    async def set_back(op: Outbound) -> Outcome:
        since = clock.now() - DAY
        clock.set_by = -DAY
        desk.cache.write(lambda tx: outbox.shift(tx, -DAY, since))
        return await connector.deliver(op)

    connector.script.append(set_back)
    desk.operations.reply(first, "first")
    held = desk.operations.reply(second, "second", hold=30 * MINUTE)
    found = await OutboxRunner(desk.cache, desk.account, connector).run()
    assert [item["text"] for item in desk.back_end.sent()] == ["first"]
    assert desk.entry(held.id).state is SendState.HELD
    assert found.next_at is not None
    assert found.next_at == desk.entry(held.id).due_at
    assert 29 * MINUTE < found.next_at - clock.now() <= 30 * MINUTE
