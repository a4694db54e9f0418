"""Back ends that tell news only when they are asked are asked before words leave."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from omnitui.clock import SystemClock
from omnitui.model.accounts import Account
from omnitui.model.states import SendState
from omnitui.sdk import Batch, Json, NotReady
from omnitui.sync import supervisor
from omnitui.sync.engine import Engine
from omnitui.sync.outbox import OutboxRunner
from tests.support.connector import FakeConnector, a_message
from tests.support.sync_desk import PARSER, SyncDesk, until


@dataclass
class Polled(FakeConnector):
    """Hands out what is there when it begins, and later news only when somebody looks."""

    looked: int = 0
    answered: int = 0
    """The newest look whose news have been handed over."""
    fault: Exception | None = None
    deaf: bool = False
    _look: asyncio.Event = field(default_factory=asyncio.Event)
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        at = int(cursor or 0)
        while True:
            asked = self.looked
            part = tuple(self.back_end.events[at:])
            at += len(part)
            yield Batch(part, at, caught_up=True)
            self.answered = asked
            self._done.set()
            await self._look.wait()
            self._look.clear()

    async def look(self) -> None:
        self.looked += 1
        if self.fault:
            raise self.fault
        if self.deaf:
            await asyncio.Event().wait()
        asked = self.looked
        self._look.set()
        while self.answered < asked:
            self._done.clear()
            await self._done.wait()


@pytest.fixture
def desk(tmp_path: Path) -> SyncDesk:
    return SyncDesk(tmp_path, SystemClock())


@contextlib.asynccontextmanager
async def running(desk: SyncDesk, **made: object) -> AsyncIterator[list[Polled]]:
    connectors: list[Polled] = []

    def connect(account: Account) -> Polled:
        connectors.append(Polled(desk.back_end, desk.mark, **made))  # type: ignore[arg-type]
        return connectors[-1]

    engine = Engine(desk.cache, connect, parser=PARSER)
    task = asyncio.create_task(engine.run())
    try:
        await until(lambda: desk.ledger() is not None and desk.ledger().health == "ok")  # type: ignore[union-attr]
        yield connectors
    finally:
        engine.stop()
        await asyncio.wait_for(task, 20)
        desk.close()


async def test_reply_is_kept_back_by_what_came_since_the_last_look(desk: SyncDesk) -> None:
    desk.back_end.events.append(a_message(1))
    async with running(desk) as connectors:
        await until(lambda: desk.messages())
        desk.back_end.events.append(a_message(2))
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.BLOCKED)
        assert desk.back_end.sent() == []
        assert connectors[0].looked == 1


async def test_nobody_asks_for_what_does_not_write_to_the_customer(desk: SyncDesk) -> None:
    desk.back_end.events.append(a_message(1))
    async with running(desk) as connectors:
        await until(lambda: desk.messages())
        op = desk.operations.label([desk.conversations()[0].id], add=["vip"])[0]
        await until(lambda: any(item["verb"] == "label" for item in desk.back_end.sent()))
        assert op.id
        assert connectors[0].looked == 0


@pytest.mark.parametrize("made", [{"fault": NotReady("no route")}, {"deaf": True}], ids=["fault", "no answer"])
async def test_reply_leaves_though_nobody_can_tell(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch, made: dict[str, object]
) -> None:
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.3)
    desk.back_end.events.append(a_message(1))
    async with running(desk, **made):
        await until(lambda: desk.messages())
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)


async def test_reply_that_falls_due_while_it_is_asked_whether_words_leave_waits_for_a_look_of_its_own(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.back_end.events.append(a_message(1))
    before, late = OutboxRunner.words_leave, list[str]()

    async def words_leave(self: OutboxRunner) -> bool:
        found = await before(self)
        if not late:
            # A moment later than what was just asked about.
            await asyncio.sleep(0.01)
            desk.back_end.events.append(a_message(2))
            late.append(desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0).id)
            await asyncio.sleep(0.01)
        return found

    async with running(desk):
        await until(lambda: desk.messages())
        monkeypatch.setattr(OutboxRunner, "words_leave", words_leave)
        desk.operations.label([desk.conversations()[0].id], add=["vip"])
        await until(lambda: late and desk.entry(late[0]).state is SendState.BLOCKED)
        assert not any(item["verb"] == "reply" for item in desk.back_end.sent())
