"""What cannot be taken in or sent is kept with its reason, and delays nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from omnitui.clock import FrozenClock
from omnitui.desk.belonging.subjects import stripped
from omnitui.model.accounts import KEPT_ASIDE
from omnitui.model.operations import OutboxEntry
from omnitui.model.states import MessageKind
from omnitui.sdk import (
    Accepted,
    Batch,
    Json,
    MessageReceived,
    NotReady,
    Outbound,
    Outcome,
    Rated,
    SendState,
)
from omnitui.store.reads import search
from omnitui.sync import steps
from omnitui.sync.engine import Engine
from omnitui.sync.outbox import MOST_DEFECTS, MOST_REST, OutboxRunner
from omnitui.text.web.html import html_to_text
from tests.support.connector import BackfillingConnector, FakeConnector, a_message
from tests.support.promises import Promise
from tests.support.sync_desk import NOW, PARSER, SyncDesk, a_mail, until

FAR = 1 << 70
"""No number of SQLite's."""


class Choosy(FakeConnector):
    """Fails on one text, in its own way."""

    after: ClassVar[bool] = False
    """Whether it has left by then."""

    async def perform(self, op: Outbound) -> Outcome:
        if op.text != "poison":
            return await super().perform(op)
        if self.after:
            await self.deliver(op)
            return Accepted(FAR)  # type: ignore[arg-type]
        raise ZeroDivisionError


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path)
    yield made
    made.close()


async def test_one_poison_message_among_a_thousand_delays_nobody_else(desk: SyncDesk, promise: Promise) -> None:
    events: list[MessageReceived] = [a_message(number, conversation=f"c{number % 50}") for number in range(1_000)]
    events[500] = replace(events[500], revision=FAR)
    await desk.take(*events, cursor={"at": 1_000})
    shown = desk.messages()
    assert len(shown) == 1_000
    (raw,) = [one for one in shown if one.kind is MessageKind.RAW]
    assert raw.text == "message 500"
    assert {one.external_id for one in shown} >= {f"m{number}" for number in range(1_000) if number != 500}
    entry = desk.ledger(KEPT_ASIDE)
    assert entry is not None
    assert entry.unparsed == 1
    assert "too large" in entry.error
    assert len({one.id for one in desk.conversations()}) == 50
    promise(
        "A message that cannot be taken in delays no other, and is kept and shown raw.",
        f"1 among {len(shown):,}: {len(shown) - 1} shown as ever, 1 raw",
    )


async def test_poison_that_comes_again_is_shown_and_counted_once(desk: SyncDesk) -> None:
    for _ in range(2):
        await desk.take(a_message(1), a_message(2, revision=FAR), a_message(3))
    assert sorted(one.text for one in desk.messages()) == ["message 1", "message 2", "message 3"]
    entry = desk.ledger(KEPT_ASIDE)
    assert entry is not None
    assert entry.unparsed == 1


async def test_report_that_cannot_be_taken_in_is_kept_and_shown_nowhere(desk: SyncDesk) -> None:
    broken = Rated("c1", FAR, "too many stars", at=NOW)
    for _ in range(2):
        await desk.take(a_message(1), broken, a_message(2))
    assert [one.external_id for one in desk.messages()] == ["m1", "m2"]
    entry = desk.ledger(KEPT_ASIDE)
    assert entry is not None
    assert entry.unparsed == 1


