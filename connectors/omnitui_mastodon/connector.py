"""A user of a Mastodon instance as an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, ClassVar

from omnitui.sdk import (
    MINUTE,
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
    Found,
    Health,
    Idempotency,
    Json,
    Manifest,
    MessageDeleted,
    NotFound,
    NotReady,
    OmniError,
    Outbound,
    Outcome,
    Reach,
    Reconciled,
    Rejected,
    Sink,
    Unknowable,
    Unknown,
    Verb,
    made_at,
    until,
)
from omnitui_mastodon.client import RECORD_GONE, Instance, Refusal
from omnitui_mastodon.mapping import CHANNEL, PRIVATE, address, instant, length, message, same, unsupported
from omnitui_mastodon.settings import MANIFEST

PAGE = 40
LIMIT = 500
FILES = 4
FILE = 16 * 1024 * 1024
PROCESSING_SECONDS = 60
SKEW = 10 * MINUTE
"""So far this machine's clock may be ahead of an instance's."""


class MastodonConnector:
    """Speaks for one user."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        url, token = context.settings.get("instance", ""), context.secrets.get("token", "")
        self._instance = Instance(context.http, url, token, context.clock.now)
        self._public = context.settings.get("public", "yes") == "yes"
        self._limit = int(context.settings.get("text_limit") or LIMIT)
        self._us: dict[str, Any] = {}
        self._lost, self._closed = asyncio.Event(), asyncio.Event()

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.FINDABLE,
            inbound=("stream",),
            text_limit=self._limit,
            attachments=True,
            attachment_limit=FILE,
            reach={Verb.EDIT: Reach.REMOTE, Verb.DELETE: Reach.REMOTE},
        )

    async def check(self) -> Health:
        try:
            us = await self._who()
            told = await self._ask("GET", "/api/v2/instance")
        except Fault as fault:
            refused = isinstance(fault, AuthFailed)
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=refused)
        limit = str(told["configuration"]["statuses"]["max_characters"])
        what = "mentions, public and private" if self._public else "private mentions"
        return Health(ok=True, message=f"{address(us)}: {what}", learnt={"text_limit": limit})

    async def directory(self) -> Directory:
        return Directory(inboxes=((CHANNEL, address(await self._who())),))

    async def _who(self) -> dict[str, Any]:
        if not self._us:
            self._us = await self._ask("GET", "/api/v1/accounts/verify_credentials")
        return self._us

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        """Call what can be asked again, whatever stands in the way. Raises `Fault`."""
        try:
            return await self._instance.call(method, path, **more)
        except (Broken, Refusal) as error:
            raise NotReady(str(error)) from error

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        us = await self._who()
        last = str(cursor["last"]) if cursor else ""
        first = str(cursor["first"]) if cursor else ""
        self._lost.clear()
        if self._closed.is_set():
            return
        async with aclosing(until(self._lost, self._instance.happenings())) as happenings:
            async for kind, told in happenings:
                if kind == "open":
                    # What happens from here on is told; what happened before is asked for.
                    async for batch in self._missed(last, first, us):
                        last, first = batch.cursor["last"], batch.cursor["first"]
                        yield batch
                elif happened := await self._happened(kind, told, us):
                    last = str(told.get("id") or last) if kind == "notification" else last
                    yield Batch(tuple(happened), {"last": last, "first": first}, caught_up=True)
        if not self._closed.is_set():
            raise NotReady("the line is made anew")

    async def _missed(self, last: str, first: str, us: dict[str, Any]) -> AsyncIterator[Batch]:
        """The mentions since `last`, oldest first; without one the newest page."""
        gap = ""
        if not last:
            page = await self._mentions()
            # A page may be short though there is more: instances leave out what is hidden, or hand out fewer.
            first = str(page[-1]["id"]) if page else ""
            last = str(page[0]["id"]) if page else ""
            events = [await self._mention(one, us) for one in reversed(page)]
            yield Batch(tuple(filter(None, events)), {"last": last, "first": first})
        else:
            while page := await self._mentions(min_id=last):
                last = max((str(one["id"]) for one in page), key=lambda number: (len(number), number))
                events = [await self._mention(one, us) for one in reversed(page)]
                yield Batch(tuple(filter(None, events)), {"last": last, "first": first})
        extents = (Extent("mentions", complete_since=None if first else 0),)
        yield Batch((), {"last": last, "first": first}, extents=extents, caught_up=True, gap=gap)

    async def _mentions(self, **place: str) -> list[dict[str, Any]]:
        query = {"types[]": "mention", "limit": PAGE, **place}
        found: list[dict[str, Any]] = await self._ask("GET", "/api/v1/notifications", query=query)
        return found

    async def _happened(self, kind: str, told: Any, us: dict[str, Any]) -> list[Event]:
        now = self._context.clock.now()
        match kind:
            case "notification" if isinstance(told, dict) and told.get("type") == "mention":
                return [event] if (event := await self._mention(told, us)) else []
            case "status.update" | "status_update" if isinstance(told, dict) and self._concerns(told, us):
                return [await self._message(told, us)]
            case "delete":
                return [MessageDeleted(str(told), now)]
        # Boosts, favourites, the posts of those whom the desk follows: nobody writes to us by them.
        return []

    def _concerns(self, status: dict[str, Any], us: dict[str, Any]) -> bool:
        mentioned = {one.get("id") for one in status.get("mentions") or () if isinstance(one, dict)}
        return us["id"] in mentioned and self._wanted(status)

    def _wanted(self, status: dict[str, Any]) -> bool:
        return self._public or status.get("visibility") == PRIVATE

    async def _mention(self, notification: dict[str, Any], us: dict[str, Any]) -> Event | None:
        status = notification.get("status")
        if not isinstance(status, dict):
            return unsupported("notification", notification, us=us, now=self._context.clock.now())
        return await self._message(status, us) if self._wanted(status) else None

    async def _message(self, status: dict[str, Any], us: dict[str, Any]) -> Event:
        above = await self._thread(str(status.get("id")), "ancestors") if status.get("in_reply_to_id") else []
        root = str(above[0]["id"]) if above else str(status.get("id"))
        return message(status, root=root, us=us, now=self._context.clock.now(), answers=bool(above))

    async def _thread(self, status: str, part: str) -> list[dict[str, Any]]:
        """What stands above or below a post; nothing where it is gone."""
        try:
            context = await self._instance.call("GET", f"/api/v1/statuses/{status}/context")
        except Refusal:
            return []
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        return [one for one in context.get(part) or () if isinstance(one, dict)]

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return ("mentions",) if cursor and cursor["first"] else ()

    async def backfill(self, scope: str, before: Json) -> Batch:
        us = await self._who()
        # The newest page is fetched once more to begin with: it is known already, and shown once.
        page = await self._mentions(**({"max_id": str(before)} if before else {}))
        events = [await self._mention(one, us) for one in page]
        done = not page
        oldest = str(page[-1]["id"]) if page else before
        extent = Extent(scope, complete_since=0 if done else None)
        return Batch(tuple(filter(None, events)), oldest, extents=(extent,), caught_up=done)

    async def renew(self) -> None:
        self._lost.set()

    async def perform(self, op: Outbound) -> Outcome:
        match op.verb:
            case Verb.REPLY:
                return await self._reply(op)
            case Verb.EDIT:
                return await self._edit(op)
            case Verb.DELETE:
                return await self._done(op, "DELETE", f"/api/v1/statuses/{op.fields['message']}")
        return Accepted()

    async def _reply(self, op: Outbound) -> Outcome:
        if len(op.files) > FILES:
            return Rejected(f"Mastodon takes {FILES} files in one post")
        answered = await self._answered(op)
        if answered is None:
            return Rejected("the post that this answers is gone, and Mastodon has no other way to its writer")
        text = f"@{op.contact.removeprefix('@')} {op.text}"
        if (most := length(text)) > self._limit:
            return Rejected(f"with the name of its reader the text has {most:,} characters; {self._limit:,} are taken")
        said: dict[str, Any] = {
            "status": text,
            "in_reply_to_id": str(answered["id"]),
            # Who could read the question can read the answer, and nobody else.
            "visibility": str(answered.get("visibility") or PRIVATE),
        }
        if answered.get("spoiler_text"):
            said["spoiler_text"] = str(answered["spoiler_text"])
        try:
            said |= {"media_ids": [await self._put(*one) for one in _named(op)]} if op.files else {}
        except Refusal as refusal:
            return Rejected(str(refusal))
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        return await self._done(op, "POST", "/api/v1/statuses", said, key=op.idempotency_key)

    async def _put(self, name: str, data: bytes, media_type: str) -> str:
        answer = await self._instance.call("POST", "/api/v2/media", files={"file": (name, data, media_type)})
        number = str(answer["id"])
        # Films are worked on first, and no post may have them until they have an address.
        for _second in range(PROCESSING_SECONDS):
            if answer.get("url"):
                return number
            await asyncio.sleep(1)
            answer = await self._instance.call("GET", f"/api/v1/media/{number}")
        raise NotReady(f"the instance still works on {name}")

    async def _answered(self, op: Outbound) -> dict[str, Any] | None:
        """The post to answer: the one that was chosen, else the customer's newest in the conversation."""
        chosen = op.reply_to_external_id or op.conversation
        try:
            status: dict[str, Any] = await self._instance.call("GET", f"/api/v1/statuses/{chosen}")
        except Refusal:
            return None
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        if op.reply_to_external_id:
            return status
        thread = [status, *await self._thread(str(status["id"]), "descendants")]
        theirs = [one for one in thread if one.get("account", {}).get("acct") == op.contact.removeprefix("@")]
        # A thread comes as a tree; ids grow with time.
        return max(theirs, key=lambda one: (len(str(one["id"])), str(one["id"])), default=status)

    async def _edit(self, op: Outbound) -> Outcome:
        text = f"@{op.contact.removeprefix('@')} {op.fields['text']}"
        path = f"/api/v1/statuses/{op.fields['message']}"
        try:
            before = await self._instance.call("GET", path)
        except Refusal as refusal:
            return Rejected(str(refusal))
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        # Files that are not named again are taken away.
        files = [str(file["id"]) for file in before.get("media_attachments") or ()]
        said = {"status": text, "spoiler_text": str(before.get("spoiler_text") or "")}
        return await self._done(op, "PUT", path, said | ({"media_ids": files} if files else {}))

    async def _done(self, op: Outbound, method: str, path: str, said: Any = None, *, key: str = "") -> Outcome:
        await self._context.mark(op.op_id)
        try:
            answer = await self._instance.call(method, path, said, key=key)
        except Refusal as refusal:
            if op.verb is Verb.DELETE and refusal.status == RECORD_GONE:
                return Accepted()
            return Rejected(str(refusal))
        except Broken as broken:
            return Unknown(str(broken))
        return Accepted(str(answer["id"]) if op.verb is Verb.REPLY else "")

    async def reconcile(self, op: Outbound) -> Reconciled:
        """Look in the thread for a post of ours that says this, and is not older than the reply."""
        if op.verb is not Verb.REPLY:
            # The same change twice is one.
            return NotFound()
        us, made = await self._who(), made_at(op.op_id)
        below = await self._below(op.reply_to_external_id or op.conversation)
        if below is None:
            return Unknowable("the thread in which it would stand cannot be read")
        mine = [one for one in below if one.get("account", {}).get("id") == us["id"]]
        late = [one for one in mine if instant(one.get("created_at"), made) >= made - SKEW]
        if not late:
            return NotFound()
        text = f"@{op.contact.removeprefix('@')} {op.text}"
        for one in late if op.text else ():
            if same(str(one.get("content")), text) and instant(one.get("created_at"), made) >= made - MINUTE:
                return Found(str(one["id"]))
        return Unknowable("the desk has said something there since, in other words")

    async def _below(self, status: str) -> list[dict[str, Any]] | None:
        """What stands below a post; None where it cannot be read."""
        try:
            context = await self._instance.call("GET", f"/api/v1/statuses/{status}/context")
        except Refusal:
            return None
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        return [one for one in context.get("descendants") or () if isinstance(one, dict)]

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        if not isinstance(remote, dict) or not str(remote.get("url", "")).startswith(("https://", "http://")):
            raise OmniError("the file has no address that can be fetched")
        await self._context.fetch(str(remote["url"]), sink, limit)

    async def close(self) -> None:
        self._closed.set()
        self._lost.set()


def _named(op: Outbound) -> list[tuple[str, bytes, str]]:
    return [(file.name, file.data, file.media_type) for file in op.files]
