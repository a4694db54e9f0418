"""A channel that is a program, as the conformance kit wants it: the program is real, its world a folder."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_command import CommandConnector

from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from tests.support import shop
from tests.support.sdk import a_context


@dataclass
class CommandRig:
    """The shop of tests/support/shop.py and connectors to it."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    numbers: count[int] = field(default_factory=lambda: count(1))
    newest: str = ""

    def connector(self) -> CommandConnector:
        state = self.folder / "state"
        state.mkdir(exist_ok=True)
        command = shlex.join([sys.executable, shop.__file__, str(self.folder)])
        return CommandConnector(a_context(state, settings={"command": command}))

    def say(self, **line: Any) -> None:
        """Let the shop hand this out."""
        with (self.folder / shop.SAID).open("a", encoding="utf-8") as said:
            said.write(json.dumps(line, ensure_ascii=False) + "\n")

    async def customer_writes(self, text: str) -> None:
        self.newest = f"c{next(self.numbers)}"
        at = 1_780_000_000_000 + 1_000 * len(shop.said(self.folder))
        contact = {"address": "mei", "name": "佐藤 芽衣"}
        self.say(type="message", id=self.newest, contact=contact, text=text, at=at)

    async def redeliver(self) -> None:
        last = next(line for line in reversed(shop.said(self.folder)) if self.newest in line)
        self.say(**json.loads(last))

    async def unknown_event(self) -> None:
        self.say(type="dance", with_whom="mei")

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, "mei", "counter", "shop", "mei", text=text)

    def sent(self) -> list[dict[str, Any]]:
        file = self.folder / shop.SENT
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []

    async def copies(self, op: Outbound) -> int:
        return sum(sent["key"] == op.idempotency_key and sent["text"] == op.text for sent in self.sent())

    async def cut(self, *, after_send: bool) -> None:
        (self.folder / shop.TROUBLE).write_text("cut-after-send" if after_send else "cut-before-send")

    async def limit(self, after: int) -> None:
        (self.folder / shop.TROUBLE).write_text(f"limit {after}")

    async def sign_out(self) -> None:
        (self.folder / shop.TROUBLE).write_text("signed-out")

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
