"""A homeserver for tests: users, rooms and their timelines, as the client-server API tells them.

Where ../shared lies beside the project, each request and answer is held against the specification.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.spec_guard import SpecGuard

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "matrix" / "client-server-subset.json"
CLIENT = "/_matrix/client/v3"
Json = dict[str, Any]
Answer = tuple[int, Json]


@dataclass
class Room:
    """One room."""

    members: list[str]
    invited: list[str] = field(default_factory=list)
    timeline: list[tuple[int, Json]] = field(default_factory=list)
    """Each event with its place in the order of all."""
    encrypted: bool = False
    left: dict[str, int] = field(default_factory=dict)
    """Who was put out, and when in the order of all."""


@dataclass
class MatrixServer:
    """Listens on a free port of the loopback interface while it is entered."""

    users: dict[str, str] = field(default_factory=dict)
    """User ids by token."""
    rooms: dict[str, Room] = field(default_factory=dict)
    media: dict[str, bytes] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """What a request or an answer did against the specification."""
    limited: str = ""
    """Who has asked too much, until `limited_until`."""
    limited_until: float = 0.0
    page: int = 50
    """Events of a room in one answer of /sync."""
    ephemeral: list[tuple[int, str, Json]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    _order: int = 0
    _sent: dict[tuple[str, str], str] = field(default_factory=dict)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _server: ThreadingHTTPServer | None = None
    _guard: SpecGuard | None = field(default_factory=lambda: SpecGuard(SPEC) if SPEC.exists() else None)

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.server_port

    def user(self, name: str, token: str = "") -> str:
        """A new user; the access token."""
        token = token or f"token-{name}-{len(self.users)}"
        self.users[token] = f"@{name}:tea.test"
        return token

    def happen(self, room_id: str, sender: str, kind: str, content: Json, **more: Any) -> str:
        """Let an event be in a room; its id."""
        with self._news:
            self._order += 1
            event_id = f"$e{self._order}"
            event = {"event_id": event_id, "sender": sender, "type": kind, "content": content, **more}
            self.rooms[room_id].timeline.append(
                (self._order, {**event, "origin_server_ts": 1_780_000_000_000 + self._order, "room_id": room_id})
            )
            self._news.notify_all()
        return event_id

    def put_out(self, room_id: str, user: str) -> None:
        """Let somebody be thrown out of a room."""
        by = next(one for one in self.rooms[room_id].members if one != user)
        self.happen(room_id, by, "m.room.member", {"membership": "leave"}, state_key=user)
        self.rooms[room_id].members.remove(user)
        self.rooms[room_id].left[user] = self._order

    def show(self, room_id: str, event: Json) -> None:
        """Let an ephemeral event be seen."""
        with self._news:
            self._order += 1
            self.ephemeral.append((self._order, room_id, event))
            self._news.notify_all()

    def call(self, method: str, path: str, query: dict[str, str], said: Any, user: str) -> Answer:
        """The answer to a call of a known user."""
        if user == self.limited and time.monotonic() < self.limited_until:
            left = max(1, int((self.limited_until - time.monotonic()) * 1000))
            return 429, {"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests", "retry_after_ms": left}
        match [method, *(unquote(part) for part in path.removeprefix(CLIENT).strip("/").split("/"))]:
            case ["GET", "account", "whoami"]:
                return 200, {"user_id": user}
            case ["POST", "logout"]:
                self.users = {token: name for token, name in self.users.items() if name != user}
                return 200, {}
            case ["GET", "sync"]:
                return 200, self._sync(user, int(query.get("since", 0)), int(query.get("timeout", 0)) / 1000)
            case ["POST", "createRoom"]:
                room_id = f"!r{len(self.rooms) + 1}:tea.test"
                self.rooms[room_id] = Room([user], list(said.get("invite", ())))
                return 200, {"room_id": room_id}
            case [method, "rooms", room_id, *rest] if room_id in self.rooms:
                return self._in_room(method, room_id, rest, query, said, user)
        return 404, {"errcode": "M_NOT_FOUND", "error": "Not found"}

    def _in_room(
        self, method: str, room_id: str, rest: list[str], query: dict[str, str], said: Any, user: str
    ) -> Answer:
        room = self.rooms[room_id]
        if rest == ["join"] and user in room.invited:
            room.invited.remove(user)
            room.members.append(user)
            self.happen(room_id, user, "m.room.member", {"membership": "join"}, state_key=user)
            return 200, {"room_id": room_id}
        if user not in room.members:
            return 403, {"errcode": "M_FORBIDDEN", "error": "You are not in the room"}
        match [method, *rest]:
            case ["GET", "joined_members"]:
                return 200, {"joined": {one: {"display_name": one[1:].partition(":")[0]} for one in room.members}}
            case ["GET", "state", "m.room.encryption", *_key] if room.encrypted:
                return 200, {"algorithm": "m.megolm.v1.aes-sha2"}
            case ["GET", "event", event_id]:
                found = next((event for _place, event in room.timeline if event["event_id"] == event_id), None)
                return (200, found) if found else (404, {"errcode": "M_NOT_FOUND", "error": "Event not found"})
            case ["GET", "messages"]:
                return 200, self._messages(room, query)
            case ["PUT", "send", kind, key]:
                return 200, {"event_id": self._once(room_id, user, key, kind, said)}
            case ["PUT", "redact", event_id, key]:
                return 200, {"event_id": self._once(room_id, user, key, "m.room.redaction", {"redacts": event_id})}
            case ["POST", "receipt", "m.read", event_id]:
                self.read.append(event_id)
                return 200, {}
            case ["PUT", "typing", _user]:
                self.typed.append(room_id)
                return 200, {}
        return 404, {"errcode": "M_NOT_FOUND", "error": "Not found"}

    def _once(self, room_id: str, user: str, key: str, kind: str, content: Json) -> str:
        if (user, key) not in self._sent:
            more = {"redacts": content["redacts"]} if kind == "m.room.redaction" else {}
            self._sent[user, key] = self.happen(room_id, user, kind, content, unsigned={"transaction_id": key}, **more)
        return self._sent[user, key]

    def _messages(self, room: Room, query: dict[str, str]) -> Json:
        """Backwards from a place, which is the number of the event before which it lies."""
        start = int(query["from"].removeprefix("t")) if "from" in query else self._order + 1
        until = int(query.get("to", "0").removeprefix("t"))
        before = [(place, event) for place, event in room.timeline if until < place < start]
        page = list(reversed(before))[: min(int(query.get("limit", 10)), self.page)]
        more = {"end": f"t{page[-1][0]}"} if page and len(page) < len(before) else {}
        return {"start": f"t{start}", "chunk": [event for _place, event in page], **more}

    def _sync(self, user: str, since: int, wait: float) -> Json:
        with self._news:
            self._news.wait_for(lambda: self._told(user, since), min(wait, 20))
            told = self._told(user, since)
            return {"next_batch": str(self._order), **({"rooms": told} if told else {})}

    def _told(self, user: str, since: int) -> Json:
        joined: Json = {}
        left = {
            room_id: {"timeline": {"events": [event for place, event in room.timeline if since < place <= until]}}
            for room_id, room in self.rooms.items()
            if (until := room.left.get(user, 0)) > since > 0
        }
        for room_id, room in self.rooms.items():
            news = [(place, event) for place, event in room.timeline if place > since]
            shown = [event for place, where, event in self.ephemeral if place > since and where == room_id]
            if user not in room.members or not (news or shown):
                continue
            kept = news[-self.page :]
            timeline: Json = {"events": [event for _place, event in kept], "limited": len(kept) < len(news)}
            if kept:
                timeline["prev_batch"] = f"t{kept[0][0]}"
            joined[room_id] = {"timeline": timeline, "ephemeral": {"events": shown}, "state": {"events": []}}
        invited: Json = {
            room_id: {"invite_state": {"events": []}} for room_id, room in self.rooms.items() if user in room.invited
        }
        return (
            ({"leave": left} if left else {})
            | ({"join": joined} if joined else {})
            | ({"invite": invited} if invited else {})
        )

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve("GET")

            def do_POST(self) -> None:
                self._serve("POST")

            def do_PUT(self) -> None:
                self._serve("PUT")

            def _serve(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(asked.query).items()}
                user = outer.users.get(self.headers.get("Authorization", "").removeprefix("Bearer "), "")
                if asked.path == f"{CLIENT}/login":
                    return self._say(method, asked.path, json.loads(body), *outer.log_in(json.loads(body)))
                if not user:
                    return self._say(
                        method, asked.path, None, 401, {"errcode": "M_UNKNOWN_TOKEN", "error": "Unknown token"}
                    )
                if "/media/" in asked.path:
                    return self._media(asked.path, body)
                said = json.loads(body) if body else None
                return self._say(method, asked.path, said, *outer.call(method, asked.path, query, said, user))

            def _media(self, path: str, body: bytes) -> None:
                if path.endswith("/upload"):
                    outer.media[f"m{len(outer.media) + 1}"] = body
                    return self._write(200, json.dumps({"content_uri": f"mxc://tea.test/m{len(outer.media)}"}).encode())
                found = outer.media.get(path.rpartition("/")[2])
                return self._write(404 if found is None else 200, found or b"{}")

            def _say(self, method: str, path: str, said: Any, status: int, answer: Json) -> None:
                if outer._guard is not None:
                    # A state key may be empty, and is named by nothing then.
                    called = f"{path}_" if path.endswith("/") else path
                    outer.broken += outer._guard.faults(called, said, status, answer, method=method)
                self._write(status, json.dumps(answer).encode())

            def _write(self, status: int, data: bytes) -> None:
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

    def log_in(self, said: Json) -> Answer:
        """By password; every user's is `secret`."""
        if said.get("password") != "secret":
            return 403, {"errcode": "M_FORBIDDEN", "error": "Invalid password"}
        name = said["identifier"]["user"].removeprefix("@").partition(":")[0]
        token = self.user(name)
        return 200, {"access_token": token, "user_id": self.users[token], "device_id": said["device_id"]}

    def __exit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
