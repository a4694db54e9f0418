"""A WhatsApp Business Account as an account: each of its numbers is an inbox."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import Any, ClassVar

from omnitui.sdk import (
    Accepted,
    Batch,
    Capabilities,
    Context,
    Direction,
    Event,
    Health,
    Idempotency,
    Json,
    Manifest,
    MessageReceived,
    Millis,
    OmniError,
    Outbound,
    Outcome,
    Reach,
    Reconciled,
    Rejected,
    Sink,
    Template,
    Unknowable,
    Unknown,
    Verb,
    Webhook,
)
from omnitui_meta.account import MetaAccount, ill
from omnitui_meta.client import Refusal
from omnitui_meta.hook import hook
from omnitui_meta.settings import WHATSAPP
from omnitui_meta.whatsapp_mapping import WINDOW, address, events, number, place_of
from omnitui_meta.whatsapp_sending import CAPTION, DOCUMENT, TEXT, filled, message, offered, why_not

PERMISSIONS = ("whatsapp_business_messaging", "whatsapp_business_management")
REMEMBERED = 2_000
"""Conversations whose newest message is known, for read marks and typing."""
NEWEST = "newest.json"
FIRST = "WhatsApp hands out no history: what was written before the gateway stood there is not here"
PAGE = "100"
PAGES = 50


class WhatsAppConnector:
    """Speaks for one WhatsApp Business Account."""

    manifest: ClassVar[Manifest] = WHATSAPP

    def __init__(self, context: Context) -> None:
        self._account = MetaAccount(context)
        self._graph = self._account.graph
        self._context = context
        self._business = context.settings.get("business_account_id", "")
        self._newest: OrderedDict[str, str] = OrderedDict()
        self._numbers: dict[str, str] = {}

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Webhook:
        return hook(secrets)

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.UNKNOWABLE,
            inbound=("webhook",),
            text_limit=TEXT,
            attachments=True,
            attachment_limit=DOCUMENT,
            most_files=1,
            beside_files=CAPTION,
            delivery_receipts=True,
            read_receipts=True,
            can_start=True,
            quotes=True,
            window=WINDOW,
            window_told=True,
            templates=True,
            reach={Verb.READ: Reach.REMOTE},
        )

    async def check(self) -> Health:
        return await self._account.healthy(self._look)

    async def _look(self) -> Health:
        if lacking := await self._account.lacking(PERMISSIONS, WHATSAPP.docs):
            return lacking
        if unheard := await self._account.unheard("whatsapp_business_account", ("messages",), WHATSAPP.docs):
            return unheard
        numbers = await self._phone_numbers()
        apps = (await self._graph.get(f"{self._business}/subscribed_apps")).get("data") or ()
        if not apps:
            words = "no app is subscribed to this WhatsApp Business Account, so nothing is told to the gateway"
            return ill(words, f"subscribe the app: {WHATSAPP.docs}")
        if not numbers:
            return ill("this WhatsApp Business Account has no number", "add one in Meta's WhatsApp Manager")
        return Health(ok=True, message="; ".join(_described(one) for one in numbers))

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        await self._account.introduced(self._phone_numbers)
        await asyncio.to_thread(self._recall)
        async with aclosing(self._account.batches(cursor, self._events, FIRST)) as batches:
            async for batch in batches:
                for event in batch.events:
                    self._remember(event)
                yield batch

    def _events(self, body: bytes, received_at: Millis) -> tuple[Event, ...]:
        return events(body, received_at, self._business, next(iter(self._numbers), self._business))

    def _remember(self, event: Event) -> None:
        if isinstance(event, MessageReceived) and event.direction is Direction.INCOMING:
            self._newest[event.conversation] = event.external_id
            self._newest.move_to_end(event.conversation)
            if len(self._newest) > REMEMBERED:
                self._newest.popitem(last=False)

    def _recall(self) -> None:
        """What was the newest when the account was last closed."""
        with suppress(OSError, ValueError, AttributeError):
            for conversation, name in json.loads(self._context.drawer("newest").read(NEWEST) or b"{}").items():
                number_id, customer = place_of(conversation)
                self._newest.setdefault(f"{number_id}/{customer.removeprefix('+')}", str(name))

    def _keep(self) -> None:
        """Under the customers' addresses: where one of them is forgotten, so is this."""
        kept = [(place_of(name), newest) for name, newest in self._newest.items()]
        named = {f"{number_id}/{address(customer)}": newest for (number_id, customer), newest in kept}
        with suppress(OSError):
            self._context.drawer("newest").write(NEWEST, json.dumps(named).encode())

    async def _phone_numbers(self) -> list[dict[str, Any]]:
        fields = "id,display_phone_number,verified_name,quality_rating,messaging_limit_tier,status"
        said = await self._graph.get(f"{self._business}/phone_numbers", fields=fields, limit=PAGE)
        found = said.get("data") or []
        self._numbers = {number(str(one.get("display_phone_number", ""))): str(one["id"]) for one in found}
        return [one for one in found if isinstance(one, dict)]

    async def perform(self, op: Outbound) -> Outcome:
        match op.verb:
            case Verb.REPLY | Verb.NEW:
                return await self._reply(op)
            case Verb.READ if op.fields.get("read") and op.conversation in self._newest:
                number_id, _customer = place_of(op.conversation)
                await self._account.hint(f"{number_id}/messages", self._seen(op.conversation))
        return Accepted()

    async def _reply(self, op: Outbound) -> Outcome:
        if reason := why_not(op):
            return Rejected(reason)
        number_id, customer = place_of(op.conversation)
        if not customer:
            number_id, customer = await self._number_of(op.inbox), op.contact.removeprefix("+")
        if not number_id:
            return Rejected(f"this WhatsApp Business Account has no number {op.inbox}")
        try:
            # Nobody has what is left there, or asked for, before it is sent.
            template = await self._filled(op.fields.get("template"))
            media = await self._left(op, number_id)
        except (Refusal, ValueError) as refusal:
            return Rejected(str(refusal))
        except (KeyError, TypeError, AttributeError, IndexError):
            return Rejected("this template is not as WhatsApp describes templates")

        def named(answer: Any) -> Outcome:
            try:
                sent = str(answer["messages"][0]["id"])
            except (KeyError, IndexError, TypeError):
                return Unknown("WhatsApp took it without a name for it")
            return Accepted(sent, conversation=f"{number_id}/{customer}")

        said = message(op, customer, media, template=template)
        return await self._account.send(op.op_id, f"{number_id}/messages", said, named)

    async def _number_of(self, inbox: str) -> str:
        if inbox not in self._numbers:
            await self._phone_numbers()
        return self._numbers.get(inbox, "")

    async def _left(self, op: Outbound, number_id: str) -> str:
        """Leave the file at WhatsApp; its id. Raises `Refusal`, `Fault`."""
        if not op.files:
            return ""
        file = op.files[0]
        fields = {"messaging_product": "whatsapp", "type": file.media_type}
        answer = await self._graph.upload(f"{number_id}/media", fields, file.name, file.data, file.media_type)
        return str(answer.get("id", ""))

    async def _filled(self, asked: Json) -> dict[str, Any] | None:
        if not asked:
            return None
        name, language = str(asked["name"]), str(asked["language"])
        async for found in self._templates():
            if (found.get("name"), found.get("language")) == (name, language):
                return filled(found, [str(value) for value in asked.get("values") or ()])
        raise ValueError(f"WhatsApp has no template {name} in {language}")

    async def templates(self) -> tuple[Template, ...]:
        """Those approved, whose blanks take words."""
        found = []
        async for one in self._templates():
            try:
                template = offered(one)
            except (KeyError, TypeError, AttributeError, IndexError):
                template = None
            found += [template] if template is not None else []
        return tuple(found)

    async def _templates(self) -> AsyncIterator[dict[str, Any]]:
        query = {"limit": PAGE, "fields": "name,language,status,category,components,parameter_format"}
        for _page in range(PAGES):
            answer = await self._graph.get(f"{self._business}/message_templates", **query)
            for one in answer.get("data") or ():
                yield one
            paging = answer.get("paging") or {}
            after = (paging.get("cursors") or {}).get("after")
            if not after or not paging.get("next"):
                return
            query = {**query, "after": str(after)}

    async def typing(self, conversation: str, channel: str) -> None:
        """For 25 seconds, or until we answer. WhatsApp marks what the customer wrote as read with it."""
        if conversation in self._newest:
            number_id, _customer = place_of(conversation)
            said = {**self._seen(conversation), "typing_indicator": {"type": "text"}}
            await self._account.hint(f"{number_id}/messages", said)

    def _seen(self, conversation: str) -> dict[str, Any]:
        return {"messaging_product": "whatsapp", "status": "read", "message_id": self._newest[conversation]}

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable("WhatsApp cannot be asked; if it has taken it, its next report says so by itself")

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        found = await self._graph.get(str(remote["media"]))
        if not found.get("url"):
            raise OmniError("WhatsApp does not give this file", hint="it keeps files for a while only")
        await self._graph.download(str(found["url"]), sink, limit)

    async def close(self) -> None:
        await self._account.close()
        if self._newest:
            await asyncio.to_thread(self._keep)


def _described(one: dict[str, Any]) -> str:
    facts = [str(one.get("verified_name") or "")]
    facts += [f"quality {one['quality_rating']}".lower()] if one.get("quality_rating") else []
    if tier := str(one.get("messaging_limit_tier") or ""):
        facts.append(f"up to {tier.removeprefix('TIER_').lower()} new customers a day")
    if (status := str(one.get("status") or "CONNECTED")) != "CONNECTED":
        facts.append(status.lower())
    return " ".join([str(one.get("display_phone_number", "")), f"({', '.join(fact for fact in facts if fact)})"])
