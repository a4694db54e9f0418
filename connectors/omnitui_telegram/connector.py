"""A Telegram bot as an account."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any, ClassVar

from omnitui.sdk import (
    DAY,
    HOUR,
    Accepted,
    AuthFailed,
    Batch,
    Broken,
    Capabilities,
    Context,
    Delivery,
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
    Unknowable,
    Unknown,
    Unsupported,
    Verb,
    measured,
    until,
)
from omnitui_telegram.client import BotApi, Files, Refusal
from omnitui_telegram.mapping import CHANNEL, WANTED, events, id_of, message_of, place_of
from omnitui_telegram.settings import MANIFEST
from omnitui_telegram.webhook import TelegramWebhook

POLL_SECONDS = 50
PAGE = 100
TEXT = 4_096
CAPTION = 1_024
FILES = 10
UPLOAD = 50 * 1024 * 1024
DOWNLOAD = 20 * 1024 * 1024
KEPT: Millis = DAY
"""How long Telegram keeps what was not asked for."""


class TelegramConnector:
    """Speaks for one bot."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        url = context.settings.get("api_url") or "https://api.telegram.org"
        self._api = BotApi(context.http, url, context.secrets.get("token", ""))
        self._poll: asyncio.Task[Any] | None = None
        self._hooked = context.settings.get("receive") == "webhook"
        self._closed = asyncio.Event()

    @staticmethod
    def is_called(settings: Mapping[str, str]) -> bool:
        return settings.get("receive") == "webhook"

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> TelegramWebhook:
        return TelegramWebhook(secrets.get("webhook_secret", ()))

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.UNKNOWABLE,
            inbound=("longpoll", "webhook"),
            text_limit=TEXT,
            text_unit=TextUnit.UTF16,
            attachments=True,
            attachment_limit=UPLOAD,
            most_files=FILES,
            beside_files=CAPTION,
            quotes=True,
            reach={Verb.EDIT: Reach.REMOTE, Verb.DELETE: Reach.REMOTE},
        )

    async def check(self) -> Health:
        try:
            bot = await self._ask("getMe", {})
            webhook = await self._ask("getWebhookInfo", {})
        except Fault as fault:
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=isinstance(fault, AuthFailed))
        if self._hooked:
            if trouble := await self._unhooked(webhook):
                return trouble
        elif webhook.get("url"):
            return Health(
                ok=False,
                message=f"@{bot['username']} hands its messages to a webhook, so they cannot be asked for",
                hint="let that program go on, or call deleteWebhook: docs/telegram.md",
                refused=True,
            )
        groups = "" if bot.get("can_read_all_group_messages") else "; in groups it sees only what is said to it"
        return Health(ok=True, message=f"@{bot['username']}{groups}")

    async def _unhooked(self, info: dict[str, Any]) -> Health | None:
        """Tell Telegram the webhook's address where it has another; what stands in the way of its calls, or None."""
        url, secret = self._context.settings.get("webhook_url", ""), self._context.secrets.get("webhook_secret", "")
        if url and info.get("url") != url:
            try:
                TelegramWebhook((secret,))
                said = {"url": url, "secret_token": secret, "allowed_updates": list(WANTED)}
                await self._ask("setWebhook", said)
            except OmniError as error:
                return Health(ok=False, message=error.message, hint=error.hint, refused=not isinstance(error, NotReady))
            return None
        if not info.get("url"):
            return Health(ok=False, message="Telegram was told no webhook", hint="set webhook_url: docs/telegram.md")
        if info.get("pending_update_count") and info.get("last_error_message"):
            return Health(ok=False, message=f"Telegram cannot reach {info['url']}: {info['last_error_message']}")
        return None

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        async with aclosing(self._kept(cursor) if self._hooked else self._polled(cursor)) as stream:
            async for batch in stream:
                yield batch

    async def _kept(self, cursor: Json) -> AsyncGenerator[Batch, None]:
        """What the gateway kept."""
        bot = "@" + str((await self._ask("getMe", {}))["username"])
        number = int(cursor.get("gateway", 0)) if cursor else 0
        async with aclosing(until(self._closed, self._context.deliveries(number))) as stream:
            async for page in stream:
                found = [event for one in page.items for event in _of_call(one, bot)]
                yield Batch(tuple(found), {"gateway": page.cursor}, caught_up=page.caught_up, gap=page.gap)

    async def _polled(self, cursor: Json) -> AsyncGenerator[Batch, None]:
        bot = "@" + str((await self._ask("getMe", {}))["username"])
        offset, asked_at = (cursor["offset"], cursor["at"]) if cursor and "offset" in cursor else (0, 0)
        gap = self._gap(asked_at)
        caught_up = False
        while not self._closed.is_set():
            # What lies there already comes at once; after that each request waits for news.
            updates = await self._updates(offset, POLL_SECONDS if caught_up else 0)
            if updates is None:
                caught_up = False
                continue
            now = self._context.clock.now()
            told, caught_up = caught_up, len(updates) < PAGE
            offset = max((update["update_id"] + 1 for update in updates), default=offset)
            if updates or caught_up != told or now - asked_at > HOUR:
                asked_at = now
                yield Batch(
                    tuple(event for update in updates for event in events(update, bot=bot, now=now)),
                    {"offset": offset, "at": now},
                    extents=(Extent("", budget=f"Telegram keeps messages for {KEPT // HOUR} hours"),),
                    caught_up=caught_up,
                    gap=gap,
                    # Whoever asks on from an update has had it: Telegram forgets it then.
                    once=bool(updates),
                )
                gap = ""

    async def renew(self) -> None:
        if self._poll is not None:
            self._poll.cancel()

    def _gap(self, asked_at: Millis) -> str:
        """What may be missing: Telegram hands out no history, and keeps what comes for a day."""
        if not asked_at:
            return "Telegram hands out no history: what was written before this account was added is not here"
        if self._context.clock.now() - asked_at > KEPT:
            return "nobody asked Telegram for more than 24 hours, and it does not keep messages for longer"
        return ""

    async def _updates(self, offset: int, wait: int) -> list[dict[str, Any]] | None:
        """The next page; None where the request was given up, because of `close` or `renew`."""
        parameters = {"offset": offset, "limit": PAGE, "timeout": wait, "allowed_updates": list(WANTED)}
        self._poll = asyncio.ensure_future(self._ask("getUpdates", parameters, wait=wait))
        try:
            await asyncio.wait([self._poll])
            if self._poll.cancelled():
                return None
            found: list[dict[str, Any]] = self._poll.result()
            return found
        finally:
            self._poll.cancel()

    async def _ask(self, method: str, parameters: dict[str, Any], *, wait: float = 0) -> Any:
        """Call what changes nothing for a customer: whatever stands in the way, it can be asked again."""
        try:
            return await self._api.call(method, parameters, wait=wait)
        except (Broken, Refusal) as error:
            raise NotReady(str(error)) from error

    async def perform(self, op: Outbound) -> Outcome:
        match op.verb:
            case Verb.REPLY:
                return await self._reply(op)
            case Verb.EDIT:
                return await self._edit(op)
            case Verb.DELETE:
                return await self._delete(op)
        return Accepted()

    async def _reply(self, op: Outbound) -> Outcome:
        most = CAPTION if op.files else TEXT
        if (length := measured(op.text, TextUnit.UTF16)) > most:
            beside = " beside files" if op.files else ""
            return Rejected(f"the text has {length:,} UTF-16 units; Telegram takes {most:,}{beside}")
        if len(op.files) > FILES:
            return Rejected(f"Telegram takes {FILES} files in one message")
        place = place_of(op.conversation or op.contact)
        if answered := message_of(op.reply_to_external_id):
            place["reply_parameters"] = {"message_id": answered[1][-1], "allow_sending_without_reply": True}

        async def send() -> Outcome:
            sent = await self._api.call(*_request(op, place))
            return Accepted(id_of(*sent) if isinstance(sent, list) else id_of(sent))

        await self._context.mark(op.op_id)
        try:
            return await self._outcome(send)
        except Refusal as refusal:
            if not refusal.moved_to:
                return Rejected(str(refusal))
            place["chat_id"] = refusal.moved_to
            with suppress(Refusal):
                return await self._outcome(send)
            return Rejected(str(refusal))

    async def _edit(self, op: Outbound) -> Outcome:
        text = str(op.fields["text"])
        outcome = await self._change(op, "editMessageText", {"text": text})
        match outcome:
            case Rejected(reason) if "no text in the message" in reason:
                # What stands beside a file is its caption.
                outcome = await self._change(op, "editMessageCaption", {"caption": text})
        match outcome:
            case Rejected(reason) if "message is not modified" in reason:
                return Accepted()
        return outcome

    async def _delete(self, op: Outbound) -> Outcome:
        named = message_of(str(op.fields["message"]))
        if named is not None and len(named[1]) > 1:
            return await self._change(op, "deleteMessages", {"message_ids": list(named[1])}, each=False)
        return await self._change(op, "deleteMessage", {})

    async def _change(self, op: Outbound, method: str, parameters: dict[str, Any], *, each: bool = True) -> Outcome:
        named = message_of(str(op.fields["message"]))
        if named is None:
            return Rejected("Telegram has no such message")
        place = {"chat_id": named[0]} | ({"message_id": named[1][-1]} if each else {})

        async def change() -> Outcome:
            await self._api.call(method, {**place, **parameters})
            return Accepted()

        await self._context.mark(op.op_id)
        try:
            return await self._outcome(change)
        except Refusal as refusal:
            return Rejected(str(refusal))

    async def _outcome(self, work: Callable[[], Any]) -> Outcome:
        try:
            outcome: Outcome = await work()
        except Broken as broken:
            return Unknown(str(broken))
        return outcome

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable("Telegram cannot be asked what a bot has sent")

    async def typing(self, conversation: str, channel: str) -> None:
        await self._ask("sendChatAction", {**place_of(conversation), "action": "typing"})

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        try:
            file = await self._api.call("getFile", {"file_id": remote["file_id"]})
            if not file.get("file_path"):
                raise Refusal("Telegram does not give this file")
            await self._api.download(str(file["file_path"]), sink, min(limit, DOWNLOAD))
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        except Refusal as refusal:
            raise OmniError(str(refusal), hint="Telegram gives bots files of at most 20 MB") from refusal

    async def close(self) -> None:
        self._closed.set()
        if self._poll is not None:
            self._poll.cancel()


def _of_call(call: Delivery, bot: str) -> tuple[Event, ...]:
    """What Telegram's call reports."""
    try:
        update = json.loads(call.body)
    except (ValueError, RecursionError):
        update = None
    if isinstance(update, dict):
        return events(update, bot=bot, now=call.received_at)
    return (Unsupported("telegram.webhook", call.body, call.received_at, str(call.number), "", CHANNEL, bot),)


def _request(op: Outbound, place: dict[str, Any]) -> tuple[str, dict[str, Any], Files | None]:
    """One call that sends all of a reply, or nothing: its method, parameters and files."""
    if not op.files:
        return "sendMessage", {**place, "text": op.text}, None
    fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in place.items()}
    files = {f"file{n}": (file.name, file.data, file.media_type) for n, file in enumerate(op.files)}
    if len(files) == 1:
        return "sendDocument", {**fields, "caption": op.text}, {"document": files["file0"]}
    media = [{"type": "document", "media": f"attach://{name}"} for name in files]
    # The text of an album stands under its last file.
    media[-1]["caption"] = op.text
    return "sendMediaGroup", {**fields, "media": json.dumps(media)}, files
