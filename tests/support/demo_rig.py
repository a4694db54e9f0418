"""The embedded world as the conformance kit wants it: with a clock to turn and troubles to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import ClassVar

from omnitui_demo import DemoConnector
from omnitui_demo.client import World
from omnitui_demo.world import Sent

from omnitui.clock import FrozenClock
from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from tests.support.sdk import a_context


@dataclass
class DemoRig:
    """A world in a folder, with a clock that the rig turns."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    clock: FrozenClock = field(default_factory=FrozenClock)
    numbers: count[int] = field(default_factory=lambda: count(1))
    newest: str = ""
    connectors: list[DemoConnector] = field(default_factory=list)

    def connector(self) -> DemoConnector:
        made = DemoConnector(a_context(self.folder, clock=self.clock))
        self.connectors.append(made)
        return made

    def _stir(self, verb: str, key: str, text: str) -> None:
        self.clock.advance(1_000)
        act = Sent(self.clock.now(), key, verb, "k-1", "line", "U-misaki", text)
        for world in [World(self.folder, 1, self.clock.now()), *(made._world for made in self.connectors)]:
            world.send(act)

    async def customer_writes(self, text: str) -> None:
        self.newest = f"k{next(self.numbers)}"
        self._stir("says", self.newest, text)

    async def redeliver(self) -> None:
        self._stir("repeats", f"{self.newest}~", "conformance: twice")

    async def unknown_event(self) -> None:
        self._stir("polls", "poll-1", "緑茶と紅茶、どちらが好きですか")

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, "s000", "@hinode-tea", "line", "U-misaki", text=text)

    async def copies(self, op: Outbound) -> int:
        world = World(self.folder, 1, self.clock.now())
        return sum(act.key == op.idempotency_key and act.text == op.text for act in world._sent)

    async def cut(self, *, after_send: bool) -> None:
        (self.folder / "trouble").write_text("cut-after-send" if after_send else "cut-before-send")

    async def limit(self, after: int) -> None:
        (self.folder / "trouble").write_text(f"limit {after}")

    async def sign_out(self) -> None:
        (self.folder / "trouble").write_text("signed-out")

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
