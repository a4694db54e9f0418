"""The direct messages of an X account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import suppress
from typing import Any, ClassVar, TypeVar

from omnitui.sdk import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Accepted,
    AuthFailed,
    Batch,
    Broken,
    Capabilities,
    Context,
    Extent,
    Fault,
    Health,
    Idempotency,
    Json,
    Manifest,
    Millis,
    NotReady,
    OmniError,
    Outbound,
    OutboundFile,
    Outcome,
    Reconciled,
    Rejected,
    Sink,
    Unknowable,
    Unknown,
    Verb,
    Webhook,
    until,
)
from omnitui_x.client import Refusal, XApi
from omnitui_x.mapping import PAIR, cards, event, items, number_of, page_of
from omnitui_x.oauth import Keys
from omnitui_x.settings import API, MANIFEST, MEDIA
from omnitui_x.webhook import XWebhook

TEXT = 10_000
UPLOAD = 5 * 1024 * 1024
IMAGES = ("image/jpeg", "image/png", "image/webp", "image/gif")
KEPT: Millis = 30 * DAY
"""How long X gives direct messages."""
OVERLAP = 5 * MINUTE << 22
"""Ids, which count thousandths of a second above their last 22 bits: so much later than a newer one may one show up."""
REMEMBERED = 500
LISTENING: Millis = 15 * MINUTE
"""How often is looked where X calls too."""
WANTED: Mapping[str, str] = {
    "max_results": "100",
    "event_types": "MessageCreate,ParticipantsJoin,ParticipantsLeave",
    "dm_event.fields": "id,text,event_type,sender_id,dm_conversation_id,created_at,attachments,participant_ids,"
    "entities,referenced_posts",
    "expansions": "sender_id,participant_ids,attachments.media_keys",
    "user.fields": "id,name,username,profile_image_url",
    "media.fields": "media_key,type,url,preview_image_url,variants",
}

T = TypeVar("T")


class XConnector:
    """Speaks for one account."""

    manifest: ClassVar[Manifest] = MANIFEST

    @staticmethod
    def is_called(settings: Mapping[str, str]) -> bool:
        return settings.get("listen") == "yes"

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Webhook:
        return XWebhook(secrets.get("consumer_secret", ()))

    def __init__(self, context: Context) -> None:
        self._context = context
        self._listens = context.settings.get("listen") == "yes"
        self._every = max(0, int(context.settings.get("every") or 60)) * SECOND
        named = ("consumer_key", "consumer_secret", "access_token", "access_secret")
        self._api = XApi(
            context.http,
            context.clock,
            url=context.settings.get("api_url") or API,
            media_url=context.settings.get("media_url") or MEDIA,
            keys=Keys(*(context.secrets.get(name, "") for name in named)),
        )
        self._closed = asyncio.Event()
        self._woken = asyncio.Event()
        self._heard = 0
        """The cursor of the last call that the gateway kept."""
        self._fault: Exception | None = None
        """Why nothing is heard of the gateway any more."""

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.UNKNOWABLE,
            inbound=("poll", "webhook") if self._listens else ("poll",),
            text_limit=TEXT,
            attachments=True,
            attachment_limit=UPLOAD,
            most_files=1,
            can_start=True,
        )

    async def check(self) -> Health:
        try:
            me = await self._me()
            await self._ask(self._api.get("dm_events", self._api.reads, max_results="1"))
        except Fault as fault:
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=isinstance(fault, AuthFailed))
        return Health(ok=True, message=f"@{me['username']}; {self._budget()}")

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        place = dict(cursor or {})
        if "me" not in place:
            me = await self._me()
            place = {"me": me["id"], "inbox": f"@{me['username']}", "known": 0, "reach": 0, "page": "", "heard": 0}
        gap = self._gap(cursor)
        self._heard, self._fault = place["heard"], None
        ear = asyncio.ensure_future(self._listen()) if self._listens else None
        try:
            while not self._closed.is_set():
                self._woken.clear()
                if self._fault is not None:
                    raise self._fault
                heard = self._heard
                said = await self._look(place)
                if said is None:
                    continue
                batch, place = self._batch(said, {**place, "heard": heard}, gap)
                gap = ""
                yield batch
                if batch.caught_up:
                    await self._rest(max(LISTENING if ear is not None else self._every, self._pace()))
        finally:
            if ear is not None:
                ear.cancel()

    async def _look(self, place: Json) -> dict[str, Any] | None:
        """The next page; None where it has to be asked for anew."""
        page = {"pagination_token": place["page"]} if place["page"] else {}
        try:
            return await self._api.get("dm_events", self._api.reads, **WANTED, **page)
        except Refusal as refusal:
            if not page:
                raise NotReady(str(refusal)) from refusal
            # X remembers where we were no more: from the newest on, those known come again.
            place["page"] = ""
            return None
        except Broken as broken:
            raise NotReady(str(broken)) from broken

    def _batch(self, said: Mapping[str, Any], place: Json, gap: str) -> tuple[Batch, Json]:
        """What is new on a page, and where to go on: older pages first, then the newest again."""
        now = self._context.clock.now()
        found = items(said)
        seen = set(place.get("seen", ()))
        floor = place["known"] - (OVERLAP if "seen" in place else 0)
        newer = [item for item in found if not 0 < number_of(item) <= place["known"]]
        fresh = [item for item in found if not 0 < number_of(item) <= floor and number_of(item) not in seen]
        told = page_of(said, me=place["me"], inbox=place["inbox"], at=now)
        events = [event(item, told) for item in fresh]
        meta = said.get("meta")
        older = meta.get("next_token") if isinstance(meta, dict) else None
        more = bool(older) and bool(newer) and len(newer) == len(found)
        reach = max([place["reach"], *(number_of(item) for item in newer)])
        told_of = sorted(seen | {number for item in fresh if (number := number_of(item)) > reach - OVERLAP})
        place = {**place, "at": now, "reach": reach, "page": older if more else "", "seen": told_of[-REMEMBERED:]}
        if not more:
            place["known"] = reach
        extents = (Extent("", complete_since=now - KEPT if not more else None, budget=self._budget()),)
        return Batch((*events, *cards(events, told)), place, extents, caught_up=not more, gap=gap), place

    def _gap(self, cursor: Json) -> str:
        if not cursor:
            return "X gives the direct messages of the last 30 days: what is older is not here"
        if self._context.clock.now() - cursor.get("at", 0) > KEPT:
            return "nobody asked X for more than 30 days, and it gives no older direct messages"
        return ""

    async def _listen(self) -> None:
        """Look at once whenever X calls: what it says is read where everything is read."""
        try:
            async for page in until(self._closed, self._context.deliveries(self._heard)):
                self._heard = page.cursor
                if page.items:
                    self._woken.set()
        except (Fault, OmniError) as error:
            self._fault = error
            self._woken.set()

    async def _rest(self, wait: Millis) -> None:
        """Wait so long, or until X calls, or the end."""
        tasks = [asyncio.ensure_future(one.wait()) for one in (self._woken, self._closed)]
        try:
            await asyncio.wait(tasks, timeout=max(wait, 10) / 1000, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        # Calls that come while the limit is used up wait for its end.
        if not self._closed.is_set() and (left := self._api.reads.wait(self._context.clock.now())):
            with suppress(TimeoutError):
                async with asyncio.timeout(left / 1000):
                    await self._closed.wait()

    def _pace(self) -> Millis:
        return min(self._api.reads.pace(self._context.clock.now()), HOUR)

    def _budget(self) -> str:
        told = (self._api.reads.words("reads"), self._api.sends.words("sends"))
        return "; ".join(words for words in told if words)

    async def _me(self) -> dict[str, str]:
        said = (await self._ask(self._api.get("users/me"))).get("data")
        if not isinstance(said, dict) or not said.get("id"):
            raise NotReady("X does not say whose account this is")
        return {"id": str(said["id"]), "username": str(said.get("username") or said["id"])}

    async def perform(self, op: Outbound) -> Outcome:
        return await self._reply(op) if op.verb is Verb.REPLY else Accepted()

    async def _reply(self, op: Outbound) -> Outcome:
        if len(op.text) > TEXT:
            return Rejected(f"the text has {len(op.text):,} characters; X takes {TEXT:,}")
        if (why := _unfit(op.files)) != "":
            return Rejected(why)
        to = op.conversation or op.contact
        path = f"dm_conversations/{to}/messages" if op.conversation else f"dm_conversations/with/{to}/messages"
        if not (to.isascii() and to.isdecimal()) and not PAIR.fullmatch(to):
            return Rejected("X has no such conversation")
        try:
            said: dict[str, Any] = {"text": op.text} if op.text or not op.files else {}
            if op.files:
                said["attachments"] = [{"media_id": await self._upload(op.files[0])}]
            await self._context.mark(op.op_id)
            answer = await self._api.post(path, self._api.sends, json=said)
        except Refusal as refusal:
            return Rejected(str(refusal))
        except Broken as broken:
            return Unknown(str(broken))
        sent = answer.get("data")
        told = sent if isinstance(sent, dict) else {}
        if not told.get("dm_event_id"):
            return Unknown("X took it without a name for it")
        return Accepted(str(told["dm_event_id"]), conversation=str(told.get("dm_conversation_id") or ""))

    async def _upload(self, file: OutboundFile) -> str:
        """Lay a picture down at X; nobody sees it yet. Raises `Refusal`, faults."""
        try:
            said = await self._api.post(
                "media/upload",
                data={"media_category": "dm_gif" if file.media_type == "image/gif" else "dm_image"},
                files={"media": (file.name, file.data, file.media_type)},
            )
            return str(said["data"]["id"])
        except (Broken, KeyError, TypeError) as error:
            raise NotReady(f"X did not take the picture: {error}") from error

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable("X keeps no keys of what was sent; if it came, it stands in the conversation soon")

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        if "url" in remote:
            await self._context.fetch(str(remote["url"]), sink, limit)
            return
        try:
            await self._api.download(str(remote["path"]), sink, limit)
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        except Refusal as refusal:
            raise OmniError(f"X does not give this file: {refusal}") from None

    async def close(self) -> None:
        self._closed.set()

    async def _ask(self, answer: Awaitable[T]) -> T:
        """Wait for the answer to what changes nothing for a customer: whatever stands in the way, ask again."""
        try:
            return await answer
        except (Broken, Refusal) as error:
            raise NotReady(str(error)) from error


def _unfit(files: tuple[OutboundFile, ...]) -> str:
    """Why X does not take these files; empty where it does."""
    if len(files) > 1:
        return "X takes one picture in a message"
    for file in files:
        if file.media_type not in IMAGES:
            return f"X takes pictures (JPEG, PNG, WebP, GIF), and {file.name} is none"
        if len(file.data) > UPLOAD:
            return f"{file.name} is larger than {UPLOAD // 1024 // 1024} MB"
    return ""
