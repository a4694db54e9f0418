"""A server of the Bot API for tests: it keeps what was sent, and hands out updates as Telegram does.

Where ../shared lies beside the project, each request and answer is held against the specification.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.spec_guard import SpecGuard

TOKEN = "12345:test-token"
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "telegram" / "telegram-openapi.json"
_SERIALISED = ("message_thread_id", "reply_parameters", "media")
"""What stands as JSON in a form."""
BOT = {
    "id": 12345,
    "is_bot": True,
    "first_name": "Tea",
    "username": "hinode_tea_bot",
    "can_read_all_group_messages": False,
}
Answer = tuple[int, dict[str, Any]]


class Hangs(Exception):
    """The line breaks now."""


@dataclass
class TelegramServer:
    """Listens on a free port of the loopback interface while it is entered."""

    updates: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """What a request or an answer did against the specification."""
    webhook: str = ""
    hook_secret: str = ""
    trouble: str = ""
    """What Telegram met when it called the webhook last."""
    typed: list[int] = field(default_factory=list)
    token: str = TOKEN
    next_sends: deque[Callable[[], Answer | None]] = field(default_factory=deque)
    """For the next sends: gives another answer, raises `Hangs`, or lets it through with None."""
    limited_until: float = 0.0
    hang_after: bool = False
    _message_id: int = 100
    _news: threading.Condition = field(default_factory=threading.Condition)
    _server: ThreadingHTTPServer | None = None
    _guard: SpecGuard | None = field(default_factory=lambda: SpecGuard(SPEC) if SPEC.exists() else None)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def push(self, **update: Any) -> None:
        """Let this happen."""
        with self._news:
            self.updates.append({"update_id": 5_000 + len(self.updates), **update})
            self._news.notify_all()

    def call(self, method: str, said: dict[str, Any]) -> Answer:
        """The answer to a method; raises `Hangs`."""
        if time.monotonic() < self.limited_until:
            left = max(1, round(self.limited_until - time.monotonic()))
            return _refused(429, f"Too Many Requests: retry after {left}", retry_after=left)
        if method.startswith(("send", "edit", "delete")) and method != "sendChatAction":
            return self._send(method, said)
        if method == "getUpdates" and self.webhook:
            return _refused(409, "Conflict: can't use getUpdates method while webhook is active")
        return 200, {"ok": True, "result": self._told(method, said)}

    def _told(self, method: str, said: dict[str, Any]) -> Any:
        match method:
            case "getMe":
                return BOT
            case "getWebhookInfo":
                info = {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": 0}
                return info | ({"last_error_message": self.trouble, "pending_update_count": 3} if self.trouble else {})
            case "setWebhook":
                self.webhook, self.hook_secret = said["url"], said["secret_token"]
                return True
            case "sendChatAction":
                self.typed.append(said["chat_id"])
                return True
            case "getFile":
                return {"file_id": said["file_id"], "file_unique_id": "u", "file_path": f"docs/{said['file_id']}"}
        return self._waited(said)

    def _waited(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        def waiting() -> list[dict[str, Any]]:
            return [update for update in self.updates if update["update_id"] >= said["offset"]]

        with self._news:
            self._news.wait_for(waiting, min(said["timeout"], 20))
            return waiting()[: said["limit"]]

    def _send(self, method: str, said: dict[str, Any]) -> Answer:
        wrong = self.next_sends.popleft() if self.next_sends else None
        if wrong is not None and (answer := wrong()) is not None:
            return answer
        self.sent.append((method, said))
        if self.hang_after:
            self.hang_after = False
            raise Hangs
        if method.startswith("delete"):
            return 200, {"ok": True, "result": True}
        many = said["media"] if method == "sendMediaGroup" else [None]
        messages = [self._message(said) for _ in many]
        return 200, {"ok": True, "result": messages if method == "sendMediaGroup" else messages[0]}

    def _message(self, said: dict[str, Any]) -> dict[str, Any]:
        self._message_id += 1
        chat = {"id": int(said["chat_id"]), "type": "private", "first_name": "Mei"}
        return {"message_id": self._message_id, "date": 1_780_000_000, "chat": chat, "text": str(said.get("text", ""))}

    def __enter__(self) -> TelegramServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                said = _fields(self.headers["Content-Type"], body)
                token, _slash, method = self.path.removeprefix("/bot").partition("/")
                try:
                    if token != outer.token:
                        status, answer = _refused(401, "Unauthorized")
                    else:
                        status, answer = outer.call(method, said)
                except Hangs:
                    self.close_connection = True
                    return
                if outer._guard is not None and token == outer.token:
                    outer.broken += outer._guard.faults("/bot{token}/" + method, said, status, answer)
                self._answer(status, json.dumps(answer).encode())

            def do_GET(self) -> None:
                data = outer.files.get(self.path.rpartition("/")[2])
                self._answer(200 if data is not None else 404, data or b"")

            def _answer(self, status: int, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - the base's name
                """Tests print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()


def _refused(code: int, description: str, **parameters: int) -> Answer:
    return code, {"ok": False, "error_code": code, "description": description, "parameters": parameters}


def refused(code: int, description: str, **parameters: int) -> Callable[[], Answer]:
    """For `next_sends`."""
    return lambda: _refused(code, description, **parameters)


def hangs() -> Answer | None:
    """For `next_sends`: the line breaks, and nothing was done."""
    raise Hangs


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    """What was said, be it JSON or a form; of files their names."""
    if content_type.startswith("application/json"):
        said: dict[str, Any] = json.loads(body or b"{}")
        return said
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields: dict[str, Any] = {}
    for part in form.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        payload = part.get_payload(decode=True)
        text = payload.decode() if isinstance(payload, bytes) and not part.get_filename() else str(part.get_filename())
        fields[name] = json.loads(text) if name in _SERIALISED else text
    # What an album refers to by attach://file0 has no name of its own in the specification.
    return {name: value for name, value in fields.items() if not name.startswith("file")}
