"""What Messenger and Instagram have in common: a page's token, and the Send API."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar

from omnitui.sdk import (
    DAY,
    MINUTE,
    Accepted,
    AuthFailed,
    Batch,
    Capabilities,
    ContactChanged,
    Context,
    Direction,
    Event,
    Extent,
    Fault,
    Health,
    Idempotency,
    Json,
    Manifest,
    MessageReceived,
    Millis,
    OmniError,
    Outbound,
    OutboundFile,
    Outcome,
    Reach,
    Reconciled,
    Rejected,
    Sink,
    TextUnit,
    Unknowable,
    Unknown,
    Verb,
    Webhook,
    measured,
)
from omnitui_meta.account import MetaAccount, ill
from omnitui_meta.client import Refusal
from omnitui_meta.hook import hook
from omnitui_meta.page_history import CONVERSATIONS, FIELDS, MESSAGES, following, history
from omnitui_meta.page_mapping import WINDOW, Ours, events

HUMAN = "HUMAN_AGENT"
HUMAN_WINDOW: Millis = 7 * DAY
"""https://developers.facebook.com/docs/messenger-platform/policy/policy-overview#human_agent"""
MEGABYTE = 1024 * 1024
FILE = 25 * MEGABYTE
OLD = "conversations"
KNOWN = 20_000
"""People whose names were asked for."""
PATIENCE: Millis = 5 * MINUTE
"""How long no names are asked for after that failed."""


