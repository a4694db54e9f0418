"""A server of X's API v2 for tests: it keeps what was sent, hands out events by pages, and counts as X does.

Each request has to be signed. Where ../shared lies beside the project, each request and answer is held against the
specification.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from omnitui_x.oauth import Keys, signature

from tests.support.http_fake import Call, Hangs, HttpFake, Reply
from tests.support.spec_guard import SpecGuard

KEYS = Keys("app-key", "app-secret", "700-token", "token-secret")
ME = {"id": "700", "name": "日の出茶舗", "username": "hinode_tea"}
MEI = {
    "id": "71",
    "name": "佐藤 芽衣",
    "username": "mei",
    "profile_image_url": "https://pbs.twimg.com/profile_images/71/m.jpg",
}
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "x" / "openapi.json"
Answer = tuple[int, dict[str, Any] | bytes]


@cache
def _guard() -> SpecGuard | None:
    return SpecGuard(SPEC) if SPEC.exists() else None


@dataclass
class XServer(HttpFake):
    """Listens on a free port of the loopback interface while it is entered."""

    events: list[dict[str, Any]] = field(default_factory=list)
    media: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    reads: int = 0
    broken: list[str] = field(default_factory=list)
    """What a request or an answer did against the specification, or its signature."""
    keys: Keys = KEYS
    most: int = 15
    """Calls of one kind in fifteen minutes."""
    page: int = 100
    next_sends: deque[Callable[[], Answer | None]] = field(default_factory=deque)
    """For the next sends: gives another answer, raises `Hangs`, or lets it through with None."""
    limited_until: float = 0.0
    hang_after: bool = False
    _left: dict[str, int] = field(default_factory=dict)
    _number: int = 1_900_000_000_000_000_000
    _begun: float = field(default_factory=time.time)

    def push(self, **fields: Any) -> dict[str, Any]:
        """Let this happen."""
        self._number += 1
        event = {"id": str(self._number), "created_at": "2026-05-28T20:26:40.000Z"} | fields
        self.events.append(event)
        return event

    def answer(self, method: str, path: str, query: dict[str, str], said: dict[str, Any]) -> Answer:
        """The answer to a call; raises `Hangs`."""
        if path.startswith("1.1/ton/data/dm/"):
            data = self.files.get(path)
            return (200, data) if data is not None else _problem(404, "Not Found", "There is no such file.")
        if time.time() < self.limited_until:
            return _problem(429, "Too Many Requests", "Too Many Requests")
        match method, path:
            case "GET", "users/me":
                return 200, {"data": ME}
            case "GET", "dm_events":
                return self._spent("reads") or self._page(query)
            case "POST", "media/upload":
                self.uploads.append(said)
                return 200, {"data": {"id": "1880028106020515840", "media_key": "3_1880028106020515840", "size": 3}}
        if method == "POST" and (found := re.fullmatch(r"dm_conversations/(with/)?([\d-]+)/messages", path)):
            return self._spent("sends") or self._send(found[2], said)
        return _problem(404, "Not Found", "There is no such call.")

    def _spent(self, what: str) -> Answer | None:
        left = self._left[what] = self._left.get(what, self.most) - 1
        return _problem(429, "Too Many Requests", "Too Many Requests") if left < 0 else None

    def _page(self, query: dict[str, str]) -> Answer:
        self.reads += 1
        newest_first = sorted(self.events, key=lambda event: int(event["id"]), reverse=True)
        if before := query.get("pagination_token"):
            if not before.startswith("page-"):
                return _problem(400, "Invalid Request", "The `pagination_token` query parameter value is not valid")
            newest_first = [event for event in newest_first if int(event["id"]) < int(before.removeprefix("page-"))]
        shown = newest_first[: min(self.page, int(query["max_results"]))]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if len(shown) < len(newest_first):
            meta["next_token"] = f"page-{shown[-1]['id']}"
        if not shown:
            return 200, {"meta": meta}
        return 200, {"data": shown, "meta": meta, "includes": {"users": [ME, MEI], "media": self.media}}

    def _send(self, to: str, said: dict[str, Any]) -> Answer:
        wrong = self.next_sends.popleft() if self.next_sends else None
        if wrong is not None and (answer := wrong()) is not None:
            return answer
        self.sent.append((to, said))
        conversation = to if "-" in to else f"{to}-{ME['id']}"
        sent = self.push(
            event_type="MessageCreate", sender_id=ME["id"], dm_conversation_id=conversation, text=said.get("text", "")
        )
        if self.hang_after:
            self.hang_after = False
            raise Hangs
        return 201, {"data": {"dm_conversation_id": conversation, "dm_event_id": sent["id"]}}

    def hold(self, method: str, path: str, said: dict[str, Any] | None, query: dict[str, str], answer: Answer) -> None:
        """Hold a call against the specification."""
        guard, (status, told) = _guard(), answer
        if guard is not None and status not in (401, 404, 429) and isinstance(told, dict):
            answered = told if status < 400 else None
            self.broken += guard.faults(f"/2/{path}", said, status, answered, method=method, query=query)
            self.broken += guard.schema_faults("InvalidRequestProblem", told) if status >= 400 else []

    def signed(self, method: str, url: str, query: dict[str, str], header: str) -> bool:
        """Whether a call bears the signature of our keys, made now."""
        told = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
        given = told.pop("oauth_signature", "")
        fresh = abs(time.time() - int(told.get("oauth_timestamp", 0))) < 300
        return fresh and given == signature(self.keys, method, url, {**query, **told})

    def counts(self, path: str) -> dict[str, str]:
        """The headers that say how often X may still be asked."""
        what = "reads" if path == "dm_events" else "sends"
        limited = time.time() < self.limited_until
        left = 0 if limited else max(0, self._left.get(what, self.most))
        reset = int(self.limited_until) + 1 if limited else int(self._begun) + 900
        return {
            "x-rate-limit-limit": str(self.most),
            "x-rate-limit-remaining": str(left),
            "x-rate-limit-reset": str(reset),
        }

    def serve(self, call: Call) -> Reply:
        path, said = call.path.removeprefix("/2/").removeprefix("/"), call.json()
        answer = _problem(401, "Unauthorized", "Unauthorized")
        if self.signed(call.method, self.url + call.path, call.query, call.headers.get("Authorization", "")):
            answer = self.answer(call.method, path, call.query, said or {})
        # Of a form its values are held, and of a file that there is one.
        held = {
            name: value[1].decode("latin-1") if isinstance(value, tuple) else value
            for name, value in (said or {}).items()
        }
        self.hold(call.method, path, held if said else None, call.query, answer)
        return Reply(*answer, headers=self.counts(path))


def _problem(status: int, title: str, detail: str) -> Answer:
    told = {"title": title, "detail": detail, "type": "https://api.x.com/2/problems/invalid-request", "status": status}
    return status, told


def refused(status: int, detail: str) -> Callable[[], Answer]:
    """For `next_sends`."""
    return lambda: _problem(status, "Refused", detail)
