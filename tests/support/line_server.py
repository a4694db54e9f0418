"""A server of LINE's Messaging API for tests: it keeps what was sent, and obeys LINE's rules of tokens, keys and quota.

Where ../shared lies beside the project, each request and answer is held against the specification.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.support.http_fake import Call, Hangs, HttpFake, Reply
from tests.support.spec_guard import SpecGuard

TOKEN = "line-test-token"
SECRET = "line-channel-secret"
BOT = {
    "userId": "Ub" + "0" * 31,
    "basicId": "@216hinode",
    "displayName": "日の出茶舗",
    "chatMode": "chat",
    "markAsReadMode": "manual",
}
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "line" / "messaging-api.yml"
TOKEN_LIFE = 60.0
KEY_LIFE = 24 * 3600.0
Answer = tuple[int, dict[str, Any] | bytes]


@cache
def _guard() -> SpecGuard | None:
    return SpecGuard(SPEC) if SPEC.exists() else None


@dataclass
class Sent:
    """One message that a customer got."""

    by: str
    """reply or push."""
    to: str
    message: dict[str, Any]


@dataclass
class LineServer(HttpFake):
    """Listens on a free port of the loopback interface while it is entered."""

    sent: list[Sent] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers to GET, by path."""
    files: dict[str, bytes] = field(default_factory=dict)
    transcoding: str = "succeeded"
    reply_tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    """To whom each leads, and when LINE gave it; a used one is gone."""
    quote_tokens: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    """What a request or an answer did against the specification."""
    token: str = TOKEN
    endpoint: dict[str, Any] | None = field(
        default_factory=lambda: {"endpoint": "https://hooks.example.com/hooks/line", "active": True}
    )
    reached: bool = True
    quota: int | None = 1_000
    content_status: int = 200
    pushed: int = 200
    next_sends: deque[Callable[[], Answer | None]] = field(default_factory=deque)
    """For the next sends: gives another answer, raises `Hangs`, or lets it through with None."""
    limited_until: float = 0.0
    hang_after: bool = False
    ahead: float = 0.0
    """Seconds by which its clock is before ours."""
    _accepted: dict[str, tuple[list[dict[str, str]], float]] = field(default_factory=dict)
    _number: int = 461_230_966_842_064_000
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> float:
        return time.time() + self.ahead

    def answer(self, method: str, path: str, said: dict[str, Any], headers: Message[str, str]) -> Answer:
        """The answer to a call; raises `Hangs`."""
        if headers.get("Authorization") != f"Bearer {self.token}":
            return _refused(
                401, "Authentication failed. Confirm that the access token in the authorization header is valid."
            )
        if time.monotonic() < self.limited_until:
            return _refused(429, "The API rate limit has been exceeded. Try again later.")
        self.calls.append((path, said))
        if path in ("message/reply", "message/push"):
            return self._send(path.rpartition("/")[2], said, headers)
        return self._post(path, said) if method == "POST" else self._get(path)

    def _get(self, path: str) -> Answer:
        if path == "info":
            return 200, BOT
        if path == "channel/webhook/endpoint":
            return (200, self.endpoint) if self.endpoint else _refused(404, "Not found")
        if path == "message/quota":
            return 200, {"type": "none"} if self.quota is None else {"type": "limited", "value": self.quota}
        if path == "message/quota/consumption":
            return 200, {"totalUsage": self.pushed}
        if path.endswith("/content/transcoding"):
            return 200, {"status": self.transcoding}
        if path.endswith("/content"):
            data = self.files.get(path.split("/")[1])
            return (self.content_status, data) if data is not None else _refused(404, "Not found")
        return (200, self.people[path]) if path in self.people else _refused(404, "Not found")

    def _post(self, path: str, said: dict[str, Any]) -> Answer:
        if path == "channel/webhook/test":
            status, reason = (200, "OK") if self.reached else (401, "ERROR_STATUS_CODE")
            return 200, {
                "success": self.reached,
                "timestamp": "2026-11-22T12:00:00.000Z",
                "statusCode": status,
                "reason": reason,
                "detail": str(status),
            }
        if path == "chat/loading/start":
            seconds = said.get("loadingSeconds", 20)
            return (202, {}) if seconds % 5 == 0 and 5 <= seconds <= 60 else _refused(400, "loadingSeconds is invalid")
        if path == "chat/markAsRead":
            known = said.get("markAsReadToken", "").startswith("read-")
            return (200, {}) if known else _refused(400, "Invalid markAsReadToken")
        return _refused(404, "Not found")

    def _send(self, by: str, said: dict[str, Any], headers: Message[str, str]) -> Answer:
        wrong = self.next_sends.popleft() if self.next_sends else None
        if wrong is not None and (answer := wrong()) is not None:
            return answer
        with self._lock:
            answer = self._reply(said, headers) if by == "reply" else self._push(said, headers)
        if answer[0] == 200 and self.hang_after:
            self.hang_after = False
            raise Hangs
        return answer

    def _reply(self, said: dict[str, Any], headers: Message[str, str]) -> Answer:
        if headers.get("X-Line-Retry-Key"):
            return _refused(400, "The retry key is not supported by this API")
        if wrong := self._wrong(said):
            return wrong
        to, given = self.reply_tokens.pop(said["replyToken"], ("", 0.0))
        if not to or self.now() - given >= TOKEN_LIFE:
            return _refused(400, "Invalid reply token")
        return 200, {"sentMessages": self._deliver("reply", to, said["messages"])}

    def _push(self, said: dict[str, Any], headers: Message[str, str]) -> Answer:
        key = headers.get("X-Line-Retry-Key", "")
        before, at = self._accepted.get(key, ([], 0.0))
        if before and self.now() - at < KEY_LIFE:
            return 409, {"message": "The retry key is already accepted", "sentMessages": before}
        if wrong := self._wrong(said):
            return wrong
        if not said["to"] or said["to"][0] not in "UCR":
            return _refused(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
        if self.quota is not None and self.pushed >= self.quota:
            return _refused(429, "You have reached your monthly limit.")
        self.pushed += 1
        sent = self._deliver("push", said["to"], said["messages"])
        if key:
            self._accepted[key] = sent, self.now()
        return 200, {"sentMessages": sent}

    def _wrong(self, said: dict[str, Any]) -> Answer | None:
        messages = said.get("messages", [])
        details = [
            {"message": "Length must be between 0 and 5000", "property": f"messages[{n}].text"}
            for n, message in enumerate(messages)
            if len(message.get("text", "").encode("utf-16-le")) > 2 * 5_000
        ] + [
            {"message": "May not be empty", "property": f"messages[{n}].text"}
            for n, message in enumerate(messages)
            if message["type"] == "text" and not message.get("text")
        ]
        if details or not 1 <= len(messages) <= 5:
            answer = {"message": f"The request body has {len(details)} error(s)", "details": details}
            return 400, answer if details else {"message": "Size must be between 1 and 5"}
        if any(message.get("quoteToken", "") not in {"", *self.quote_tokens} for message in messages):
            return _refused(400, "Invalid quoteToken")
        return None

    def _deliver(self, by: str, to: str, messages: list[dict[str, Any]]) -> list[dict[str, str]]:
        told = []
        for message in messages:
            self._number += 1
            self.sent.append(Sent(by, to, message))
            self.quote_tokens.add(f"quote-{self._number}")
            told.append({"id": str(self._number), "quoteToken": f"quote-{self._number}"})
        return told

    def hold(self, method: str, path: str, said: dict[str, Any] | None, status: int, answer: Any) -> None:
        """Hold a call against the specification, each message by its own kind."""
        guard = _guard()
        if guard is None or status in (401, 404):
            return
        body = answer if isinstance(answer, dict) else None
        self.broken += guard.faults(f"/v2/bot/{path}", said, status, body, method=method)
        for message in (said or {}).get("messages", []):
            self.broken += guard.schema_faults(f"{message['type'].capitalize()}Message", message)

    def serve(self, call: Call) -> Reply:
        path, said = unquote(call.path).removeprefix("/v2/bot/"), call.json()
        status, answer = self.answer(call.method, path, said or {}, call.headers)
        self.hold(call.method, path, said, status, answer)
        return Reply(status, answer)


def _refused(status: int, message: str) -> Answer:
    return status, {"message": message}


def refused(status: int, message: str) -> Callable[[], Answer]:
    """For `next_sends`."""
    return lambda: _refused(status, message)