class PageConnector:
    """Speaks for one page, or for the Instagram account that is tied to one."""

    manifest: ClassVar[Manifest]
    channel: ClassVar[str]
    title: ClassVar[str]
    text_limit: ClassVar[int]
    text_unit: ClassVar[TextUnit]
    permissions: ClassVar[tuple[str, ...]]
    fields: ClassVar[str]
    """What the page is asked of itself."""
    profile: ClassVar[str]
    """What is asked of a customer."""

    def __init__(self, context: Context) -> None:
        self._account = MetaAccount(context)
        self._clock = context.clock
        self._fetch = context.fetch
        self._graph = self._account.graph
        self._ours = Ours(self.channel, "", "")
        self._known: OrderedDict[str, None] = OrderedDict()
        self._ask_after: Millis = 0

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Webhook:
        return hook(secrets)

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.UNKNOWABLE,
            inbound=("webhook",),
            text_limit=self.text_limit,
            text_unit=self.text_unit,
            attachments=True,
            attachment_limit=FILE,
            most_files=1,
            beside_files=0,
            delivery_receipts=self.channel == "messenger",
            read_receipts=True,
            quotes=True,
            window=WINDOW,
            window_told=True,
            tag=HUMAN,
            tag_window=HUMAN_WINDOW,
            reach={Verb.READ: Reach.REMOTE},
        )

    async def check(self) -> Health:
        return await self._account.healthy(self._look)

    async def _look(self) -> Health:
        if lacking := await self._account.lacking(self.permissions, self.manifest.docs):
            return lacking
        kind = "instagram" if self.channel == "instagram" else "page"
        if unheard := await self._account.unheard(kind, ("messages",), self.manifest.docs):
            return unheard
        ours = await self._introduced()
        told = (await self._graph.get("me/subscribed_apps", fields="id,name,subscribed_fields")).get("data") or ()
        subscribed = {str(name) for app in told for name in app.get("subscribed_fields") or ()}
        if absent := [name for name in ("messages", "message_echoes") if name not in subscribed]:
            words = f"the page does not tell the app of {' and '.join(absent)}"
            return ill(words, f"subscribe the page: {self.manifest.docs}")
        return Health(ok=True, message=f"{self.title}: {ours.inbox}")

    async def _introduced(self) -> Ours:
        """Who we are there. Raises `Fault`, `OmniError`."""
        data = (await self._graph.get("debug_token", input_token=self._account.token)).get("data") or {}
        me = await self._graph.get("me", fields=self.fields)
        account, inbox = self.named(me)
        self._ours = Ours(self.channel, account, inbox, str(data.get("app_id") or ""), str(me.get("id") or ""))
        return self._ours

    def named(self, me: Json) -> tuple[str, str]:
        """Our id at the channel and how we are called there. Raises `OmniError`."""
        raise OmniError("no channel")

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        await self._account.introduced(self._introduced)
        async with aclosing(self._account.batches(cursor, self._events)) as batches:
            async for batch in batches:
                yield batch
                if people := await self._people(batch.events):
                    yield Batch(people)

    def _events(self, body: bytes, received_at: Millis) -> tuple[Event, ...]:
        return events(body, received_at, self._ours)

    async def _people(self, happened: tuple[Event, ...]) -> tuple[Event, ...]:
        """Who they are that wrote for the first time since we started; where Meta does not say, they stay numbers."""
        found: list[Event] = []
        for event in happened:
            if not isinstance(event, MessageReceived) or event.direction is not Direction.INCOMING:
                continue
            customer = event.contact.address
            if customer in self._known or self._clock.now() < self._ask_after:
                continue
            self._known[customer] = None
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)
            try:
                found += self._person(customer, await self._graph.get(customer, fields=self.profile))
            except Fault:
                del self._known[customer]
                self._ask_after = self._clock.now() + PATIENCE
            except OmniError:
                # A customer may forbid it.
                continue
        return tuple(found)

    def _person(self, customer: str, profile: Json) -> list[Event]:
        parts = [str(profile[name]) for name in ("first_name", "last_name") if profile.get(name)]
        name = str(profile.get("name") or " ".join(parts) or profile.get("username") or "")
        known = [("username", str(profile["username"]))] if profile.get("username") else []
        picture = str(profile.get("profile_pic") or "")
        if not name and not picture:
            return []
        return [ContactChanged(self.channel, customer, name=name or None, fields=tuple(known), picture=picture or None)]

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return (OLD,)

    async def backfill(self, scope: str, before: Json) -> Batch:
        """The conversations of before the gateway, those with the newest message first."""
        ours = self._ours if self._ours.account else await self._account.introduced(self._introduced)
        query = {"platform": self.channel, "fields": FIELDS, "limit": str(CONVERSATIONS)}
        if before:
            query["after"] = str(before["after"])
        try:
            answer = await self._account.introduced(lambda: self._graph.get("me/conversations", **query))
        except AuthFailed:
            if not before:
                raise
            # Meta forgets where a reader was: from the newest on, those known come again.
            return await self.backfill(scope, None)
        after = following(answer)
        told = f"{self.title} tells the newest {MESSAGES} messages of each conversation"
        extents = (Extent(scope, budget=told),)
        return Batch(history(answer, ours), {"after": after} if after else None, extents, caught_up=not after)

    async def perform(self, op: Outbound) -> Outcome:
        match op.verb:
            case Verb.REPLY:
                return await self._reply(op)
            case Verb.READ if op.fields.get("read"):
                await self._account.hint("me/messages", self._action(op.conversation, "mark_seen"))
        return Accepted()

    async def _reply(self, op: Outbound) -> Outcome:
        if reason := self.why_not(op):
            return Rejected(reason)
        try:
            # Nobody has what is left there before it is sent.
            message = await self._left(op.files[0]) if op.files else {"text": op.text}
        except Refusal as refusal:
            return Rejected(str(refusal))
        # It comes back with the echo: that tells what became of a reply whose answer was lost.
        said: dict[str, Any] = {
            "recipient": {"id": op.conversation or op.contact},
            "message": {**message, "metadata": op.idempotency_key},
        }
        if tag := op.fields.get("tag"):
            said |= {"messaging_type": "MESSAGE_TAG", "tag": str(tag)}
        else:
            said["messaging_type"] = "RESPONSE"
        if op.reply_to_external_id and not op.reply_to_external_id.startswith(
            ("postback:", "referral:", "unsupported")
        ):
            said["reply_to"] = {"mid": op.reply_to_external_id}

        def named(answer: Any) -> Outcome:
            mid = answer.get("message_id")
            return Accepted(str(mid)) if mid else Unknown(f"{self.title} took it without a name for it")

        return await self._account.send(op.op_id, "me/messages", said, named)

    def why_not(self, op: Outbound) -> str:
        """Why the channel would not take this; empty where it would."""
        if op.files and (op.text or len(op.files) > 1):
            return f"{self.title} takes a text or one file in a message: send them by themselves"
        if (length := measured(op.text, self.text_unit)) > self.text_limit:
            return f"the text has {length:,} {self.text_unit.value}; {self.title} takes {self.text_limit:,}"
        if op.files and len(op.files[0].data) > FILE:
            return f"{op.files[0].name} is larger than 25 MB"
        return "" if op.text or op.files else "there is nothing to send"

    async def _left(self, file: OutboundFile) -> dict[str, Any]:
        """Leave the file at Meta; the message that shows it. Raises `Refusal`, `Fault`."""
        first = file.media_type.partition("/")[0]
        kind = first if first in ("image", "audio", "video") else "file"
        attachment = {"type": kind, "payload": {"is_reusable": False}}
        fields = {"message": json.dumps({"attachment": attachment}), **self.upload_fields()}
        answer = await self._graph.upload(
            "me/message_attachments", fields, self.upload_name(file), file.data, file.media_type
        )
        return {"attachment": {"type": kind, "payload": {"attachment_id": str(answer.get("attachment_id", ""))}}}

    def upload_fields(self) -> Mapping[str, str]:
        return {}

    def upload_name(self, file: OutboundFile) -> str:
        return file.name

    def _action(self, conversation: str, action: str) -> dict[str, Any]:
        return {"recipient": {"id": conversation}, "sender_action": action}

    async def typing(self, conversation: str, channel: str) -> None:
        """For 20 seconds, or until we answer."""
        await self._account.hint("me/messages", self._action(conversation, "typing_on"))

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable(f"{self.title} cannot be asked; if it has taken it, its echo says so by itself")

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        await self._fetch(str(remote["url"]), sink, limit)

    async def close(self) -> None:
        await self._account.close()
