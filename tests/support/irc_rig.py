"""IRC as the conformance kit wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import ClassVar

from omnitui_irc import IrcConnector

from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from tests.support.irc_server import IrcServer
from tests.support.sdk import a_context


@dataclass
class IrcRig:
    """A server that runs already, and connectors to it."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: IrcServer
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self, **changed: str) -> IrcConnector:
        settings = {"host": "127.0.0.1", "port": str(self.server.port), "security": "none", "nick": "desk", **changed}
        return IrcConnector(a_context(self.folder, settings=settings))

    async def customer_writes(self, text: str) -> None:
        self.server.say(text)

    async def redeliver(self) -> None:
        self.server.kept.append(self.server.kept[-1])
        self.server.repeat()

    async def unknown_event(self) -> None:
        self.server.news = ":Mei!u@h WAVE desk :o/"

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, "mei", "desk@127.0.0.1", "irc", "mei", text=text)

    async def copies(self, op: Outbound) -> int:
        return self.server.heard.count(("mei", op.text))

    async def cut(self, *, after_send: bool) -> None:
        self.server.cut = "after" if after_send else "before"

    async def limit(self, after: int) -> None:
        self.server.throttled = True
        self.server.drop_all()

    async def sign_out(self) -> None:
        self.server.password = "another"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
