"""Slack as the conformance kit wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_slack import SlackConnector

from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.proxy import FaultyProxy
from tests.support.sdk import a_context
from tests.support.slack_server import APP_TOKEN, TOKEN, SlackServer


@dataclass
class SlackRig:
    """A workspace that runs already, the line to its Web API through a proxy."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: SlackServer
    proxy: FaultyProxy
    root: dict[str, Any] = field(default_factory=dict)
    passing: bool = False
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self, **more: Any) -> SlackConnector:
        settings = {"api_url": f"http://127.0.0.1:{self.proxy.port}/api", **more.pop("settings", {})}
        secrets = {"bot_token": TOKEN, "app_token": APP_TOKEN, **more.pop("secrets", {})}
        return SlackConnector(a_context(self.folder, settings=settings, secrets=secrets, http=SharedClient(), **more))

    async def customer_writes(self, text: str) -> None:
        self.root = self.server.say(text)

    async def redeliver(self) -> None:
        self.server.tell({**self.root, "channel": "C1"})

    async def unknown_event(self) -> None:
        """Told once it is listened to: Slack hands out again what nobody acknowledged."""
        self.server.messages["C1"].append({"type": "message", "subtype": "new_subtype", "ts": self.server.ts()})

    def outbound(self, text: str) -> Outbound:
        self.root = self.root or self.server.say("conformance: question")
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, f"C1:{self.root['ts']}", "Tea", "slack", "UMEI", text=text)

    async def copies(self, op: Outbound) -> int:
        if self.passing:
            # What went through before the line was cut is still worked off.
            async with asyncio.timeout(20):
                await self.server.posted.wait()
        wanted = op.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return sum(one.get("text") == wanted and one.get("user") == "UBOT" for one in self.server.messages["C1"])

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.proxy.cut_behind, self.passing = b"metadata", True
        else:
            self.proxy.cut_at = self.proxy.passed

    async def limit(self, after: int) -> None:
        self.server.limited_until = time.monotonic() + after / 1000

    async def sign_out(self) -> None:
        self.server.token = "another"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
