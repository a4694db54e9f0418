"""What servers for tests have in common: HTTP on a free port of the loopback interface, and a line that breaks."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx


class Hangs(Exception):
    """The line breaks now."""


@dataclass(frozen=True)
class Call:
    """What a client asks."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message[str, str]
    body: bytes

    def json(self) -> dict[str, Any] | None:
        """What is said, be it JSON or a form: of a form its parts as name of the file, bytes. None with no body."""
        kind = self.headers.get("Content-Type", "")
        if not self.body:
            return None
        if kind.startswith("application/json"):
            said: dict[str, Any] = json.loads(self.body)
            return said
        form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + self.body)
        parts = ((part.get_param("name", header="content-disposition"), part) for part in form.iter_parts())
        return {str(name): (part.get_filename(), part.get_payload(decode=True)) for name, part in parts}


@dataclass(frozen=True)
class Reply:
    """What it hears: JSON, or bytes as they are."""

    status: int
    body: dict[str, Any] | bytes
    headers: dict[str, str] = field(default_factory=dict)


class HttpFake:
    """Listens while it is entered."""

    _server: ThreadingHTTPServer | None = None

    def serve(self, call: Call) -> Reply:
        """The answer to a call; raises `Hangs`."""
        raise AssertionError(f"{type(self).__name__} answers nothing")

    def now(self) -> float:
        """The time by its own clock, in seconds."""
        return time.time()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Any:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    query = dict(parse_qsl(parts.query, keep_blank_values=True))
                    reply = outer.serve(Call(self.command, parts.path, query, self.headers, body))
                except Hangs:
                    self.close_connection = True
                    return
                data, kind = reply.body, "application/octet-stream"
                if isinstance(data, dict):
                    data, kind = json.dumps(data, ensure_ascii=False).encode(), "application/json"
                self.send_response(reply.status)
                for name, value in {"Content-Type": kind, **reply.headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(outer.now() if timestamp is None else timestamp)

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


class PlainClient:
    """The client of connectors that speak to this machine alone: to load the world's certificates takes 0.16 s."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    def __call__(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(verify=False)
        return self._client


def hangs() -> None:
    """For servers that let a test give the next answer: the line breaks, and nothing was done."""
    raise Hangs
