"""A user of a Matrix homeserver as an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, ClassVar

from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Batch,
    Broken,
    Capabilities,
    Context,
    Directory,
    Event,
    Extent,
    Fault,
    Health,
    Idempotency,
    Json,
    Manifest,
    NotReady,
    OmniError,
    Outbound,
    Outcome,
    Reach,
    Reconciled,
    Rejected,
    Sink,
    TextUnit,
    Unknowable,
    Unknown,
    Unsupported,
    Verb,
    measured,
)
from omnitui_matrix.client import Homeserver, Refusal, part
from omnitui_matrix.mapping import CHANNEL, edited_by_another, events, is_edit, place_of, signs
from omnitui_matrix.rooms import Rooms
from omnitui_matrix.settings import MANIFEST

SYNC_SECONDS = 30
PAGE = 50
MOST_PAGES = 40
"""Pages that are read to close a gap; what lies before is left to the homeserver, and said."""
TEXT = 30_000
"""Bytes: an event has 65,536 (section 4.5 of the specification), and JSON may double them."""
FILE = 50 * 1024 * 1024
TYPING_MILLIS = 15_000
FILTER = (
    '{"room":{"timeline":{"limit":50},"state":{"lazy_load_members":true,"types":["m.room.member","m.room.name",'
    '"m.room.encryption"]}},"presence":{"types":[]},"account_data":{"types":[]}}'
)


class MatrixConnector:
    """Speaks for one user."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        url, token = context.settings.get("homeserver", ""), context.secrets.get("token", "")
        self._server = Homeserver(context.http, url, token)
        self._rooms = Rooms(self._server)
        self._entering = asyncio.Lock()
        self._us = ""
        self._poll: asyncio.Task[Any] | None = None
        self._closed = False

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.DEDUPLICATED,
            inbound=("longpoll",),
            text_limit=TEXT,
            text_unit=TextUnit.BYTES,
            attachments=True,
            attachment_limit=FILE,
            read_receipts=True,
            quotes=True,
            reach={Verb.EDIT: Reach.REMOTE, Verb.DELETE: Reach.REMOTE, Verb.READ: Reach.REMOTE},
        )

    async def check(self) -> Health:
        try:
            us = await self._enter()
        except Fault as fault:
            refused = isinstance(fault, AuthFailed)
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=refused)
        return Health(ok=True, message=f"{us}; rooms that are encrypted from end to end cannot be read")

    async def directory(self) -> Directory:
        return Directory(inboxes=((CHANNEL, await self._enter()),))

    async def _enter(self) -> str:
        """Our user id; logs in where there is only a password. Raises `Fault`."""
        async with self._entering:
            if self._us:
                return self._us
            if not self._server.token:
                await self._log_in()
            try:
                self._us = str((await self._ask("GET", "/account/whoami"))["user_id"])
            except AuthFailed:
                if not self._context.secrets.get("password"):
                    raise
                await self._log_in()
                self._us = str((await self._ask("GET", "/account/whoami"))["user_id"])
            return self._us

    async def _log_in(self) -> None:
        user, password = self._context.settings.get("user", ""), self._context.secrets.get("password", "")
        if not user or not password:
            raise AuthFailed("there is neither a token nor a user and a password", hint="docs/matrix.md")
        self._server.token = ""
        try:
            said = await self._server.call(
                "POST",
                "/login",
                {
                    "type": "m.login.password",
                    "identifier": {"type": "m.id.user", "user": user},
                    "password": password,
                    # The same device for ever: by it the homeserver knows a reply that comes twice.
                    "device_id": f"OMNITUI{self._context.account_id[-10:]}",
                    "initial_device_display_name": "omnitui",
                },
            )
        except Refusal as refusal:
            raise AuthFailed(f"the homeserver refuses {user}: {refusal}") from refusal
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        self._server.token = str(said["access_token"])
        await self._context.keep_secret("token", self._server.token)

    async def _ask(self, method: str, path: str, said: Any = None, **more: Any) -> dict[str, Any]:
        """Call what can be asked again, whatever stands in the way. Raises `Fault`."""
        try:
            return await self._server.call(method, path, said, **more)
        except (Broken, Refusal) as error:
            raise NotReady(str(error)) from error

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        us = await self._enter()
        since = str(cursor["since"]) if cursor else ""
        older: dict[str, str] = dict(cursor["older"]) if cursor else {}
        caught_up = False
        while not self._closed:
            # What lies there already comes at once; after that each request waits for news.
            page = await self._sync(since, SYNC_SECONDS if caught_up else 0)
            if page is None:
                caught_up = False
                continue
            rooms = page.get("rooms") or {}
            found: list[Event] = []
            gaps: list[str] = []
            await self._accept(rooms.get("invite") or {}, gaps)
            # A customer may write and then put us out: that stands among the rooms that we left.
            for room_id, told in (*(rooms.get("join") or {}).items(), *(rooms.get("leave") or {}).items()):
                timeline = told.get("timeline") or {}
                if not since and timeline.get("limited") and timeline.get("prev_batch"):
                    older[room_id] = str(timeline["prev_batch"])
                found += await self._missed(room_id, timeline, since, us, gaps)
                found += await self._happened(room_id, told, us)
            told_before, caught_up = caught_up, True
            since = str(page["next_batch"])
            if found or gaps or not told_before:
                kept = {"since": since, "older": older}
                extents = tuple(Extent(f"{room} {token}") for room, token in older.items()) if not cursor else ()
                yield Batch(tuple(found), kept, extents=extents, caught_up=True, gap="; ".join(gaps))

    async def _sync(self, since: str, wait: int) -> dict[str, Any] | None:
        """The next answer; None where the request was given up, because of `close` or `renew`."""
        query = {"timeout": str(wait * 1000), "filter": FILTER, "set_presence": "offline"}
        query |= {"since": since} if since else {}
        self._poll = asyncio.ensure_future(self._ask("GET", "/sync", query=query, wait=wait))
        try:
            await asyncio.wait([self._poll])
            if self._poll.cancelled():
                return None
            found: dict[str, Any] = self._poll.result()
            return found
        finally:
            self._poll.cancel()

    async def _accept(self, invitations: dict[str, Any], gaps: list[str]) -> None:
        if self._context.settings.get("join", "yes") != "yes":
            return
        for room_id in invitations:
            try:
                await self._server.call("POST", f"/rooms/{part(room_id)}/join", {})
            except (Broken, Refusal) as error:
                # The homeserver tells of it once.
                gaps.append(f"the invitation into {room_id} could not be accepted: {error}")

    async def _happened(self, room_id: str, told: dict[str, Any], us: str) -> list[Event]:
        """What one room's part of an answer reports."""
        timeline = (told.get("timeline") or {}).get("events") or []
        ephemeral = (told.get("ephemeral") or {}).get("events") or []
        self._rooms.changed(room_id, (*((told.get("state") or {}).get("events") or ()), *timeline))
        if not timeline and not ephemeral:
            return []
        found = await self._events(room_id, timeline, us)
        room, now = await self._room(room_id), self._context.clock.now()
        return [*found, *(sign for event in ephemeral for sign in signs(event, room, us=us, now=now))]

    async def _room(self, room_id: str) -> Any:
        try:
            return await self._rooms.of(room_id)
        except Broken as broken:
            raise NotReady(str(broken)) from broken

    async def _events(self, room_id: str, timeline: Iterable[dict[str, Any]], us: str) -> list[Event]:
        room, now = await self._room(room_id), self._context.clock.now()
        found: list[Event] = []
        for event in timeline:
            made = events(event, room, us=us, now=now)
            if (original := is_edit(event)) and not await self._may_edit(room_id, original, event):
                raw = next((one for one in events({**event, "type": "edit"}, room, us=us, now=now)), None)
                made = (raw,) if isinstance(raw, Unsupported) else ()
            found += made
        return found

    async def _may_edit(self, room_id: str, original: str, event: dict[str, Any]) -> bool:
        try:
            written = await self._server.call("GET", f"/rooms/{part(room_id)}/event/{part(original)}")
        except Refusal:
            return False
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        return not edited_by_another(event, written)

    async def _missed(
        self, room_id: str, timeline: dict[str, Any], since: str, us: str, gaps: list[str]
    ) -> list[Event]:
        """What lies between our last look and the part of a room that an answer begins with."""
        place = timeline.get("prev_batch")
        if not since or not timeline.get("limited") or not place:
            return []
        pages: list[list[dict[str, Any]]] = []
        while place and len(pages) < MOST_PAGES:
            query = {"dir": "b", "from": str(place), "to": since, "limit": str(PAGE)}
            try:
                page = await self._server.call("GET", f"/rooms/{part(room_id)}/messages", query=query)
            except Refusal as refusal:
                # Asked again it would refuse again, and no room would be read any more.
                gaps.append(f"what came into {room_id} before its newest messages is not given: {refusal}")
                return await self._events(room_id, [event for page in reversed(pages) for event in page], us)
            except Broken as broken:
                raise NotReady(str(broken)) from broken
            pages.append(list(reversed(page.get("chunk") or [])))
            # A page may be empty though there is more: what we may not see is left out of it.
            place = page.get("end") if page.get("end") != place else None
        if place:
            gaps.append(
                f"more than {MOST_PAGES * PAGE:,} messages came into {room_id} at once; the oldest are not here"
            )
        return await self._events(room_id, [event for page in reversed(pages) for event in page], us)

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return tuple(f"{room} {token}" for room, token in cursor["older"].items()) if cursor else ()

    async def backfill(self, scope: str, before: Json) -> Batch:
        us = await self._enter()
        room_id, _space, token = scope.partition(" ")
        query = {"dir": "b", "from": str(before or token), "limit": str(PAGE)}
        page = await self._ask("GET", f"/rooms/{part(room_id)}/messages", query=query)
        chunk, end = page.get("chunk") or [], page.get("end")
        found = await self._events(room_id, chunk, us)
        done = not end or end == (before or token)
        oldest = min((event.get("origin_server_ts", 0) for event in chunk), default=0)
        extent = Extent(scope, complete_since=0 if done else oldest or None)
        return Batch(tuple(found), end or before, extents=(extent,), caught_up=done)

    async def renew(self) -> None:
        if self._poll is not None:
            self._poll.cancel()

    async def perform(self, op: Outbound) -> Outcome:
        us = await self._enter()
        room_id, thread = place_of(op.conversation)
        if not room_id:
            return Rejected("a conversation on Matrix begins with the customer's invitation")
        match op.verb:
            case Verb.REPLY | Verb.EDIT:
                text = op.text if op.verb is Verb.REPLY else str(op.fields["text"])
                if (length := measured(text, TextUnit.BYTES)) > TEXT:
                    return Rejected(f"the text has {length:,} bytes; {TEXT:,} fit into one message")
                room = await self._room(room_id)
                if room.encrypted:
                    return Rejected("the room is encrypted from end to end, and this account cannot write into it")
                return await self._said(op, room_id, thread, text)
            case Verb.DELETE:
                event = part(str(op.fields["message"]))
                return await self._put(op, f"/rooms/{part(room_id)}/redact/{event}/{part(op.idempotency_key)}", {})
            case Verb.READ if op.fields.get("read"):
                return await self._read(room_id, thread, us)
        return Accepted()

    async def _said(self, op: Outbound, room_id: str, thread: str, text: str) -> Outcome:
        contents: list[dict[str, Any]] = []
        if text or not op.files:
            contents.append({"msgtype": "m.text", "body": text})
        try:
            for file in op.files:
                kind = "m.image" if file.media_type.startswith("image/") else "m.file"
                url = await self._server.upload(file.name, file.media_type, file.data)
                info = {"mimetype": file.media_type, "size": len(file.data)}
                contents.append({"msgtype": kind, "body": file.name, "filename": file.name, "url": url, "info": info})
        except Refusal as refusal:
            return Rejected(str(refusal))
        except Broken as broken:
            # What was laid down so far is known to nobody.
            raise NotReady(str(broken)) from broken
        if op.verb is Verb.EDIT:
            original = str(op.fields["message"])
            relation: dict[str, Any] = {"rel_type": "m.replace", "event_id": original}
            contents = [{"msgtype": "m.text", "body": f"* {text}", "m.new_content": contents[0]}]
        else:
            relation = _relation(thread, op.reply_to_external_id)
        if relation:
            contents[0]["m.relates_to"] = relation
        outcome: Outcome = Accepted()
        for number, content in enumerate(contents):
            key = op.idempotency_key if number == 0 else f"{op.idempotency_key}-{number}"
            if number and thread:
                content["m.relates_to"] = _relation(thread, "")
            done = await self._put(op, f"/rooms/{part(room_id)}/send/m.room.message/{part(key)}", content)
            if number == 0 or not isinstance(done, Accepted):
                outcome = done
            if not isinstance(done, Accepted):
                break
        return outcome

    async def _put(self, op: Outbound, path: str, content: dict[str, Any]) -> Outcome:
        await self._context.mark(op.op_id)
        try:
            said = await self._server.call("PUT", path, content)
        except Refusal as refusal:
            return Rejected(str(refusal))
        except Broken as broken:
            return Unknown(str(broken))
        return Accepted(str(said.get("event_id", "")) if op.verb is Verb.REPLY else "")

    async def _read(self, room_id: str, thread: str, us: str) -> Outcome:
        """Tell the others that all of it was read."""
        query = {"dir": "b", "limit": "1"}
        newest = (await self._ask("GET", f"/rooms/{part(room_id)}/messages", query=query)).get("chunk") or []
        if newest:
            event = part(str(newest[0]["event_id"]))
            said = {"thread_id": thread} if thread else {}
            await self._ask("POST", f"/rooms/{part(room_id)}/receipt/m.read/{event}", said)
        return Accepted()

    async def typing(self, conversation: str, channel: str) -> None:
        us, room = await self._enter(), place_of(conversation)[0]
        said = {"typing": True, "timeout": TYPING_MILLIS}
        await self._ask("PUT", f"/rooms/{part(room)}/typing/{part(us)}", said)

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable("the homeserver knows our key: the reply is sent again with it")

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        await self._enter()
        try:
            elsewhere = await self._server.download(str(remote["mxc"]), sink, limit)
        except Refusal as refusal:
            raise OmniError(str(refusal)) from refusal
        if elsewhere:
            await self._context.fetch(elsewhere, sink, limit)

    async def close(self) -> None:
        self._closed = True
        if self._poll is not None:
            self._poll.cancel()


def _relation(thread: str, answered: str) -> dict[str, Any]:
    """How a reply stands to its thread, and to the message that it answers."""
    answer = {"m.in_reply_to": {"event_id": answered}} if answered.startswith("$") else {}
    if not thread:
        return answer
    beside = answer or {"m.in_reply_to": {"event_id": thread}}
    return {"rel_type": "m.thread", "event_id": thread, "is_falling_back": not answer, **beside}
