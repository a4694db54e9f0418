"""Mastodon as the conformance kit wants it: a stateful server of its API, with a line between that can be cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import httpx
from mastodon_mock.testing import MockServer
from omnitui_mastodon import MastodonConnector
from omnitui_mastodon.mapping import plain

from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.proxy import FaultyProxy
from tests.support.sdk import a_context


@dataclass
class MastodonRig:
    """Alice is the customer, Bob the desk."""

    lacks: ClassVar[Mapping[str, str]] = {
        "unknown_event": "only mentions are asked for; tests/connectors/mastodon/test_mapping.py has odd ones"
    }

    folder: Path
    server: MockServer
    proxy: FaultyProxy
    numbers: count[int] = field(default_factory=lambda: count(1))
    first: str = ""
    """The id of the first post, which every reply answers."""
    token: str = "bob_token"

    def connector(self, **settings: str) -> MastodonConnector:
        where = {"instance": f"http://127.0.0.1:{self.proxy.port}", **settings}
        return MastodonConnector(
            a_context(self.folder, settings=where, secrets={"token": self.token}, http=SharedClient())
        )

    def call(self, method: str, path: str, said: Any = None, *, who: str = "alice") -> Any:
        """What somebody's own program does."""
        answer = httpx.request(
            method, f"{self.server.base_url}{path}", json=said, headers={"Authorization": f"Bearer {who}_token"}
        )
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, text: str, **more: Any) -> dict[str, Any]:
        """Alice writes to the desk."""
        said = {"status": f"@bob {text}", "visibility": "direct", **more}
        status: dict[str, Any] = self.call("POST", "/api/v1/statuses", said)
        self.first = self.first or str(status["id"])
        return status

    async def customer_writes(self, text: str) -> None:
        self.post(text)

    async def redeliver(self) -> None:
        """The newest notification is handed out again to whoever asks for all."""

    async def unknown_event(self) -> None:
        raise AssertionError(self.lacks["unknown_event"])

    def outbound(self, text: str) -> Outbound:
        if not self.first:
            self.post("conformance: question")
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, self.first, "@bob", "mastodon", "alice", text=text)

    async def copies(self, op: Outbound) -> int:
        below = self.call("GET", f"/api/v1/statuses/{self.first}/context")["descendants"]
        return sum(plain(status["content"]) == plain(f"@alice {op.text}") for status in below)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.proxy.cut_behind = b'"in_reply_to_id"'
        else:
            self.proxy.cut_at = self.proxy.passed

    async def limit(self, after: int) -> None:
        rule = {"match": {"methods": ["POST"]}, "effect": {"type": "ratelimit"}, "count": 1}
        self.call("POST", "/api/v1/_mock/faults", rule)

    async def sign_out(self) -> None:
        self.token = "nobodys"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
