"""Matrix as the conformance kit wants it: any homeserver, with a line between that can be cut."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import httpx
from omnitui_matrix import MatrixConnector

from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.matrix_server import MatrixServer
from tests.support.proxy import FaultyProxy
from tests.support.sdk import a_context


@dataclass
class Someone:
    """A user who calls the homeserver directly."""

    url: str
    token: str
    user: str

    def call(self, method: str, path: str, said: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.request(method, f"{self.url}/_matrix/client/v3{path}", json=said, headers=headers, timeout=30)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def say(self, room: str, content: dict[str, Any], key: str, kind: str = "m.room.message") -> str:
        """Send an event; its id."""
        return str(self.call("PUT", f"/rooms/{quote(room)}/send/{kind}/{key}", content)["event_id"])


@dataclass
class MatrixRig:
    """A room with Mei and the desk in it; the desk's line goes through the proxy."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    proxy: FaultyProxy
    mei: Someone
    desk: Someone
    server: MatrixServer | None = None
    """What can be told to refuse; a real one cannot."""
    room: str = ""
    numbers: count[int] = field(default_factory=lambda: count(1))
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        made = {"preset": "trusted_private_chat", "is_direct": True, "invite": [self.desk.user]}
        self.room = str(self.mei.call("POST", "/createRoom", made)["room_id"])
        self.desk.call("POST", f"/rooms/{quote(self.room)}/join", {})

    def connector(self, **settings: str) -> MatrixConnector:
        where = {"homeserver": f"http://127.0.0.1:{self.proxy.port}", **settings}
        secrets = {"token": self.desk.token}
        return MatrixConnector(a_context(self.folder, settings=where, secrets=secrets, http=SharedClient()))

    async def customer_writes(self, text: str) -> None:
        self.said.append(text)
        self.mei.say(self.room, {"msgtype": "m.text", "body": text}, f"c{next(self.numbers)}")

    async def redeliver(self) -> None:
        """The homeserver hands out each event once; the same transaction again is the same event."""
        self.mei.say(self.room, {"msgtype": "m.text", "body": self.said[-1]}, f"c{len(self.said)}")

    async def unknown_event(self) -> None:
        self.mei.say(self.room, {"call_id": "1"}, f"u{next(self.numbers)}", kind="m.call.invite")

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, self.room, self.desk.user, "matrix", self.mei.user, text=text)

    async def copies(self, op: Outbound) -> int:
        chunk = self.mei.call("GET", f"/rooms/{quote(self.room)}/messages?dir=b&limit=50")["chunk"]
        return sum(event["content"].get("body") == op.text for event in chunk if event["sender"] == self.desk.user)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.proxy.cut_behind = b'"m.text"'
        else:
            self.proxy.cut_at = self.proxy.passed

    async def limit(self, after: int) -> None:
        assert self.server is not None
        self.server.limited = self.desk.user
        self.server.limited_until = time.monotonic() + after / 1000

    async def sign_out(self) -> None:
        self.desk.call("POST", "/logout")

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
