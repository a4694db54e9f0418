"""What takes the replies of a webhook account, for tests: it holds each against Standard Webhooks by its own reading.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()


@dataclass
class WebhookServer:
    """Listens on a free port of the loopback interface while it is entered."""

    secret: str = SECRET
    once: bool = True
    """Whether a second call with the same id is taken for the same."""
    taken: list[dict[str, Any]] = field(default_factory=list)
    """What the calls said that were taken."""
    ids: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What a call did against the standard."""
    status: int = 200
    says: bytes = b'{"id": "m-1"}'
    limited_until: float = 0.0
    hangs_before: bool = False
    hangs_after: bool = False
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}/replies?key=in-the-address"

    def _answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes] | None:
        """The answer; None breaks the line."""
        if self.hangs_before:
            self.hangs_before = False
            return None
        call_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = hmac.new(key, f"{call_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        if headers.get("webhook-signature") != "v1," + base64.b64encode(signed).decode():
            return 401, {}, b"the signature is wrong"
        if not call_id or abs(int(timestamp) - time.time()) > 300 or headers["content-type"] != "application/json":
            self.broken.append(str(headers))
        if (left := self.limited_until - time.monotonic()) > 0:
            return 429, {"Retry-After": str(max(1, round(left)))}, b"too many"
        if self.status != 200:
            return self.status, {}, self.says
        if not (self.once and call_id in self.ids):
            self.taken.append(json.loads(body))
        self.ids.append(call_id)
        if self.hangs_after:
            self.hangs_after = False
            return None
        return 200, {}, self.says

    def __enter__(self) -> WebhookServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                said = outer._answer({name.lower(): value for name, value in self.headers.items()}, body)
                if said is None:
                    self.close_connection = True
                    return
                status, headers, answer = said
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

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
