"""Telegram as the conformance kit wants it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_telegram import TelegramConnector

from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.sdk import a_context
from tests.support.telegram_server import TOKEN, TelegramServer, hangs

MEI: Mapping[str, Any] = {"id": 71, "is_bot": False, "first_name": "芽衣", "last_name": "佐藤", "language_code": "ja"}
PRIVATE: Mapping[str, Any] = {"id": 71, "type": "private", "first_name": "芽衣", "last_name": "佐藤"}


@dataclass
class TelegramRig:
    """A server that runs already, and connectors to it."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: TelegramServer
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self) -> TelegramConnector:
        settings = {"api_url": self.server.url}
        return TelegramConnector(
            a_context(self.folder, settings=settings, secrets={"token": TOKEN}, http=SharedClient())
        )

    async def customer_writes(self, text: str) -> None:
        number = next(self.numbers)
        self.server.push(
            message={"message_id": number, "date": 1_780_000_000 + number, "from": MEI, "chat": PRIVATE, "text": text}
        )

    async def redeliver(self) -> None:
        self.server.push(message=self.server.updates[-1]["message"])

    async def unknown_event(self) -> None:
        self.server.push(poll_answer={"poll_id": "1", "user": MEI, "option_ids": [0], "option_persistent_ids": []})

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, "71", "@hinode_tea_bot", "telegram", "71", text=text)

    async def copies(self, op: Outbound) -> int:
        return sum(said.get("text") == op.text for _method, said in self.server.sent)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.server.hang_after = True
        else:
            self.server.next_sends.append(hangs)

    async def limit(self, after: int) -> None:
        self.server.limited_until = time.monotonic() + after / 1000

    async def sign_out(self) -> None:
        self.server.token = "another"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
