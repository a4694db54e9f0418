"""A server of the API of WeChat's official accounts for tests, after its pages: it publishes no specification.

It keeps what was sent, and obeys the rules of tokens and of the window.
"""

from __future__ import annotations

import base64
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from omnitui_wechat.envelope import key_of, signature

from omnitui.sdk import WebhookRequest
from tests.support.http_fake import Call, Hangs, HttpFake, Reply

APP_ID = "wx5823bf96d3bd56c7"
APP_SECRET = "wechat-app-secret"
TOKEN = "wechat-token"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
Answer = dict[str, Any] | bytes
WINDOW = 48 * 3600.0
MOST = 5


@dataclass
class WeChatServer(HttpFake):
    """Listens on a free port of the loopback interface while it is entered."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    typed: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, Answer] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    app_secret: str = APP_SECRET
    wrote_at: dict[str, float] = field(default_factory=dict)
    """When each customer last wrote."""
    next_sends: deque[Callable[[], Answer | None]] = field(default_factory=deque)
    """For the next sends: gives another answer, raises `Hangs`, or lets it through with None."""
    limited_until: float = 0.0
    hang_after: bool = False
    status: int = 200
    """Of the answers to sends."""
    kind: str = "application/json"
    """What it calls its JSON."""
    tokens: int = 0
    """How many access tokens were given; only the last one counts."""
    _since: dict[str, int] = field(default_factory=dict)

    def writes(self, who: str, ago: float = 0.0) -> None:
        """Let a customer have written."""
        self.wrote_at[who], self._since[who] = time.time() - ago, 0

    def answer(self, path: str, asked: dict[str, str], said: dict[str, Any]) -> Answer:
        """The answer to a call; raises `Hangs`."""
        if path == "stable_token":
            return self._give_token(said)
        if asked.get("access_token") != f"access-{self.tokens}" or self.app_secret != APP_SECRET:
            return refusal(40001, "invalid credential, access_token is invalid or not latest")
        if time.monotonic() < self.limited_until:
            return refusal(45009, "reach max api daily quota limit")
        match path:
            case "message/custom/send":
                return self._send(said)
            case "message/custom/typing":
                self.typed.append(said)
                return refusal(0, "ok")
            case "user/info":
                return self.people.get(asked["openid"]) or refusal(40003, "invalid openid")
            case "media/upload":
                self.uploads.append({"type": asked["type"], **said})
                return {"type": asked["type"], "media_id": "media-1", "created_at": 1_780_000_000}
            case "media/get":
                return self.files.get(asked["media_id"]) or refusal(40007, "invalid media_id")
        return refusal(40066, "invalid url")

    def _give_token(self, said: dict[str, Any]) -> Answer:
        if said.get("appid") != APP_ID:
            return refusal(40013, "invalid appid")
        if said.get("secret") != self.app_secret:
            return refusal(40125, "invalid appsecret")
        self.tokens = max(1, self.tokens)
        return {"access_token": f"access-{self.tokens}", "expires_in": 7_200}

    def _send(self, said: dict[str, Any]) -> Answer:
        wrong = self.next_sends.popleft() if self.next_sends else None
        if wrong is not None and (answer := wrong()) is not None:
            return answer
        who = said["touser"]
        if len(said.get("text", {}).get("content", "").encode()) > 2_048:
            return refusal(45002, "content size out of limit")
        if time.time() - self.wrote_at.get(who, 0.0) > WINDOW:
            return refusal(45015, "response out of time limit or subscription is canceled")
        self._since[who] = self._since.get(who, 0) + 1
        if self._since[who] > MOST:
            return refusal(45047, "out of response count limit")
        self.sent.append(said)
        if self.hang_after:
            self.hang_after = False
            raise Hangs
        return refusal(0, "ok")

    def serve(self, call: Call) -> Reply:
        if call.headers.get("Content-Type") == "application/json":
            # Customers see an escape as it is; controls have no other form.
            assert not re.search(rb"\\u(?!00[01])", call.body)
        path = call.path.removeprefix("/cgi-bin/")
        answer = self.answer(path, call.query, call.json() or {})
        status = self.status if path == "message/custom/send" else 200
        return Reply(status, answer, {"Content-Type": self.kind} if isinstance(answer, dict) else {})


def refusal(code: int, words: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": words}


def refused(code: int, words: str) -> Callable[[], Answer]:
    """For `next_sends`."""
    return lambda: refusal(code, words)


def sealed(xml: bytes, *, aes_key: str = AES_KEY, app_id: str = APP_ID) -> bytes:
    """A message as WeChat calls it: enciphered."""
    plain = b"0123456789abcdef" + len(xml).to_bytes(4, "big") + xml + app_id.encode()
    fill = 32 - len(plain) % 32
    key = key_of(aes_key)
    encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
    data = base64.b64encode(encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()).decode()
    return f"<xml><ToUserName><![CDATA[gh_tea]]></ToUserName><Encrypt><![CDATA[{data}]]></Encrypt></xml>".encode()


def a_call(body: bytes, *, at: int = 1_780_000_000, token: str = TOKEN, enciphered: str = "") -> WebhookRequest:
    """A call of WeChat, signed for what is enciphered in it."""
    told = {"timestamp": str(at), "nonce": "1372623149", "encrypt_type": "aes"}
    told["msg_signature"] = signature(token, told["timestamp"], told["nonce"], enciphered)
    return WebhookRequest("POST", "https://hooks.example.com/hooks/wechat", tuple(told.items()), {}, body)
