"""Discord as the conformance kit wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_discord import DiscordConnector

from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.discord_server import BOT, TOKEN, DiscordServer
from tests.support.proxy import FaultyProxy
from tests.support.sdk import a_context


@dataclass
class DiscordRig:
    """A server that runs already, the line to its REST API through a proxy; channel 8 is followed."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: DiscordServer
    proxy: FaultyProxy
    passing: bool = False
    numbers: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.server.channels["8"] = []

    def connector(self, **settings: str) -> DiscordConnector:
        where = {"api_url": f"http://127.0.0.1:{self.proxy.port}", "follow": "8", **settings}
        return DiscordConnector(a_context(self.folder, settings=where, secrets={"token": TOKEN}, http=SharedClient()))

    async def customer_writes(self, text: str) -> None:
        self.server.say(text, channel="8")

    async def redeliver(self) -> None:
        self.server.tell("MESSAGE_CREATE", {**self.server.channels["8"][-1], "guild_id": "9"})

    async def unknown_event(self) -> None:
        self.server.say("", channel="8", type=99)

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, "8", BOT, "discord", "8", text=text)

    async def copies(self, op: Outbound) -> int:
        if self.passing:
            # What went through before the line was cut is still worked off.
            async with asyncio.timeout(20):
                await self.server.posted.wait()
        said: list[dict[str, Any]] = self.server.channels["8"]
        return sum(one["content"] == op.text and one["author"]["id"] == BOT for one in said)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.proxy.cut_behind, self.passing = b"enforce_nonce", True
        else:
            self.proxy.cut_at = self.proxy.passed

    async def limit(self, after: int) -> None:
        self.server.limited_until = time.monotonic() + after / 1000

    async def sign_out(self) -> None:
        self.server.token = "another"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
