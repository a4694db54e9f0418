"""A LINE official account as an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import aclosing, suppress
from typing import Any, ClassVar, TypeVar

from omnitui.sdk import (
    MINUTE,
    QUOTA,
    SECOND,
    Accepted,
    Batch,
    Broken,
    Capabilities,
    Context,
    Deliveries,
    Event,
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
    Outcome,
    Reach,
    Reconciled,
    Rejected,
    Sink,
    TextUnit,
    Verb,
    Webhook,
    until,
)
from omnitui_line.checkup import checkup, quota
from omnitui_line.client import MessagingApi, Refusal
from omnitui_line.mapping import events, items, place_of
from omnitui_line.people import People
from omnitui_line.sending import TEXT, Sender
from omnitui_line.settings import API, DATA, MANIFEST
from omnitui_line.tokens import USABLE, Heard, Tokens, on_disk
from omnitui_line.webhook import LineWebhook

QUOTA_REST: Millis = MINUTE
PATIENCE_SECONDS = 3.0
"""Messages wait no longer for the quota."""
SHOWN = 20
"""How long LINE shows that somebody writes, unless a message comes."""
NO_HISTORY = "LINE hands out no history: what was written before this account was added is not here"

T = TypeVar("T")


class LineConnector:
    """Speaks for one channel."""

    manifest: ClassVar[Manifest] = MANIFEST

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Webhook:
        return LineWebhook(secrets.get("channel_secret", ()))

    def __init__(self, context: Context) -> None:
        self._context = context
        self._api = MessagingApi(
            context.http,
            context.clock,
            url=context.settings.get("api_url") or API,
            data_url=context.settings.get("data_url") or DATA,
            token=context.secrets.get("token", ""),
        )
        self._tokens = Tokens(context.drawer)
        self._sender = Sender(context, self._api, self._tokens)
        self._people = People(self._api, context.clock)
        self._closed = asyncio.Event()
        self._sweeping: asyncio.Task[None] | None = None
        self._asked_quota_at: Millis | None = None

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.FINDABLE,
            inbound=("webhook",),
            text_limit=TEXT,
            text_unit=TextUnit.UTF16,
            can_start=True,
            quotes=True,
            free_for=USABLE,
            paid_after=True,
            reach={Verb.READ: Reach.REMOTE},
        )

    async def check(self) -> Health:
        return await checkup(self._api, self._context.settings, self._context.secrets)

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        bot = await self._ask(self._api.get("info"))
        inbox = str(bot.get("basicId") or bot.get("userId") or "")
        gap = "" if cursor else NO_HISTORY
        await on_disk(lambda: self._tokens.sweep(self._now()))
        async with aclosing(
            until(self._closed, self._context.deliveries(int(cursor["gateway"]) if cursor else 0))
        ) as pages:
            async for page in pages:
                batch = await self._batch(page, inbox)
                yield Batch(
                    batch,
                    {"gateway": page.cursor},
                    extents=await self._extents(),
                    caught_up=page.caught_up,
                    gap="; ".join(part for part in (gap, page.gap) if part),
                )
                gap = ""

    async def _batch(self, page: Deliveries, inbox: str) -> tuple[Event, ...]:
        found = await asyncio.to_thread(lambda: [item for one in page.items for item in items(one.body) or ()])
        heard = [one for item in found if (one := _heard(item)) is not None]
        if heard:
            await on_disk(lambda: self._tokens.hear(heard, self._now()))
            self._sweep_later()
        met = await self._people.meet(place for item in found if (place := place_of(item)) is not None)
        return (*await asyncio.to_thread(self._told, page, inbox), *met)

    def _told(self, page: Deliveries, inbox: str) -> list[Event]:
        return [
            event
            for one in page.items
            for event in events(one.body, inbox=inbox, persons=self._people.persons, at=one.received_at)
        ]

    async def _extents(self) -> tuple[Extent, ...]:
        """What is left of the month's messages, where a minute has passed since that was asked."""
        now = self._now()
        if self._asked_quota_at is not None and 0 <= now - self._asked_quota_at < QUOTA_REST:
            return ()
        self._asked_quota_at = now
        with suppress(Fault, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                return (Extent(QUOTA, budget=await self._ask(quota(self._api))),)
        return ()

    def _sweep_later(self) -> None:
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.ensure_future(self._sweep())

    async def _sweep(self) -> None:
        """Take each reply token from the disk when its minute is over, until none is left."""
        ends: Millis | None = self._now()
        while ends is not None:
            await asyncio.sleep(max(SECOND, ends - self._now()) / 1000)
            try:
                ends = await asyncio.to_thread(self._tokens.sweep, self._now())
            except OSError as error:
                self._context.log(f"reply tokens that are over cannot be removed: {error.strerror}")

    async def perform(self, op: Outbound) -> Outcome:
        match op.verb:
            case Verb.REPLY:
                return await self._sender.send(op)
            case Verb.READ:
                return await self._read(op)
        return Accepted()

    async def _read(self, op: Outbound) -> Outcome:
        token = await on_disk(lambda: self._tokens.read(op.conversation)) if op.fields.get("read") else ""
        if not token:
            return Accepted()
        await self._context.mark(op.op_id)
        try:
            await self._api.post("chat/markAsRead", {"markAsReadToken": token})
        except Refusal as refusal:
            return Rejected(str(refusal))
        except Broken as broken:
            # It can be said twice.
            raise NotReady(str(broken)) from broken
        return Accepted()

    async def reconcile(self, op: Outbound) -> Reconciled:
        return await self._sender.find(op)

    async def typing(self, conversation: str, channel: str) -> None:
        if conversation.startswith("U"):
            await self._ask(self._api.post("chat/loading/start", {"chatId": conversation, "loadingSeconds": SHOWN}))

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        if "url" in remote:
            await self._context.fetch(str(remote["url"]), sink, limit)
            return
        message = str(remote["message"])
        try:
            if remote["kind"] in ("video", "audio"):
                await self._prepared(message)
            await self._api.download(message, sink, limit)
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        except Refusal as refusal:
            gone = refusal.status in (404, 410)
            said = "LINE does not keep this file any longer" if gone else f"LINE does not give this file: {refusal}"
            raise OmniError(
                said, hint="LINE removes content after a while, and at once what a customer takes back"
            ) from None

    async def _prepared(self, message: str) -> None:
        status = (await self._api.get("message", message, "content", "transcoding", data=True)).get("status")
        if status == "processing":
            raise NotReady("LINE still prepares this file", hint="open it again in a minute")
        if status == "failed":
            raise OmniError("LINE could not prepare this file")

    async def close(self) -> None:
        self._closed.set()
        if self._sweeping is not None:
            self._sweeping.cancel()

    def _now(self) -> Millis:
        return self._context.clock.now()

    async def _ask(self, answer: Awaitable[T]) -> T:
        """Wait for the answer to what changes nothing for a customer: whatever stands in the way, ask again."""
        try:
            return await answer
        except (Broken, Refusal) as error:
            raise NotReady(str(error)) from error


def _heard(item: Any) -> Heard | None:
    """What an event brings that an answer needs."""
    place, at = place_of(item), item.get("timestamp") if isinstance(item, dict) else None
    if place is None or not isinstance(at, int):
        return None
    message = item.get("message")
    told = message if isinstance(message, dict) else {}
    tokens = [item.get("replyToken"), told.get("id"), told.get("quoteToken"), told.get("markAsReadToken")]
    return Heard(place.conversation, at, *(token if isinstance(token, str) else "" for token in tokens))
