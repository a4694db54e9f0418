"""WeChat as the conformance kit wants it: the API, and a gateway that keeps what WeChat calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import ClassVar

from omnitui_wechat import WeChatConnector

from omnitui.sdk import Batch, MessageReceived, Outbound, Sink, Verb
from tests.support.http_fake import PlainClient, hangs
from tests.support.kept_calls import KeptCalls
from tests.support.sdk import a_context
from tests.support.wechat_server import AES_KEY, APP_ID, APP_SECRET, TOKEN, WeChatServer, sealed

MEI = "oDF3iY9WMaswOPWjCIp_f3Bnpljk"


def an_xml(**told: str) -> bytes:
    """A message of WeChat in clear."""
    blank = {"ToUserName": "gh_tea", "FromUserName": MEI, "CreateTime": "1780000000", "MsgType": "text"}
    inner = "".join(f"<{tag}><![CDATA[{value}]]></{tag}>" for tag, value in (blank | told).items())
    return f"<xml>{inner}</xml>".encode()


@dataclass
class WeChatRig:
    """A server that runs already, a gateway, and connectors to both."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: WeChatServer
    gateway: KeptCalls = field(default_factory=KeptCalls)
    http: PlainClient = field(default_factory=PlainClient)
    numbers: count[int] = field(default_factory=lambda: count(1))
    fetched: list[str] = field(default_factory=list)
    """Addresses of which a file was fetched that does not lie at WeChat's API."""

    async def _fetch(self, url: str, sink: Sink, _limit: int) -> str:
        self.fetched.append(url)
        sink.write(b"what lies elsewhere")
        return "video/mp4"

    def connector(self, *, token: str = TOKEN, aes_key: str = AES_KEY, **settings: str) -> WeChatConnector:
        self.server.writes(MEI)
        context = a_context(
            self.folder,
            settings={"app_id": APP_ID, "api_url": self.server.url, **settings},
            secrets={"app_secret": APP_SECRET, "token": token, "aes_key": aes_key},
            http=self.http,
            deliveries=self.gateway.deliveries,
        )
        return WeChatConnector(replace(context, fetch=self._fetch))

    def happens(self, **told: str) -> None:
        self.gateway.push(sealed(an_xml(**told)))

    async def customer_writes(self, text: str) -> None:
        self.happens(Content=text, MsgId=str(23_000 + next(self.numbers)))

    async def redeliver(self) -> None:
        self.gateway.push(self.gateway.items[-1].body)

    async def unknown_event(self) -> None:
        self.happens(MsgType="event", Event="tea_poured")

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, MEI, "gh_tea", "wechat", MEI, text=text)

    async def copies(self, op: Outbound) -> int:
        return sum(said.get("text", {}).get("content") == op.text for said in self.server.sent)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.server.hang_after = True
        else:
            self.server.next_sends.append(hangs)

    async def limit(self, after: int) -> None:
        self.server.limited_until = time.monotonic() + after / 1000

    async def sign_out(self) -> None:
        self.server.app_secret = "another"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))


async def first_batch(connector: WeChatConnector, cursor: object = None) -> Batch:
    """What `inbound` gives first; the connector is closed then."""
    try:
        async with asyncio.timeout(60):
            async for batch in connector.inbound(cursor):
                return batch
    finally:
        await connector.close()
    raise AssertionError("inbound ended by itself")
