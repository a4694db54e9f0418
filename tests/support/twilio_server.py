"""Twilio for tests: the calls of its API that the connector makes, each held against the specification where it is."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from base64 import b64decode
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "twilio" / "twilio_api_v2010.json"
ACCOUNT, TOKEN, NUMBER = "AC" + "0" * 32, "test-token", "+15005550006"
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"
Json = dict[str, Any]
Answer = tuple[int, Json]


@dataclass
class TwilioServer:
    """Listens on a free port of the loopback interface while it is entered."""

    sent: list[dict[str, str]] = field(default_factory=list)
    rung: list[dict[str, str]] = field(default_factory=list)
    """Calls that were begun."""
    posted: threading.Event = field(default_factory=threading.Event)
    listed: list[Json] = field(default_factory=list)
    """The account's messages, newest first."""
    media: dict[str, list[Json]] = field(default_factory=dict)
    """By the SID of their message."""
    calls: dict[str, Json] = field(default_factory=dict)
    """By their SID."""
    files: dict[str, bytes] = field(default_factory=dict)
    token: str = TOKEN
    status: str = "active"
    numbers: list[Json] = field(default_factory=lambda: [{"sms_url": "", "voice_url": ""}])
    refusal: tuple[int, str] | None = None
    """Code and words with which the next message is refused."""
    limited_until: float = 0.0
    broken: list[str] = field(default_factory=list)
    """What a request did against the specification."""
    _server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.server_port

    def call(self, method: str, path: str, said: dict[str, str]) -> Answer:
        """The answer to a call of the account."""
        if time.monotonic() < self.limited_until:
            return 429, {"code": 20429, "message": "Too Many Requests", "status": 429}
        self.broken += _faults(method, path, said)
        match [method, path.removeprefix(BASE)]:
            case ["GET", ".json"]:
                return 200, {"sid": ACCOUNT, "status": self.status}
            case ["GET", "/IncomingPhoneNumbers.json"]:
                return 200, {"incoming_phone_numbers": self.numbers}
            case ["GET", beside] if beside.endswith("/Media.json") and beside.split("/")[2] in self.media:
                return 200, {"media_list": self.media[beside.split("/")[2]]}
            case ["GET", call] if found := self.calls.get(call.removeprefix("/Calls/").removesuffix(".json")):
                return 200, found
            case ["GET", "/Messages.json"]:
                start = int(said.get("Page", 0)) * 2
                more = f"{BASE}/Messages.json?Page={start // 2 + 1}" if len(self.listed) > start + 2 else None
                return 200, {"messages": self.listed[start : start + 2], "next_page_uri": more}
            case ["POST", "/Messages.json"]:
                if self.refusal is not None:
                    code, words = self.refusal
                    return 400, {"code": code, "message": words, "status": 400}
                self.sent.append(said)
                self.posted.set()
                return 201, {"sid": f"SM{len(self.sent)}", "status": "queued"}
            case ["POST", "/Calls.json"]:
                if self.refusal is not None:
                    code, words = self.refusal
                    return 400, {"code": code, "message": words, "status": 400}
                self.rung.append(said)
                self.posted.set()
                return 201, {"sid": f"CA-out-{len(self.rung)}", "status": "queued"}
        return 404, {"code": 20404, "message": "Not found", "status": 404}

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve("GET")

            def do_POST(self) -> None:
                self._serve("POST")

            def _serve(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                asked = urlsplit(self.path)
                said = {name: values[0] for name, values in parse_qs(body or asked.query).items()}
                given = b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
                if given != f"{ACCOUNT}:{outer.token}":
                    return self._write(401, json.dumps({"code": 20003, "message": "Authenticate"}).encode())
                if (file := outer.files.get(asked.path)) is not None:
                    return self._write(200, file)
                status, told = outer.call(method, asked.path, said)
                return self._write(status, json.dumps(told).encode())

            def _write(self, status: int, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(OSError):
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


def _faults(method: str, path: str, said: dict[str, str]) -> list[str]:
    if not SPEC.exists():
        return []
    paths = _paths()
    path = re.sub(r"/Calls/[^/]+\.json$", "/Calls/{Sid}.json", path)
    path = re.sub(r"/Messages/[^/]+/Media\.json$", "/Messages/{MessageSid}/Media.json", path)
    operation: Json = (
        paths.get(path.replace(ACCOUNT, "{AccountSid}")) or paths.get(path.replace(ACCOUNT, "{Sid}")) or {}
    )
    if method.lower() not in operation:
        return [f"{method} {path} is not in the specification"]
    told = operation[method.lower()]
    known = {parameter["name"] for parameter in told.get("parameters", ())}
    form = told.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    known |= set(form.get("schema", {}).get("properties", {}))
    return [f"{method} {path}: no parameter {name}" for name in said if name not in known]


@lru_cache(maxsize=1)
def _paths() -> Json:
    found: Json = json.loads(SPEC.read_text("utf-8"))["paths"]
    return found
