"""A server of Meta's Graph API for tests: it keeps what was sent, refuses as Meta does, and tells what became of it.

Where ../shared lies beside the project, each request and answer about WhatsApp is held against the specification.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.support.meta_spec import MetaSpec

TOKEN = "EAAtest-token"
APP = "4711"
Answer = tuple[int, dict[str, Any]]
Said = dict[str, Any]


class Hangs(Exception):
    """The line breaks now."""


@dataclass
class GraphServer:
    """Listens on a free port of the loopback interface while it is entered. What it serves its `edges` say."""

    edges: Callable[[str, str, Said], Answer]
    """The answer to a method, a path without its version, and what was said."""
    token: str = TOKEN
    scopes: list[str] = field(default_factory=list)
    subscriptions: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"object": kind, "active": True, "callback_url": "https://x", "fields": [{"name": "messages"}]}
            for kind in ("whatsapp_business_account", "page", "instagram")
        ]
    )
    """Of what the app is told: asked for with its own secret, "app"."""
    files: dict[str, bytes] = field(default_factory=dict)
    calls: list[tuple[str, str, Said]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What a request or an answer did against the specification."""
    next_posts: deque[Callable[[], Answer | None]] = field(default_factory=deque)
    """For the next sends: gives another answer, raises `Hangs`, or lets it through with None."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with each answer."""
    limited_until: float = 0.0
    hang_after: bool = False
    spec: MetaSpec | None = None
    _server: ThreadingHTTPServer | None = None
    _client: httpx.AsyncClient | None = None

    def client(self) -> httpx.AsyncClient:
        """One client for all connectors of a test; to read the system's authorities takes 0.1 s, and nobody asks."""
        self._client = self._client or httpx.AsyncClient(verify=False)
        return self._client

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def posted(self, path: str) -> list[Said]:
        """What was said to a path, the oldest first."""
        return [said for method, called, said in self.calls if method == "POST" and called == path]

    def answer(self, method: str, path: str, said: Said, token: str) -> Answer:
        """The answer to a call; raises `Hangs`."""
        if path == f"{APP}/subscriptions":
            if token != f"{APP}|app":
                return wrong(190, "Invalid OAuth access token signature.", status=401)
            return 200, {"data": self.subscriptions}
        if token != self.token:
            return wrong(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        if time.monotonic() < self.limited_until:
            return wrong(130429, "(#130429) Rate limit hit", details="Cloud API message throughput has been reached.")
        if path == "debug_token":
            return 200, {"data": {"is_valid": said["input_token"] == self.token, "scopes": self.scopes, "app_id": APP}}
        if method == "POST" and path.endswith("/messages"):
            planned = self.next_posts.popleft() if self.next_posts else None
            if planned is not None and (other := planned()) is not None:
                return other
        self.calls.append((method, path, said))
        answer = self.edges(method, path, said)
        if method == "POST" and path.endswith("/messages") and self.hang_after:
            self.hang_after = False
            raise Hangs
        return answer

    def __enter__(self) -> GraphServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._call("POST", _fields(self.headers.get("Content-Type", ""), body))

            def do_GET(self) -> None:
                place = urlsplit(self.path)
                if place.path.startswith("/files/"):
                    known = self.headers.get("Authorization") == f"Bearer {outer.token}"
                    data = outer.files.get(place.path.removeprefix("/files/")) if known else None
                    self._answer(404 if data is None else 200, data or b"")
                    return
                self._call("GET", dict(parse_qsl(place.query)))

            def _call(self, method: str, said: Said) -> None:
                version, _slash, path = urlsplit(self.path).path.removeprefix("/").partition("/")
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                try:
                    status, answer = outer.answer(method, path, said, token)
                except Hangs:
                    self.close_connection = True
                    return
                if outer.spec is not None and version.startswith("v"):
                    outer.broken += outer.spec.faults(method, path, said, status, answer)
                self._answer(status, json.dumps(answer).encode())

            def _answer(self, status: int, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - the base's name
                """Tests print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()


def wrong(code: int, message: str, *, status: int = 400, subcode: int = 0, details: str = "") -> Answer:
    """An error as Meta says it."""
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Atest"}
    if subcode:
        error["error_subcode"] = subcode
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return status, {"error": error}


def refuses(code: int, message: str, **more: Any) -> Callable[[], Answer]:
    """For `next_posts`."""
    return lambda: wrong(code, message, **more)


def hangs() -> Answer | None:
    """For `next_posts`: the line breaks, and nothing was done."""
    raise Hangs


def _fields(content_type: str, body: bytes) -> Said:
    """What was said, be it JSON or a form; of files their names, types and sizes."""
    if content_type.startswith("application/json"):
        said: Said = json.loads(body or b"{}")
        return said
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields: Said = {}
    for part in form.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
        if part.get_filename():
            fields[name] = {"name": part.get_filename(), "type": part.get_content_type(), "size": len(data)}
        else:
            fields[name] = data.decode()
    return fields


def page(items: list[Mapping[str, Any]]) -> Answer:
    """A list as the Graph API gives it."""
    return 200, {"data": list(items), "paging": {"cursors": {"before": "MAZDZD", "after": "MjQZD"}}}
