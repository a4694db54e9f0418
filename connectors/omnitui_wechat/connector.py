"""A WeChat official account as an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import aclosing, suppress
from typing import Any, ClassVar, TypeVar

from omnitui.sdk import (
    DAY,
    HOUR,
    Accepted,
    AuthFailed,
    Batch,
    Broken,
    Capabilities,
    Context,
    Deliveries,
    Delivery,
    Event,
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
    Person,
    Reconciled,
    Rejected,
    Sink,
    TextUnit,
    Unknowable,
    Unknown,
    Unsupported,
    Verb,
    Webhook,
    measured,
    until,
)
from omnitui_wechat.client import Refusal, WeChatApi
from omnitui_wechat.envelope import fields, key_of
from omnitui_wechat.mapping import events, who_of
from omnitui_wechat.settings import API, CHANNEL, MANIFEST
from omnitui_wechat.webhook import WeChatWebhook, read

TEXT = 2_048
WINDOW: Millis = 48 * HOUR
MOST = 5
"""Answers to one message."""
UPLOAD = 10 * 1024 * 1024
PATIENCE_SECONDS = 3.0
"""Messages wait no longer for what is known of who wrote them."""
MOST_PEOPLE = 5_000
KINDS: Mapping[str, tuple[str, int]] = {
    "image/jpeg": ("image", UPLOAD),
    "image/png": ("image", UPLOAD),
    "image/gif": ("image", UPLOAD),
    "audio/amr": ("voice", 2 * 1024 * 1024),
    "audio/mpeg": ("voice", 2 * 1024 * 1024),
    "video/mp4": ("video", UPLOAD),
}
"""What WeChat calls a file, and how many bytes it takes."""
NO_HISTORY = "WeChat hands out no history: what was written before this account was added is not here"

T = TypeVar("T")


class WeChatConnector:
    """Speaks for one official account."""

    manifest: ClassVar[Manifest] = MANIFEST

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Webhook:
        return WeChatWebhook(settings.get("app_id", ""), secrets.get("token", ()), secrets.get("aes_key", ()))

    def __init__(self, context: Context) -> None:
        self._context = context
        self._api = WeChatApi(
            context.http,
            context.clock,
            url=context.settings.get("api_url") or API,
            app_id=context.settings.get("app_id", ""),
            app_secret=context.secrets.get("app_secret", ""),
        )
        self._people: dict[str, tuple[Person, Millis]] = {}
        self._closed = asyncio.Event()

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.UNKNOWABLE,
            inbound=("webhook",),
            text_limit=TEXT,
            text_unit=TextUnit.BYTES,
            attachments=True,
            attachment_limit=UPLOAD,
            most_files=1,
            beside_files=0,
            window=WINDOW,
            most_in_window=MOST,
        )

    async def check(self) -> Health:
        try:
            key_of(self._context.secrets.get("aes_key", ""))
            if not self._context.settings.get("gateway") and not self._context.secrets.get("token"):
                why = "the gateway on this machine cannot tell WeChat's messages from forged ones"
                return Health(ok=False, message=why, hint="give the Token of the server configuration", refused=True)
            await self._api.token()
        except ValueError as error:
            return Health(
                ok=False, message=str(error), hint="the platform's console, Basic configuration", refused=True
            )
        except Fault as fault:
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=isinstance(fault, AuthFailed))
        return Health(ok=True, message=f"{self._context.settings.get('app_id', '')}; answers within 48 hours")

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        await self._api.token()
        gap = "" if cursor else NO_HISTORY
        calls = self._context.deliveries(int(cursor["gateway"]) if cursor else 0)
        async with aclosing(until(self._closed, calls)) as pages:
            async for page in pages:
                told = "; ".join(part for part in (gap, page.gap) if part)
                yield Batch(await self._batch(page), {"gateway": page.cursor}, caught_up=page.caught_up, gap=told)
                gap = ""

    async def _batch(self, page: Deliveries) -> tuple[Event, ...]:
        opened = await asyncio.to_thread(lambda: [self._opened(one) for one in page.items])
        await self._meet({who for _one, xml in opened if xml is not None and (who := who_of(fields(xml)))})
        return tuple(told for one, xml in opened for told in self._events(one, xml))

    def _opened(self, one: Delivery) -> tuple[Delivery, bytes | None]:
        return one, read(one.body, (self._context.secrets.get("aes_key", ""),))

    def _events(self, one: Delivery, xml: bytes | None) -> tuple[Event, ...]:
        if xml is None:
            return (Unsupported("wechat.sealed", one.body, one.received_at, channel=CHANNEL),)
        told = fields(xml)
        person, _until = self._people.get(who_of(told), (Person(who_of(told)), 0))
        return events(told, xml, person, at=one.received_at)

    async def _meet(self, people: set[str]) -> None:
        """Look up who is not known yet, as far as that is quick: WeChat tells our own remark, and a language."""
        now = self._context.clock.now()
        new = [who for who in people if now >= self._people.get(who, (None, 0))[1]]

        async def ask(who: str) -> None:
            with suppress(Fault, Broken, Refusal):
                said = await self._api.call("GET", "user/info", openid=who, lang="zh_CN")
                while len(self._people) >= MOST_PEOPLE:
                    del self._people[next(iter(self._people))]
                name, language = (str(said.get(part) or "")[:200] for part in ("remark", "language"))
                named = name or str(said.get("nickname") or "")[:200]
                self._people[who] = Person(who, named, language.replace("_", "-")), now + DAY

        if new:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await asyncio.gather(*(ask(who) for who in new))

    async def perform(self, op: Outbound) -> Outcome:
        return await self._reply(op) if op.verb is Verb.REPLY else Accepted()

    async def _reply(self, op: Outbound) -> Outcome:
        if (length := measured(op.text, TextUnit.BYTES)) > TEXT:
            return Rejected(f"the text has {length:,} bytes; WeChat takes {TEXT:,}")
        if (why := _unfit(op)) != "":
            return Rejected(why)
        try:
            said = await self._uploaded(op.files[0]) if op.files else {"msgtype": "text", "text": {"content": op.text}}
            await self._context.mark(op.op_id)
            await self._api.call("POST", "message/custom/send", {"touser": op.conversation or op.contact, **said})
        except Refusal as refusal:
            return Rejected(_REASONS.get(refusal.code, "") or str(refusal))
        except Broken as broken:
            return Unknown(str(broken))
        return Accepted()

    async def _uploaded(self, file: OutboundFile) -> dict[str, Any]:
        """Lay a file down at WeChat; nobody sees it yet. Raises `Refusal`, faults."""
        kind, _most = KINDS[file.media_type]
        try:
            said = await self._api.call(
                "POST", "media/upload", files={"media": (file.name, file.data, file.media_type)}, type=kind
            )
            return {"msgtype": kind, kind: {"media_id": str(said["media_id"])}}
        except (Broken, KeyError) as error:
            raise NotReady(f"WeChat did not take the file: {error}") from error

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable("WeChat keeps no keys of what was sent")

    async def typing(self, conversation: str, channel: str) -> None:
        said = {"touser": conversation, "command": "Typing"}
        await self._ask(self._api.call("POST", "message/custom/typing", said))

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        try:
            elsewhere = await self._api.download(str(remote["media_id"]), sink, limit)
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        except Refusal as refusal:
            raise OmniError(
                f"WeChat does not give this file: {refusal}", hint="WeChat keeps files for three days"
            ) from None
        if elsewhere:
            await self._context.fetch(elsewhere, sink, limit)

    async def close(self) -> None:
        self._closed.set()

    async def _ask(self, answer: Awaitable[T]) -> T:
        """Wait for the answer to what changes nothing for a customer: whatever stands in the way, ask again."""
        try:
            return await answer
        except (Broken, Refusal) as error:
            raise NotReady(str(error)) from error


_REASONS: Mapping[int, str] = {
    45015: "the customer wrote more than 48 hours ago, or follows us no longer (45015)",
    45047: "five answers were sent since the customer last wrote: WeChat takes more when they write again (45047)",
    43004: "the customer does not follow us (43004)",
}


def _unfit(op: Outbound) -> str:
    """Why WeChat does not take this; empty where it does."""
    if len(op.files) > 1 or (op.files and op.text):
        return "WeChat takes one file in a message, and no text beside it"
    for file in op.files:
        if file.media_type not in KINDS:
            return f"WeChat takes pictures, MP3 and AMR voice, and MP4 video, and {file.name} is none"
        if len(file.data) > KINDS[file.media_type][1]:
            return f"{file.name} is larger than {KINDS[file.media_type][1] // 1024 // 1024} MB"
    return ""
