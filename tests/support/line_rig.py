"""LINE as the conformance kit wants it: the Messaging API, and a gateway that keeps what LINE calls."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_line import LineConnector

from omnitui.clock import Clock
from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from tests.support.http_fake import PlainClient, hangs
from tests.support.kept_calls import KeptCalls
from tests.support.line_server import BOT, TOKEN, LineServer
from tests.support.sdk import a_context

MEI = "U" + "7" * 32
GROUP = "C" + "1" * 32


def an_event(kind: str = "message", **fields: Any) -> dict[str, Any]:
    """One event of a webhook, as LINE sends it."""
    blank = {
        "type": kind,
        "mode": "active",
        "timestamp": 1_780_000_000_000,
        "source": {"type": "user", "userId": MEI},
        "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
        "deliveryContext": {"isRedelivery": False},
    }
    return blank | fields


def a_message(number: int = 7, **fields: Any) -> dict[str, Any]:
    """What an event of kind `message` carries."""
    return {"id": str(number), "type": "text", "quoteToken": f"quote-{number}", "text": "返金はまだですか"} | fields


def a_delivery(*events: Any) -> bytes:
    return json.dumps({"destination": BOT["userId"], "events": list(events)}, ensure_ascii=False).encode()


@dataclass
class LineRig:
    """A server that runs already, a gateway, and connectors to both."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: LineServer
    gateway: KeptCalls = field(default_factory=KeptCalls)
    http: PlainClient = field(default_factory=PlainClient)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self, *, clock: Clock | None = None, **settings: str) -> LineConnector:
        context = a_context(
            self.folder,
            settings={"api_url": self.server.url, "data_url": self.server.url, **settings},
            secrets={"token": TOKEN, "channel_secret": "s"},
            http=self.http,
            clock=clock,
            deliveries=self.gateway.deliveries,
        )
        return LineConnector(context)

    async def customer_writes(self, text: str) -> None:
        number = next(self.numbers)
        self.server.quote_tokens.add(f"quote-{number}")
        message = a_message(number, text=text, markAsReadToken=f"read-{number}")
        self.gateway.push(a_delivery(an_event(message=message, webhookEventId=f"event-{number}")))

    def customer_writes_now(self, text: str, *, ago: float = 0.0) -> str:
        """A customer wrote so many seconds ago; the reply token that LINE gave for it."""
        number, at = next(self.numbers), time.time() - ago
        token = f"reply-{number}"
        self.server.reply_tokens[token] = (MEI, at)
        self.server.quote_tokens.add(f"quote-{number}")
        message = a_message(number, text=text)
        event = an_event(message=message, timestamp=int(at * 1000), replyToken=token, webhookEventId=f"event-{number}")
        self.gateway.push(a_delivery(event))
        return token

    async def redeliver(self) -> None:
        said = json.loads(self.gateway.items[-1].body)
        for event in said["events"]:
            event["deliveryContext"] = {"isRedelivery": True}
        self.gateway.push(json.dumps(said).encode())

    async def unknown_event(self) -> None:
        self.gateway.push(a_delivery(an_event("tea", tea={"leaf": "sencha"})))

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, MEI, BOT["basicId"], "line", MEI, text=text)

    async def copies(self, op: Outbound) -> int:
        return sum(sent.message.get("text") == op.text for sent in self.server.sent)

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


async def first_batch(connector: LineConnector, cursor: object = None) -> Batch:
    """What `inbound` gives first; the connector is closed then."""
    try:
        async with asyncio.timeout(60):
            async for batch in connector.inbound(cursor):
                return batch
    finally:
        await connector.close()
    raise AssertionError("inbound ended by itself")
