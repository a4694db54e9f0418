"""A desk whose replies leave: one conversation, a connector and its runner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omnitui.clock import FrozenClock
from omnitui.model.operations import Op
from omnitui.model.states import SendState
from omnitui.sync.outbox import OutboxRunner, Pass
from tests.support.connector import FakeConnector, a_message
from tests.support.sync_desk import SyncDesk

Make = Callable[..., SyncDesk]


class Sending:
    """A desk with one conversation, its connector and its runner."""

    def __init__(self, desk: SyncDesk) -> None:
        self.desk = desk
        assert isinstance(desk.clock, FrozenClock)
        self.clock = desk.clock
        self.connector: FakeConnector = desk.connect(desk.account)
        self.runner = OutboxRunner(desk.cache, desk.account, self.connector)

    async def begin(self) -> Sending:
        await self.desk.take(a_message(1))
        self.conversation_id = self.desk.conversations()[0].id
        return self

    def reply(self, text: str = "We are on it.", **options: Any) -> Op:
        return self.desk.operations.reply(self.conversation_id, text, **options)

    async def run(self) -> Pass:
        return await self.runner.run()

    def state(self, op: Op) -> SendState:
        return self.desk.entry(op.id).state

    @property
    def sent(self) -> list[str]:
        return [item["text"] for item in self.desk.back_end.sent()]
