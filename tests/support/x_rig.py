"""X as the conformance kit wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_x import XConnector
from omnitui_x.oauth import Keys

from omnitui.clock import Clock
from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from tests.support.http_fake import PlainClient, hangs
from tests.support.kept_calls import KeptCalls
from tests.support.sdk import a_context
from tests.support.x_server import KEYS, ME, MEI, XServer

PAIR = f"{MEI['id']}-{ME['id']}"


@dataclass
class XRig:
    """A server that runs already, a gateway, and connectors to both."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: XServer
    gateway: KeptCalls = field(default_factory=KeptCalls)
    http: PlainClient = field(default_factory=PlainClient)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self, *, clock: Clock | None = None, **settings: str) -> XConnector:
        told = {"api_url": self.server.url, "media_url": self.server.url, "every": "0", **settings}
        secrets = {
            "consumer_key": KEYS.consumer_key,
            "consumer_secret": KEYS.consumer_secret,
            "access_token": KEYS.token,
            "access_secret": KEYS.token_secret,
        }
        return XConnector(
            a_context(
                self.folder,
                settings=told,
                secrets=secrets,
                clock=clock,
                http=self.http,
                deliveries=self.gateway.deliveries,
            )
        )

    def happens(self, **fields: Any) -> dict[str, Any]:
        blank = {"event_type": "MessageCreate", "sender_id": MEI["id"], "dm_conversation_id": PAIR}
        return self.server.push(**(blank | fields))

    async def customer_writes(self, text: str) -> None:
        self.happens(text=text)

    async def redeliver(self) -> None:
        """The same event comes again only from the beginning: what is known is not asked for."""
        self.server.events.append(dict(self.server.events[-1]))

    async def unknown_event(self) -> None:
        self.happens(event_type="TeaPoured", text="sencha")

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, PAIR, "@hinode_tea", "x", MEI["id"], text=text)

    async def copies(self, op: Outbound) -> int:
        return sum(said.get("text") == op.text for _to, said in self.server.sent)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.server.hang_after = True
        else:
            self.server.next_sends.append(hangs)

    async def limit(self, after: int) -> None:
        self.server.limited_until = time.time() + after / 1000

    async def sign_out(self) -> None:
        self.server.keys = Keys("app-key", "app-secret", "700-token", "another")

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))


async def batches_until(connector: XConnector, cursor: object = None, *, times: int = 1) -> list[Batch]:
    """What `inbound` gives until it has caught up so many times; the connector is closed then."""
    found: list[Batch] = []
    try:
        async with asyncio.timeout(60):
            async for batch in connector.inbound(cursor):
                found.append(batch)
                if sum(one.caught_up for one in found) == times:
                    return found
    finally:
        await connector.close()
    raise AssertionError("inbound ended by itself")
