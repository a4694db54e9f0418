"""A telephone number at Twilio as an account."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any, ClassVar
from urllib.parse import quote

from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Batch,
    Broken,
    Capabilities,
    Context,
    Delivery,
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
    Reconciled,
    Rejected,
    RemoteFile,
    Sink,
    TextUnit,
    Unknowable,
    Unknown,
    Verb,
    measured,
    until,
)
from omnitui_twilio.calling import EVENTS, connecting, outward
from omnitui_twilio.client import Api, Refusal
from omnitui_twilio.mapping import SMS, VOICE, conversation_of, events, listed, media_of, opted, unsupported, why
from omnitui_twilio.settings import MANIFEST, call_back_within
from omnitui_twilio.webhook import TwilioWebhook, form_of

SEGMENTS = 10
"""Twilio joins ten; beyond that it refuses."""
PAGE = "50"


class TwilioConnector:
    """Speaks for one number."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        settings = context.settings
        self._number = settings.get("number", "")
        self._url = settings.get("api_url") or "https://api.twilio.com"
        self._api = Api(
            context.http,
            self._url,
            settings.get("account_sid", ""),
            context.secrets.get("auth_token", ""),
            context.clock.now,
        )
        self._call_back = call_back_within(settings.get("call_back_within", ""))
        self._closed = asyncio.Event()

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> TwilioWebhook:
        return TwilioWebhook(
            secrets.get("auth_token", ()),
            settings.get("account_sid", ""),
            settings.get("greeting", ""),
            settings.get("greeting_language") or "en-US",
        )

    def capabilities(self, channel: str = "") -> Capabilities:
        if channel == VOICE:
            return Capabilities(
                idempotency=Idempotency.UNKNOWABLE,
                inbound=("webhook",),
                writes=False,
                calls=True,
                call_back=self._call_back,
            )
        return Capabilities(
            idempotency=Idempotency.UNKNOWABLE,
            inbound=("webhook",),
            text_limit=SEGMENTS,
            text_unit=TextUnit.SEGMENTS,
            delivery_receipts=True,
            can_start=True,
        )

    async def check(self) -> Health:
        try:
            account = await self._ask("GET", ".json")
            owned = await self._ask("GET", "/IncomingPhoneNumbers.json", {"PhoneNumber": self._number})
        except Fault as fault:
            refused = isinstance(fault, AuthFailed)
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=refused)
        if account.get("status") != "active":
            return Health(ok=False, message=f"the account is {account.get('status')}", hint="console.twilio.com")
        numbers = owned.get("incoming_phone_numbers") or ()
        if not numbers:
            return Health(ok=False, message=f"the account has no number {self._number}", refused=True)
        hook = self._context.settings.get("hook_url", "")
        wrong = [name for name in ("sms_url", "voice_url") if hook and numbers[0].get(name) != hook]
        if wrong:
            what = " and ".join({"sms_url": "messages", "voice_url": "calls"}[name] for name in wrong)
            return Health(
                ok=False, message=f"{self._number}: {what} do not come to {hook}", hint="docs/twilio.md, step 3"
            )
        return Health(ok=True, message=f"{self._number}: messages and calls")

    async def directory(self) -> Directory:
        return Directory(inboxes=((SMS, self._number), (VOICE, self._number)))

    async def _ask(self, method: str, path: str, said: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Call what can be asked again, whatever stands in the way. Raises `Fault`."""
        try:
            return await self._api.call(method, path, said)
        except (Broken, Refusal) as error:
            raise NotReady(f"Twilio: {error}") from error

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        number = int(cursor["gateway"]) if cursor else 0
        extents = (Extent("messages"),) if not cursor else ()
        async with aclosing(until(self._closed, self._context.deliveries(number))) as pages:
            async for page in pages:
                found: list[Event] = []
                for call in page.items:
                    found += await self._events(call)
                kept = {"gateway": page.cursor}
                yield Batch(tuple(found), kept, extents=extents, caught_up=page.caught_up, gap=page.gap)
                extents = ()

    async def _events(self, call: Delivery) -> tuple[Event, ...]:
        form = {name: values[-1] for name, values in form_of(call.body).items()}
        if not form:
            return (unsupported("call", call.body, self._number, call.received_at),)
        if form.get("From") and (wish := opted(form)) is not None and form.get("MessageSid"):
            try:
                await asyncio.to_thread(self._heed, form["From"], wish)
            except OSError as error:
                # What was not heeded is not read.
                why = f"that somebody said STOP or START cannot be kept: {error.strerror}"
                raise NotReady(why, hint="disk space, permissions") from error
        if form.get("RecordingSid") and form.get("CallSid") and not form.get("From"):
            form = {**form, **await self._parties(form["CallSid"])}
        outbound = form.get("Direction", "").startswith("outbound") and form.get("CallSid")
        if outbound and (begun := await asyncio.to_thread(self._begun, form)) is not None:
            own, theirs = begun
            return outward(form, own, theirs, self._number, call.received_at) if own else ()
        return events(form, ours=self._number, now=call.received_at)

    def _begun(self, form: Mapping[str, str]) -> tuple[str, str] | None:
        """The call of ours that a leg belongs to and its number; ("", "") where it rings an agent for one that was
        not taken down, None where it is none of ours."""
        drawer = self._context.drawer("calls")
        for own in (form["CallSid"], form.get("ParentCallSid", "")):
            if own and (kept := drawer.read(_name(own))) is not None:
                return own, kept.decode()
        return ("", "") if drawer.read(_name(f"phone {form.get('To', '')}")) is not None else None

    async def _parties(self, call: str) -> dict[str, str]:
        """Between whom a call was: what is told of a recording alone does not say it. Nothing where it is unknown."""
        try:
            told = await self._api.call("GET", f"/Calls/{quote(call, safe='')}.json")
        except Refusal:
            return {}
        except Broken as broken:
            raise NotReady(f"Twilio: {broken}") from broken
        outward = str(told.get("direction", "")).startswith("outbound")
        return {"From": str(told.get("to" if outward else "from") or "")}

    def _heed(self, theirs: str, stopped: bool) -> None:
        """Keep that somebody wants no more messages, or no longer."""
        drawer = self._context.drawer("stopped")
        if stopped:
            drawer.write(_name(theirs), theirs.encode())
        else:
            drawer.drop(_name(theirs))

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return ("messages",)

    async def backfill(self, scope: str, before: Json) -> Batch:
        if before:
            page = await self._ask("GET", str(before))
        else:
            page = await self._ask("GET", "/Messages.json", {"PageSize": PAGE})
        now = self._context.clock.now()
        ours = [one for one in page.get("messages") or () if self._number in (one.get("from"), one.get("to"))]
        # With their files: what is listed here before the hook's call is read stands.
        found = tuple([listed(one, ours=self._number, now=now, files=await self._media(one)) for one in ours])
        following = page.get("next_page_uri")
        extent = Extent(scope, complete_since=None if following else 0)
        return Batch(found, following or before, extents=(extent,), caught_up=not following)

    async def _media(self, message: dict[str, Any]) -> tuple[RemoteFile, ...]:
        """The files of a listed message; none where Twilio has them no more."""
        own = str(message.get("sid", ""))
        if str(message.get("num_media") or "0") == "0":
            return ()
        try:
            told = await self._api.call("GET", f"/Messages/{quote(own, safe='')}/Media.json")
        except Refusal:
            return ()
        except Broken as broken:
            raise NotReady(f"Twilio: {broken}") from broken
        return media_of(told, own, self._url)

    async def perform(self, op: Outbound) -> Outcome:
        if op.verb not in (Verb.REPLY, Verb.NEW):
            return Accepted()
        if isinstance(call := op.fields.get("call"), dict):
            return await self._call(op, str(call.get("number", "")), str(call.get("phone", "")))
        if op.channel == VOICE:
            return Rejected("a call takes no written reply")
        if op.files:
            return Rejected("Twilio fetches files from public addresses only: put a link into the text")
        if (most := measured(op.text, TextUnit.SEGMENTS)) > SEGMENTS:
            return Rejected(f"the text takes {most} messages; {SEGMENTS} are joined")
        theirs = op.contact
        if await asyncio.to_thread(self._context.drawer("stopped").read, _name(theirs)) is not None:
            return Rejected("they have said STOP: nothing may be sent until they say START")
        said = {"To": theirs, "From": self._number, "Body": op.text}
        if hook := self._context.settings.get("hook_url"):
            said["StatusCallback"] = hook
        await self._context.mark(op.op_id)
        try:
            told = await self._api.call("POST", "/Messages.json", said)
        except Refusal as refusal:
            return Rejected(why(refusal.code, str(refusal)))
        except Broken as broken:
            return Unknown(str(broken))
        return Accepted(str(told["sid"]), conversation=conversation_of(self._number, theirs))

    async def _call(self, op: Outbound, number: str, phone: str) -> Outcome:
        """Ring the agent's phone; once it is answered Twilio connects it with the customer's."""
        hook = self._context.settings.get("hook_url", "")
        drawer = self._context.drawer("calls")
        # What the agent's own phone does is told too, perhaps before we know the call's name.
        await asyncio.to_thread(drawer.write, _name(f"phone {phone}"), b"1")
        said: dict[str, str | Sequence[str]] = {
            "To": phone,
            "From": self._number,
            "Twiml": connecting(number, self._number, hook),
        }
        if hook:
            said |= {"StatusCallback": hook, "StatusCallbackEvent": EVENTS.split()}
        await self._context.mark(op.op_id)
        try:
            told = await self._api.call("POST", "/Calls.json", said)
        except Refusal as refusal:
            return Rejected(why(refusal.code, str(refusal)))
        except Broken as broken:
            return Unknown(str(broken))
        own = str(told.get("sid") or "")
        if not own:
            return Unknown("Twilio has not said which call it began")
        with suppress(OSError):  # it rings: what becomes of it is not told then
            await asyncio.to_thread(drawer.write, _name(own), number.encode())
        return Accepted(own, conversation=conversation_of(self._number, number))

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable("Twilio lists what was sent without our key: two replies that say the same look alike")

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        try:
            elsewhere = await self._api.download(str(remote["url"]), sink, limit)
        except Refusal as refusal:
            raise OmniError(str(refusal)) from refusal
        if elsewhere:
            await self._context.fetch(elsewhere, sink, limit)

    async def close(self) -> None:
        self._closed.set()


def _name(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:32]
