"""A workspace for tests: the Web API's methods that the connector calls, and sockets that tell what happens.

Where ../shared lies beside the project, each method and its arguments are held against the specification, which is of
2021; what Slack has added since is named here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from websockets.asyncio.server import Server, ServerConnection, serve

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "slack" / "slack_web_openapi_v2.json"
SINCE = {
    "apps.connections.open": set[str](),
    "files.getUploadURLExternal": {"filename", "length"},
    "files.completeUploadExternal": {"files", "channel_id", "thread_ts"},
    "chat.postMessage": {"metadata"},
    "conversations.history": {"include_all_metadata"},
    "conversations.replies": {"include_all_metadata"},
}
"""Methods and arguments that the specification has not yet."""
BOT, TOKEN, APP_TOKEN = "UBOT", "xoxb-test", "xapp-test"
Json = dict[str, Any]


@dataclass
class SlackServer:
    """Listens on free ports of the loopback interface while it is entered, on the loop that entered it."""

    messages: dict[str, list[Json]] = field(default_factory=lambda: {"C1": []})
    """By channel, oldest first."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    shown: list[Json] = field(default_factory=list)
    """What files.completeUploadExternal was told."""
    changed: list[tuple[str, Json]] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    kept: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once something was acknowledged."""
    posted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the desk has said something."""
    token: str = TOKEN
    lacking: str = ""
    """A scope that the app was not given."""
    limited_until: float = 0.0
    page: int = 3
    """Messages of a channel in one answer, at most."""
    broken: list[str] = field(default_factory=list)
    """What a call did against the specification."""
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _lines: set[ServerConnection] = field(default_factory=set)
    _sending: set[asyncio.Future[None]] = field(default_factory=set)
    _sockets: Server | None = None
    _server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.server_port

    def ts(self) -> str:
        return f"{1_780_000_000 + next(self._numbers)}.000100"

    def say(self, text: str, *, channel: str = "C1", user: str = "UMEI", **more: Any) -> Json:
        """Somebody says something; every socket is told."""
        message = {"type": "message", "user": user, "text": text, "ts": self.ts(), **more}
        self.messages.setdefault(channel, []).append(message)
        self.tell({**message, "channel": channel, "event_ts": message["ts"]})
        return message

    def tell(self, event: Json, kind: str = "events_api") -> None:
        """Tell an event to every socket."""
        envelope = {"envelope_id": f"e{next(self._numbers)}", "type": kind, "payload": {"event": event}}
        for line in list(self._lines):
            sending = asyncio.ensure_future(line.send(json.dumps(envelope)))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def drop(self) -> None:
        """Close every socket, as Slack does every few hours."""
        for line in list(self._lines):
            await line.close()

    def call(self, method: str, said: Json, token: str) -> tuple[int, Json]:
        """The answer to a method."""
        if time.monotonic() < self.limited_until:
            return 429, {"ok": False, "error": "ratelimited"}
        if token != (APP_TOKEN if method == "apps.connections.open" else self.token):
            return 200, {"ok": False, "error": "invalid_auth"}
        if self.lacking:
            return 200, {"ok": False, "error": "missing_scope", "needed": self.lacking}
        self.broken += _faults(method, said)
        answer = getattr(self, "_" + method.replace(".", "_"))(said)
        return 200, {"ok": "error" not in answer, **answer}

    def _auth_test(self, _said: Json) -> Json:
        return {"user_id": BOT, "bot_id": "BBOT", "user": "desk", "team": "Tea", "team_id": "T1"}

    def _apps_connections_open(self, _said: Json) -> Json:
        assert self._sockets is not None
        return {"url": f"ws://127.0.0.1:{next(iter(self._sockets.sockets)).getsockname()[1]}/"}

    def _users_info(self, said: Json) -> Json:
        return {"user": {"id": said["user"], "profile": {"real_name": said["user"].removeprefix("U").title()}}}

    def _users_conversations(self, _said: Json) -> Json:
        return {"channels": [{"id": channel, "is_im": channel[0] == "D"} for channel in self.messages]}

    def _conversations_open(self, said: Json) -> Json:
        self.messages.setdefault("D9", [])
        return {"channel": {"id": f"D9{said['users'][:0]}"}}

    def _conversations_history(self, said: Json) -> Json:
        roots = [one for one in self.messages[said["channel"]] if one.get("thread_ts", one["ts"]) == one["ts"]]
        page = [self._counted(said["channel"], one) for one in reversed(roots)]
        start, limit = int(said.get("cursor") or 0), min(int(said["limit"]), self.page)
        more = str(start + limit) if len(page) > start + limit else ""
        return {"messages": page[start : start + limit], "response_metadata": {"next_cursor": more}}

    def _counted(self, channel: str, root: Json) -> Json:
        below = [one["ts"] for one in self.messages[channel] if one.get("thread_ts") == root["ts"] != one["ts"]]
        return {**root, "reply_count": len(below), "latest_reply": below[-1]} if below else root

    def _conversations_replies(self, said: Json) -> Json:
        thread = [one for one in self.messages[said["channel"]] if said["ts"] in (one["ts"], one.get("thread_ts"))]
        return {"messages": [one for one in thread if one["ts"] > said.get("oldest", "")]}

    def _chat_postMessage(self, said: Json) -> Json:
        if said["channel"] not in self.messages:
            return {"error": "channel_not_found"}
        more = {"thread_ts": said["thread_ts"]} if said.get("thread_ts") else {}
        metadata = json.loads(said["metadata"])
        message = self.say(said["text"], channel=said["channel"], user=BOT, bot_id="BBOT", metadata=metadata, **more)
        self.posted.set()
        return {"channel": said["channel"], "ts": message["ts"], "message": message}

    def _chat_update(self, said: Json) -> Json:
        self.changed.append(("chat.update", said))
        return {"channel": said["channel"], "ts": said["ts"], "text": said["text"]}

    def _chat_delete(self, said: Json) -> Json:
        self.changed.append(("chat.delete", said))
        return {"channel": said["channel"], "ts": said["ts"]}

    def _files_getUploadURLExternal(self, _said: Json) -> Json:
        number = next(self._numbers)
        return {"upload_url": f"http://127.0.0.1:{self.port}/upload/F{number}", "file_id": f"F{number}"}

    def _files_completeUploadExternal(self, said: Json) -> Json:
        self.shown.append({**said, "files": json.loads(said["files"])})
        return {"files": []}

    async def _socket(self, line: ServerConnection) -> None:
        self._lines.add(line)
        try:
            await line.send(json.dumps({"type": "hello"}))
            async for said in line:
                self.acknowledged.append(json.loads(said)["envelope_id"])
                self.kept.set()
        finally:
            self._lines.discard(line)

    async def __aenter__(self) -> Self:
        outer, loop = self, asyncio.get_running_loop()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._write(200, outer.uploads.get(self.path.rpartition("/")[2], b""))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.startswith("/upload/"):
                    outer.uploads[self.path.rpartition("/")[2]] = body
                    return self._write(200, b"OK")
                said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                method = self.path.removeprefix("/api/")

                async def answer() -> tuple[int, Json]:
                    return outer.call(method, said, token)

                status, told = asyncio.run_coroutine_threadsafe(answer(), loop).result(20)
                return self._write(status, json.dumps(told).encode())

            def _write(self, status: int, data: bytes) -> None:
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "3")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(data)

            def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - the base's name
                """Tests print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self._sockets = await serve(self._socket, "127.0.0.1", 0, close_timeout=0.2)
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        assert self._sockets is not None
        self._sockets.close()
        await asyncio.to_thread(self._server.shutdown)
        self._server.server_close()


def _faults(method: str, said: Json) -> list[str]:
    known = _arguments().get(method)
    if known is None:
        return [f"{method} is not in the specification"]
    return [f"{method}: no argument {name}" for name in said if name not in known]


@lru_cache(maxsize=1)
def _arguments() -> dict[str, set[str]]:
    """By method what it takes; where the specification is absent, everything."""
    if not SPEC.exists():
        return _Everything()
    paths = json.loads(SPEC.read_text("utf-8"))["paths"]
    told = {
        path.removeprefix("/"): {parameter["name"] for way in ways.values() for parameter in way["parameters"]}
        for path, ways in paths.items()
    }
    return {name: told.get(name, set()) | SINCE.get(name, set()) for name in {*told, *SINCE}}


class _Everything(dict[str, set[str]]):
    def get(self, _name: str, _default: Any = None) -> Any:
        return _All()


class _All(set[str]):
    def __contains__(self, _name: object) -> bool:
        return True
