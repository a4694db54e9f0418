"""What a gateway hands out, for tests of who asks it: pages and a stream, which break and fall silent as told."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "desk-token"


@dataclass
class GatewayServer:
    """Listens on a free port of the loopback interface while it is entered."""

    hook: str = "shop"
    bodies: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The addresses that were asked for, with their queries."""
    status: int = 200
    """What everything is answered with."""
    headers: dict[str, str] = field(default_factory=dict)
    gap: str = ""
    page: int = 100
    nonsense: bytes = b""
    """Said instead of a page."""
    heartbeat: float = 0.05
    """Seconds between heartbeats."""
    silent: bool = False
    """Streams say nothing any more, and stay open."""
    tls: ssl.SSLContext | None = None
    gap_now: str = ""
    """Told in streams, once."""
    _news: threading.Condition = field(default_factory=threading.Condition)
    _cuts: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self._server.server_port}"

    @property
    def streams(self) -> int:
        """How many streams were asked for."""
        return sum("/stream" in one for one in self.asked)

    def push(self, *bodies: bytes) -> None:
        """Let these be received."""
        with self._news:
            self.bodies += bodies
            self._news.notify_all()

    def cut(self) -> None:
        """Break every stream, in the middle of an event."""
        with self._news:
            self._cuts += 1
            self._news.notify_all()

    def item(self, number: int) -> dict[str, Any]:
        return {
            "number": number,
            "received_at": 1_780_000_000_000 + number,
            "body": base64.b64encode(self.bodies[number - 1]).decode(),
            "query": [["a", "1"]],
            "content_type": "application/json",
        }

    def answer(self, after: int, limit: int) -> dict[str, Any]:
        last = min(after + min(limit, self.page), len(self.bodies))
        return {
            "v": 1,
            "items": [self.item(number) for number in range(after + 1, last + 1)],
            "cursor": max(after, last),
            "caught_up": last == len(self.bodies),
            "gap": self.gap if not after else "",
        }

    def __enter__(self) -> GatewayServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                # Before anybody can know that this was asked: who then cuts means this stream too.
                cuts = outer._cuts
                outer.asked.append(self.path)
                place = urlsplit(self.path)
                if self.headers["Authorization"] != f"Bearer {TOKEN}":
                    self._say(401, b"{}")
                elif outer.status != 200:
                    self._say(outer.status, b"")
                elif not place.path.startswith(f"/v1/hooks/{outer.hook}/"):
                    self._say(404, b"")
                else:
                    asked = {name: int(values[0]) for name, values in parse_qs(place.query).items()}
                    if place.path.endswith("/deliveries"):
                        said = outer.nonsense or json.dumps(outer.answer(asked["after"], asked["limit"])).encode()
                        self._say(200, said)
                    else:
                        self._stream(asked["after"], cuts)

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _stream(self, after: int, cuts: int) -> None:
                self.close_connection = True
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                with outer._news:
                    while outer._cuts == cuts:
                        if outer.gap_now:
                            self.wfile.write(
                                b"event: gap\ndata: " + json.dumps({"gap": outer.gap_now}).encode() + b"\n\n"
                            )
                            outer.gap_now = ""
                        while after < len(outer.bodies):
                            after += 1
                            self._event(after)
                        if not outer.silent:
                            self.wfile.write(b": still here\n\n")
                        outer._news.wait(outer.heartbeat)
                self.wfile.write(b'id: 99\ndata: {"number": 99, "bo')

            def _event(self, number: int) -> None:
                said = f"id: {number}\ndata: {json.dumps(outer.item(number))}\n\n".encode()
                # In two pieces: nobody promised whole events.
                self.wfile.write(said[: len(said) // 2])
                self.wfile.flush()
                self.wfile.write(said[len(said) // 2 :])

            def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - the base's name
                """Tests print nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Who asks may leave at any time."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._server is not None
        self.cut()
        self._server.shutdown()
        self._server.server_close()