async def test_message_that_cannot_be_prepared_is_shown_raw(desk: SyncDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def choosy(text: str) -> str:
        if "bomb" in text:
            raise RecursionError("too deep")
        return html_to_text(text)

    monkeypatch.setattr("omnitui.sync.preparation.html_to_text", choosy)
    await desk.take(*(a_message(number, text, html=True) for number, text in enumerate(("one", "bomb", "two"), 1)))
    assert [one.text for one in desk.messages() if one.kind is MessageKind.PUBLIC] == ["one", "two"]
    assert [one.text for one in desk.messages() if one.kind is MessageKind.RAW] == ["bomb"]
    entry = desk.ledger(KEPT_ASIDE)
    assert entry is not None
    assert entry.error == "RecursionError: too deep"


async def test_mail_that_cannot_be_taken_in_keeps_back_no_other_mail(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choosy(subject: str) -> str:
        if subject == "poison":
            raise ValueError("no")
        return stripped(subject)

    monkeypatch.setattr("omnitui.sync.mail_arrival.stripped", choosy)
    mails: list[Any] = [a_mail(number, subject="poison" if number == 4 else f"Matter {number}") for number in range(9)]
    await desk.take(*mails)
    kinds = [one.kind for one in desk.messages()]
    assert (len(kinds), kinds.count(MessageKind.RAW)) == (9, 1)
    assert desk.cache.read(search.unsearchable) == 0


@pytest.mark.parametrize(
    ("after", "state"), [(False, SendState.FAILED), (True, SendState.UNKNOWN)], ids=["before", "after it left"]
)
async def test_one_op_that_the_connector_fails_on_delays_no_other(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch, after: bool, state: SendState
) -> None:
    monkeypatch.setattr(Choosy, "after", after)
    await desk.take(*(a_message(number, conversation=f"c{number}") for number in range(20)))
    talks = desk.conversations()
    ops = [desk.operations.reply(one.id, "poison" if n == 3 else f"text {n}") for n, one in enumerate(talks)]
    runner = OutboxRunner(desk.cache, desk.account, Choosy(desk.back_end, desk.mark))
    assert (await runner.run()).fault is None
    assert sum(desk.entry(op.id).state is SendState.ACCEPTED for op in ops) == 19
    assert isinstance(desk.clock, FrozenClock)
    for _ in range(MOST_DEFECTS):
        desk.clock.advance(MOST_REST)
        await runner.run()
    entry = desk.entry(ops[3].id)
    assert entry.state is state
    assert "error in the connector" in entry.reason
    assert sum(item["text"] == "poison" for item in desk.back_end.sent()) == after


async def test_op_that_cannot_be_looked_at_is_blocked_with_the_reason(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.take(a_message(1), a_message(2, conversation="c2"))
    poison, other = (desk.operations.reply(one.id, f"text {n}") for n, one in enumerate(desk.conversations()))

    def why_kept_back(_db: object, entry: OutboxEntry, *_more: object) -> str:
        if entry.op_id == poison.id:
            raise ZeroDivisionError
        return ""

    monkeypatch.setattr(steps, "why_kept_back", why_kept_back)
    await OutboxRunner(desk.cache, desk.account, desk.connect(desk.account)).run()
    assert (desk.entry(poison.id).state, desk.entry(other.id).state) == (SendState.BLOCKED, SendState.ACCEPTED)


class TwoRooms(BackfillingConnector):
    """Fails on the history of one room, and has that of the other."""

    fault: ClassVar[Exception] = ZeroDivisionError()

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return ("broken", "room")

    async def backfill(self, scope: str, before: Json) -> Batch:
        if scope == "broken":
            raise self.fault
        return await super().backfill(scope, before)


@pytest.mark.parametrize("fault", [ZeroDivisionError(), NotReady("that room is closed")])
async def test_room_that_cannot_be_loaded_keeps_back_neither_another_nor_what_is_new(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(TwoRooms, "fault", fault)
    desk.back_end.older += [a_message(number) for number in range(9, 0, -1)]
    desk.back_end.events.append(a_message(10))
    engine = Engine(desk.cache, lambda _account: TwoRooms(desk.back_end, desk.mark), parser=PARSER)
    task = asyncio.create_task(engine.run())
    try:
        await until(lambda: len(desk.messages()) == 10)
        desk.back_end.happens(a_message(11))
        await until(lambda: len(desk.messages()) == 11)
    finally:
        engine.stop()
        await task
    if isinstance(fault, ZeroDivisionError):
        broken = desk.ledger("broken")
        assert broken is not None
        assert "error in the connector" in broken.error
