"""XMPP as the conformance kit wants it: a real Prosody, with a line between that can be cut."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import ClassVar
from xml.etree.ElementTree import Element, SubElement

from omnitui_xmpp import XmppConnector
from omnitui_xmpp.client import Place, Session
from omnitui_xmpp.mapping import CLIENT, bare

from omnitui.clock import SystemClock
from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.prosody import Prosody
from tests.support.proxy import FaultyProxy
from tests.support.sdk import a_context


@dataclass
class XmppRig:
    """Two accounts of their own at a server that runs already: the desk's, behind the proxy, and Mei's."""

    lacks: ClassVar[Mapping[str, str]] = {
        "rate_limit": "Prosody slows a line that says too much, and refuses nothing for it"
    }

    folder: Path
    server: Prosody
    proxy: FaultyProxy
    name: str
    """Makes the accounts this test's own."""
    numbers: count[int] = field(default_factory=lambda: count(1))
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    said: list[tuple[str, str]] = field(default_factory=list)
    _mei: Session | None = None

    def connector(self, **changed: str) -> XmppConnector:
        address = self.server.account(f"desk{self.name}", changed.pop("password", self.password))
        settings = {
            "address": address,
            "host": "127.0.0.1",
            "port": str(self.proxy.port),
            "security": "none",
            **changed,
        }
        secrets = {"password": "secret"}
        return XmppConnector(a_context(self.folder, settings=settings, secrets=secrets, http=SharedClient()))

    password: str = "secret"

    @property
    def desk(self) -> str:
        return f"desk{self.name}@xmpp.test"

    async def mei(self) -> Session:
        """The customer's own client, directly at the server."""
        if self._mei is None or self._mei.end:
            self.server.account(f"desk{self.name}", self.password)
            place = Place(
                self.server.account(f"mei{self.name}"), "secret", "127.0.0.1", self.server.port, "none", "", True
            )
            self._mei = await Session.open(place, SystemClock().now)
            self.closing.push_async_callback(self._mei.close)
        return self._mei

    async def customer_writes(self, text: str) -> None:
        self.said.append((f"message-{next(self.numbers)}", text))
        await self.redeliver()

    async def redeliver(self) -> None:
        await (await self.mei()).send(self.desk, *self.said[-1])

    async def unknown_event(self) -> None:
        """An invitation into a room, which has no words for people."""
        body, room = Element(f"{CLIENT}body"), Element("{jabber:x:conference}x", jid="tea@rooms.xmpp.test")
        await (await self.mei()).send(self.desk, f"i{next(self.numbers)}", "", body, room)

    def outbound(self, text: str) -> Outbound:
        key = f"{self.name}-{next(self.numbers)}"
        mei = self.server.account(f"mei{self.name}")
        return Outbound(key, Verb.REPLY, key, mei, self.desk, "xmpp", mei, text=text)

    async def copies(self, op: Outbound) -> int:
        page = await (await self.mei()).archive(before="", most=100)
        # XML cannot carry all that a text may hold (XML 1.0 section 2.2).
        text = "".join(letter for letter in op.text if letter >= " ")
        bodies = [
            message.findtext(f"{CLIENT}body")
            for message, _at, _id in page.messages
            if bare(message.get("from", "")) == self.desk
        ]
        return bodies.count(text)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.proxy.cut_behind = b"<body>"
        else:
            self.proxy.cut_at = self.proxy.passed

    async def limit(self, after: int) -> None:
        raise AssertionError(self.lacks["rate_limit"])

    async def sign_out(self) -> None:
        self.password = "another"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))


def part(name: str, text: str = "", **attributes: str) -> Element:
    """An element to send along."""
    made = Element(name, attributes)
    made.text = text or None
    return made


def inside(outer: Element, name: str, text: str = "", **attributes: str) -> Element:
    """`outer` with an element in it."""
    SubElement(outer, name, attributes).text = text or None
    return outer
