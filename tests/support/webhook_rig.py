"""Webhooks as the conformance kit wants them: a gateway that keeps calls, and a server that takes replies."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_webhook import WebhookConnector

from omnitui.sdk import AuthFailed, Batch, Deliveries, Delivery, MessageReceived, Outbound, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.sdk import a_context
from tests.support.webhook_server import SECRET, WebhookServer

PAGE = 2


@dataclass
class Gateway:
    """Keeps calls, and hands them out to whoever asks."""

    kept: list[Delivery] = field(default_factory=list)
    knows_us: bool = True
    gap: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def receive(self, body: bytes, content_type: str = "application/json") -> None:
        number = len(self.kept) + 1
        self.kept.append(Delivery(number, 1_780_000_000_000 + number, body, (), content_type))
        self._news.set()

    async def deliveries(self, cursor: int) -> AsyncIterator[Deliveries]:
        if not self.knows_us:
            raise AuthFailed("the gateway does not know this account's token")
        gap, told = self.gap, False
        while True:
            self._news.clear()
            items = tuple([one for one in self.kept if one.number > cursor][:PAGE])
            cursor = items[-1].number if items else cursor
            caught_up = cursor >= len(self.kept)
            if items or gap or caught_up is not told:
                told = caught_up
                yield Deliveries(items, cursor, caught_up, gap)
                gap = ""
            if caught_up:
                await self._news.wait()


@dataclass
class WebhookRig:
    """A server that runs already, and connectors to it."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: WebhookServer
    gateway: Gateway = field(default_factory=Gateway)
    settings: Mapping[str, str] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self, **settings: str) -> WebhookConnector:
        given = {"proof": "standard", "reply_url": self.server.url, "reply_once": "yes" if self.server.once else "no"}
        secrets = {"secret": SECRET if self.gateway.knows_us else "whsec_YW5vdGhlcg=="}
        return WebhookConnector(
            a_context(
                self.folder,
                settings={**given, **self.settings, **settings},
                secrets=secrets,
                http=SharedClient(),
                deliveries=self.gateway.deliveries,
            )
        )

    async def customer_writes(self, text: str) -> None:
        self.says(id=f"m-{next(self.numbers)}", text=text, **{"from": {"address": "mei", "name": "芽衣"}})

    def says(self, **fields: Any) -> None:
        self.gateway.receive(json.dumps({"type": "message", "data": fields}).encode())

    async def redeliver(self) -> None:
        self.gateway.receive(self.gateway.kept[-1].body)

    async def unknown_event(self) -> None:
        self.gateway.receive(b'{"type": "invoice.paid", "data": {"amount": 7}}')

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, "mei", "test", "webhook", "mei", text=text)

    async def copies(self, op: Outbound) -> int:
        return sum(said["data"]["text"] == op.text for said in self.server.taken)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.server.hangs_after = True
        else:
            self.server.hangs_before = True

    async def limit(self, after: int) -> None:
        self.server.limited_until = time.monotonic() + after / 1000

    async def sign_out(self) -> None:
        self.gateway.knows_us = False

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
