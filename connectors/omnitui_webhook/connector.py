"""Webhooks and web forms as an account: a gateway takes the calls, a mapping file says what they mean."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar

from omnitui.sdk import (
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
    Outcome,
    Reconciled,
    Rejected,
    Sink,
    Unknowable,
    Unknown,
    Verb,
    Webhook,
    rfc3339,
    until,
)
from omnitui_webhook import proof
from omnitui_webhook.body import FORM_TYPE
from omnitui_webhook.client import Refusal, Replies, fault_of
from omnitui_webhook.mapping import events, told
from omnitui_webhook.rules import Rule, kept, read, sample
from omnitui_webhook.settings import FORM, MANIFEST, WEBHOOK

if TYPE_CHECKING:
    import httpx

TEXT = 100_000
"""Characters of a reply."""
UPLOAD = 10 * 1024 * 1024
LOOK_SECONDS = 3.0
"""How long `check` goes through what the gateway has kept."""


class WebhookConnector:
    """Speaks for one hook at a gateway, and for what takes the replies."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        self._closed = asyncio.Event()
        self._channel = FORM if context.settings.get("proof") == "form" else WEBHOOK
        self._reply_url = context.settings.get("reply_url", "").strip()

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Webhook:
        return proof.hook(settings, secrets)

    def capabilities(self, channel: str = "") -> Capabilities:
        once = self._context.settings.get("reply_once") == "yes"
        return Capabilities(
            idempotency=Idempotency.DEDUPLICATED if once else Idempotency.UNKNOWABLE,
            inbound=("webhook",),
            text_limit=TEXT,
            attachments=bool(self._reply_url),
            attachment_limit=UPLOAD,
            quotes=bool(self._reply_url),
            writes=bool(self._reply_url),
        )

    async def check(self) -> Health:
        try:
            if not self._context.settings.get("gateway"):
                # Another gateway has its own.
                proof.hook(self._context.settings, {name: (one,) for name, one in self._context.secrets.items()})
            if self._reply_url:
                self._replies()
            rules = await self._rules()
            tried = await self._tried(rules)
        except OmniError as error:
            return Health(False, error.message, error.hint, refused=True)
        number, newest = 0, None
        try:
            async with asyncio.timeout(LOOK_SECONDS), aclosing(self._kept()) as kept_calls:
                async for delivery in kept_calls:
                    number, newest = number + 1, delivery
        except TimeoutError:
            pass
        except Fault as fault:
            return Health(False, tried + fault.message, fault.hint, refused=isinstance(fault, AuthFailed))
        if newest is None:
            return Health(True, f"{tried}the gateway is there; no call has come yet")
        return Health(True, f"{tried}calls kept: {number}; the newest is {told(self._events(newest, rules))}")

    async def _tried(self, rules: tuple[Rule, ...]) -> str:
        """What becomes of the sample that the mapping names; "" where it names none. Raises `OmniError`."""
        path = self._context.settings.get("mapping", "").strip()
        body = await asyncio.to_thread(sample, path) if path else None
        if body is None:
            return ""
        made = self._events(Delivery(0, self._context.clock.now(), body, (), FORM_TYPE), rules)
        return f"the sample is {told(made)}; "

    async def _kept(self) -> AsyncGenerator[Delivery, None]:
        """What the gateway still has of this hook."""
        async with aclosing(until(self._closed, self._context.deliveries(0))) as pages:
            async for page in pages:
                for delivery in page.items:
                    yield delivery
                if page.caught_up:
                    return

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        after = int(cursor["after"]) if cursor else 0
        async with aclosing(until(self._closed, self._context.deliveries(after))) as pages:
            async for page in pages:
                rules = await self._rules(NotReady)
                made = await asyncio.to_thread(self._all_events, page, rules)
                yield Batch(made, {"after": page.cursor}, caught_up=page.caught_up, gap=page.gap)

    def _all_events(self, page: Deliveries, rules: tuple[Rule, ...]) -> tuple[Event, ...]:
        return tuple(event for delivery in page.items for event in self._events(delivery, rules))

    def _events(self, delivery: Delivery, rules: tuple[Rule, ...]) -> list[Event]:
        return events(delivery, rules, channel=self._channel, inbox=self._context.account_name)

    async def _rules(self, fault: type[OmniError] = OmniError) -> tuple[Rule, ...]:
        """The mapping as it stands now: who edits it sees what comes next by the new one."""
        path = self._context.settings.get("mapping", "").strip()
        try:
            return await asyncio.to_thread(read, path) if path else kept(self._channel)
        except OmniError as error:
            raise fault(error.message, hint=error.hint) from None

    async def perform(self, op: Outbound) -> Outcome:
        if op.verb is not Verb.REPLY:
            return Accepted()
        if not self._reply_url:
            return Rejected("no address takes replies of this account")
        if len(op.text) > TEXT:
            return Rejected(f"the text has {len(op.text):,} characters; {TEXT:,} may be sent")
        if sum(len(file.data) for file in op.files) > UPLOAD:
            return Rejected(f"the files are larger than {UPLOAD // 1024 // 1024} MB together")
        try:
            replies = self._replies()
        except OmniError as error:
            raise AuthFailed(error.message, hint=error.hint) from None
        now = self._context.clock.now()
        body = await asyncio.to_thread(_written, op, now)
        await self._context.mark(op.op_id)
        try:
            answer = await replies.post(op.idempotency_key, body, now)
        except Refusal as refusal:
            return Rejected(str(refusal))
        except Broken as broken:
            return Unknown(str(broken))
        return Accepted(_id_of(answer) or op.idempotency_key)

    def _replies(self) -> Replies:
        """Raises `OmniError`: the address or the secret will not do."""
        if why := fault_of(self._reply_url):
            raise OmniError(why, hint="--reply-url https://…")
        secrets = self._context.secrets
        secret = secrets.get("reply_secret") or secrets.get("secret")
        if not secret:
            raise OmniError("replies are signed, and no secret is given for it", hint="--reply-secret-stdin")
        return Replies(self._context.http, self._reply_url, secret)

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable("what takes the replies cannot be asked what it has")

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        await self._context.fetch(str(remote["url"]), sink, limit)

    async def close(self) -> None:
        self._closed.set()


def _written(op: Outbound, now: Millis) -> bytes:
    """A reply as it is posted: docs/webhook.md shows it."""
    files = [
        {
            "name": file.name,
            "type": file.media_type,
            "size": len(file.data),
            "data": base64.b64encode(file.data).decode(),
        }
        for file in op.files
    ]
    data = {
        "id": op.idempotency_key,
        "conversation": op.conversation,
        "to": op.contact,
        "text": op.text,
        "answers": op.reply_to_external_id,
        "files": files,
    }
    return json.dumps({"type": "reply", "timestamp": rfc3339(now), "data": data}, ensure_ascii=False).encode()


def _id_of(answer: httpx.Response) -> str:
    """The id that the answer gives the reply, if it is JSON and has one."""
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        return ""
    given = said.get("id") if isinstance(said, dict) else None
    return str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
