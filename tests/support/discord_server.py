"""Discord for tests: the REST API's methods that the connector calls, and a Gateway that goes on with sessions.

Where ../shared lies beside the project, each request and answer is held against the specification.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve

from tests.support.spec_guard import SpecGuard

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "discord" / "openapi.json"
TOKEN, BOT = "test-token", "1000"
CONTENT_INTENT = 1 << 19
Json = dict[str, Any]
Answer = tuple[int, Any]


@dataclass
class DiscordServer:
    """Listens on free ports of the loopback interface while it is entered, on the loop that entered it."""

    channels: dict[str, list[Json]] = field(default_factory=lambda: {"7": []})
    """Messages by channel, oldest first. Channel 7 is Mei's direct one, all others are the guild's."""
    changed: list[tuple[str, str, Any]] = field(default_factory=list)
    posted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the bot has said something."""
    begun: list[str] = field(default_factory=list)
    """How each session was begun: identified or resumed."""
    token: str = TOKEN
    flags: int = CONTENT_INTENT
    forgets: bool = False
    """Whether sessions cannot be gone on with."""
    close_code: int = 0
    """With what the next line is closed once it has said who it is."""
    close_resumed: int = 0
    """With what lines are closed that want to go on with a session."""
    rooms: dict[str, Json] = field(default_factory=dict)
    """Channels that are more than a name."""
    beat_ms: int = 5_000
    beats: int = 0
    limited_until: float = 0.0
    broken: list[str] = field(default_factory=list)
    """What a request or an answer did against the specification."""
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _told: list[Json] = field(default_factory=list)
    """All that was dispatched, in order: its place is its number."""
    _lines: set[ServerConnection] = field(default_factory=set)
    _sending: set[asyncio.Future[None]] = field(default_factory=set)
    _gateway: Server | None = None
    _server: ThreadingHTTPServer | None = None
    _guard: SpecGuard | None = field(default_factory=lambda: SpecGuard(SPEC) if SPEC.exists() else None)

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.server_port

    @property
    def gateway(self) -> str:
        assert self._gateway is not None
        return f"ws://127.0.0.1:{next(iter(self._gateway.sockets)).getsockname()[1]}"

    def say(self, text: str, *, channel: str = "7", user: str = "71", **more: Any) -> Json:
        """Somebody says something; whoever listens is told."""
        number = (int(time.time() * 1000) - 1_420_070_400_000 << 22) + next(self._numbers)
        author = {
            "id": user,
            "username": f"user{user}",
            "global_name": "芽衣",
            "discriminator": "0",
            "avatar": None,
            "public_flags": 0,
            "flags": 0,
        }
        message: Json = {
            "id": str(number),
            "channel_id": channel,
            "author": author,
            "content": text,
            "type": 0,
            "timestamp": "2026-11-22T09:00:00+00:00",
            "edited_timestamp": None,
            "attachments": [],
            "mentions": [],
            "embeds": [],
            "mention_roles": [],
            "flags": 0,
            "components": [],
            "tts": False,
            "pinned": False,
            "mention_everyone": False,
            **more,
        }
        self.channels.setdefault(channel, []).append(message)
        self.tell("MESSAGE_CREATE", message | ({} if channel == "7" else {"guild_id": "9"}))
        return message

    def tell(self, kind: str, data: Any) -> None:
        """Dispatch an event to every line."""
        said = {"op": 0, "t": kind, "d": data, "s": len(self._told) + 1}
        self._told.append(said)
        for line in self._lines:
            self._send(line, said)

    def _send(self, line: ServerConnection, said: Json) -> None:
        sending = asyncio.ensure_future(line.send(json.dumps(said)))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def drop(self, code: int = 4000) -> None:
        """Close every line."""
        for line in list(self._lines):
            await line.close(code)

    async def _session(self, line: ServerConnection) -> None:
        await line.send(json.dumps({"op": 10, "d": {"heartbeat_interval": self.beat_ms}}))
        try:
            async for raw in line:
                said = json.loads(raw)
                if said["op"] == 1:
                    self.beats += 1
                    await line.send(json.dumps({"op": 11}))
                elif self.close_code:
                    await line.close(self.close_code)
                elif said["d"]["token"] != self.token:
                    await line.close(4004)
                elif said["op"] == 6 and self.close_resumed:
                    await line.close(self.close_resumed)
                elif said["op"] == 6 and self.forgets:
                    self.forgets = False
                    await line.send(json.dumps({"op": 9, "d": False}))
                else:
                    await self._begin(line, said)
        finally:
            self._lines.discard(line)

    async def _begin(self, line: ServerConnection, said: Json) -> None:
        if said["op"] == 6:
            self.begun.append("resumed")
            for told in self._told[said["d"]["seq"] :]:
                await line.send(json.dumps(told))
            await line.send(json.dumps({"op": 0, "t": "RESUMED", "d": {}, "s": len(self._told)}))
        else:
            self.begun.append("identified")
            ready = {"session_id": "s1", "resume_gateway_url": self.gateway, "user": {"id": BOT}}
            await line.send(json.dumps({"op": 0, "t": "READY", "d": ready, "s": len(self._told)}))
        self._lines.add(line)

    def call(self, method: str, path: str, query: Json, said: Any) -> Answer:
        """The answer to a call of the bot."""
        if time.monotonic() < self.limited_until:
            return 429, {"message": "You are being rate limited.", "retry_after": 2.5, "global": False}
        match [method, *path.strip("/").split("/")]:
            case ["GET", "users", "@me"]:
                return 200, {"id": BOT, "username": "desk", "discriminator": "0", "global_name": None, "avatar": None}
            case ["GET", "applications", "@me"]:
                return 200, {"id": "1", "name": "desk", "flags": self.flags}
            case ["GET", "gateway", "bot"]:
                return 200, {"url": self.gateway}
            case ["POST", "users", "@me", "channels"]:
                return 200, {"id": "7", "type": 1}
            case ["GET", "channels", channel] if channel in self.rooms:
                return 200, self.rooms[channel]
            case ["GET", "channels", channel] if channel in self.channels:
                return 200, {"id": channel, "type": 0 if channel != "7" else 1, "name": f"room{channel}"}
            case [_, "channels", channel, *rest] if channel in self.channels:
                return self._in_channel(method, channel, rest, query, said)
        return 404, {"message": "Unknown Channel", "code": 10003}

    def _in_channel(self, method: str, channel: str, rest: list[str], query: Json, said: Any) -> Answer:
        messages = self.channels[channel]
        match [method, *rest]:
            case ["GET", "messages"]:
                after, before = int(query.get("after", 0)), int(query.get("before", 1 << 63))
                found = [one for one in messages if after < int(one["id"]) < before]
                limit = int(query["limit"])
                # After an id the oldest come, else the newest; always the newest first.
                page = found[:limit] if "after" in query else found[-limit:]
                return 200, list(reversed(page))
            case ["POST", "messages"]:
                made = next((one for one in messages if one.get("nonce") == said["nonce"]), None)
                if made is None:
                    files = [
                        {"id": "5", "filename": name, "size": 1, "url": "https://cdn.example/5", "proxy_url": ""}
                        for name in said.pop("files", [])
                    ]
                    made = self.say(said["content"], channel=channel, user=BOT, nonce=said["nonce"], attachments=files)
                self.posted.set()
                return 200, made
            case ["POST", "typing"]:
                self.changed.append((method, "typing", None))
                return 204, None
            case ["PATCH", "messages", own]:
                self.changed.append((method, own, said))
                return 200, next(one for one in messages if one["id"] == own)
            case ["DELETE", "messages", own]:
                gone = next((one for one in messages if one["id"] == own), None)
                if gone is None:
                    return 404, {"message": "Unknown Message", "code": 10008}
                messages.remove(gone)
                return 204, None
        return 404, {"message": "Unknown", "code": 0}

    async def __aenter__(self) -> Self:
        outer, loop = self, asyncio.get_running_loop()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve("GET")

            def do_POST(self) -> None:
                self._serve("POST")

            def do_PATCH(self) -> None:
                self._serve("PATCH")

            def do_DELETE(self) -> None:
                self._serve("DELETE")

            def _serve(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(asked.query).items()}
                said, files = _read(self.headers.get("Content-Type", ""), body)

                async def answer() -> Answer:
                    if self.headers.get("Authorization") != f"Bot {outer.token}":
                        return 401, {"message": "401: Unauthorized", "code": 0}
                    return outer.call(method, asked.path, query, said if not files else {**said, "files": files})

                status, told = asyncio.run_coroutine_threadsafe(answer(), loop).result(20)
                if outer._guard is not None and not files:
                    # What an answer holds beside what is read here, this server does not make up.
                    outer.broken += outer._guard.faults(asked.path, said, status, None, method=method)
                self.send_response(status)
                data = b"" if told is None else json.dumps(told).encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(data)

            def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - the base's name
                """Tests print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self._gateway = await serve(self._session, "127.0.0.1", 0, close_timeout=0.2)
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        assert self._gateway is not None
        self._gateway.close()
        await asyncio.to_thread(self._server.shutdown)
        self._server.server_close()


def _read(content_type: str, body: bytes) -> tuple[Any, list[str]]:
    """What was said, and the names of what was uploaded beside it."""
    if not body or not content_type.startswith("multipart"):
        return (json.loads(body) if body else None), []
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    said, files = None, list[str]()
    for part in form.iter_parts():
        payload = part.get_payload(decode=True)
        if part.get_param("name", header="content-disposition") == "payload_json":
            said = json.loads(payload if isinstance(payload, bytes) else b"{}")
        else:
            files.append(str(part.get_filename()))
    return said, files
