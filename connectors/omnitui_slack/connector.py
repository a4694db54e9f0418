"""An app in a Slack workspace as an account."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
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
    Found,
    Health,
    Idempotency,
    Json,
    Manifest,
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
    until,
)
from omnitui_slack.calls import event_of
from omnitui_slack.client import Refusal, Socket, WebApi, socket
from omnitui_slack.mapping import CHANNEL, KEY, Desk, events, message_of, people_of, place_of, unsupported
from omnitui_slack.markup import written
from omnitui_slack.past import Past
from omnitui_slack.settings import MANIFEST
from omnitui_slack.webhook import SlackWebhook

TEXT = 4_000
FILE = 100 * 1024 * 1024
PACE_SECONDS = 1.0
"""About one message a second is taken in each channel."""
BEGINNING = "0000000000.000000"
"""Before everything that was ever said."""
TYPES = "public_channel,private_channel,im,mpim"
_TS = re.compile(r"\d{10}\.\d{6}", re.ASCII)


class SlackConnector:
    """Speaks for one app."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        url = context.settings.get("api_url") or "https://slack.com/api"
        self._api = WebApi(context.http, url, context.secrets.get("bot_token", ""), context.clock.now)
        self._past = Past(self._api)
        self._desk: Desk | None = None
        self._names: dict[str, str] = {}
        self._said_at: dict[str, float] = {}
        self._hooked = context.settings.get("receive") == "webhook"
        self._closed, self._renewed = asyncio.Event(), asyncio.Event()

    @staticmethod
    def is_called(settings: Mapping[str, str]) -> bool:
        return settings.get("receive") == "webhook"

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> SlackWebhook:
        return SlackWebhook(secrets.get("signing_secret", ()))

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.FINDABLE,
            inbound=("stream", "webhook"),
            text_limit=TEXT,
            attachments=True,
            attachment_limit=FILE,
            can_start=True,
            reach={Verb.EDIT: Reach.REMOTE, Verb.DELETE: Reach.REMOTE},
        )

    async def check(self) -> Health:
        try:
            told = await self._ask("auth.test")
            if not self._hooked:
                await self._ask("apps.connections.open", token=self._app_token())
            listed = await self._ask("users.conversations", {"types": TYPES, "limit": 200})
        except Fault as fault:
            refused = isinstance(fault, AuthFailed)
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=refused)
        rooms = sum(not room.get("is_im") for room in listed.get("channels") or ())
        invite = "" if rooms else "; it is in no channel: /invite it into one"
        return Health(ok=True, message=f"{told.get('user')} in {told.get('team')}, in {rooms} channels{invite}")

    async def directory(self) -> Directory:
        return Directory(inboxes=((CHANNEL, (await self._who()).team),))

    def _app_token(self) -> str:
        token = self._context.secrets.get("app_token", "")
        if not token:
            raise AuthFailed("Socket Mode needs the app-level token (xapp-…)", hint="docs/slack.md")
        return token

    async def _ask(self, method: str, said: Mapping[str, Any] | None = None, *, token: str = "") -> dict[str, Any]:
        """Call what can be asked again, whatever stands in the way. Raises `Fault`."""
        try:
            return await self._api.call(method, said, token=token)
        except (Broken, Refusal) as error:
            raise NotReady(f"Slack, {method}: {error}") from error

    async def _who(self) -> Desk:
        if self._desk is None:
            told = await self._ask("auth.test")
            self._desk = Desk(str(told["user_id"]), str(told.get("bot_id", "")), str(told.get("team", "")))
        return self._desk

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        desk = await self._who()
        stream = self._called(cursor, desk) if self._hooked else self._heard(cursor, desk)
        async with aclosing(until(self._closed, stream)) as batches:
            async for batch in batches:
                yield batch

    async def _heard(self, cursor: Json, desk: Desk) -> AsyncIterator[Batch]:
        # A cursor of the gateway's says nothing of a socket.
        since = str(cursor.get("at", "")) if cursor else ""
        older, at = (dict(cursor.get("older", {})) if cursor else {}), since
        asked = dict(cursor.get("rooms", {})) if cursor else {}
        while True:
            self._renewed.clear()
            address = (await self._ask("apps.connections.open", token=self._app_token()))["url"]
            async with socket(str(address)) as line:
                # What happens from here on is told; what happened before is asked for.
                async for batch in self._missed(since, older, asked, desk):
                    at = batch.cursor["at"]
                    yield batch
                since, asked = at, {}
                async for batch in self._told(line, {"at": since, "older": older}, desk):
                    since = batch.cursor["at"]
                    yield batch

    async def _told(self, line: Socket, cursor: dict[str, Any], desk: Desk) -> AsyncIterator[Batch]:
        """What a socket tells until Slack wants it made anew."""
        async with aclosing(until(self._renewed, _envelopes(line))) as envelopes:
            async for envelope in envelopes:
                if envelope.get("type") == "disconnect":
                    return
                if "envelope_id" not in envelope:
                    continue
                event = event_of(envelope)
                told = str(event.get("event_ts") or "")
                if _TS.fullmatch(told):
                    # By Slack's own clock: ours may be wrong.
                    cursor = {**cursor, "at": max(str(cursor["at"]), told)}
                # Slack forgets an event once it is acknowledged.
                yield Batch(await self._events(event, desk), cursor, caught_up=True, once=True)
                await line.acknowledge(str(envelope["envelope_id"]))

    async def _called(self, cursor: Json, desk: Desk) -> AsyncIterator[Batch]:
        """What the gateway kept."""
        number = int(cursor.get("gateway", 0)) if cursor else 0
        async with aclosing(until(self._closed, self._context.deliveries(number))) as pages:
            async for page in pages:
                found: list[Event] = []
                for call in page.items:
                    found += await self._events(event_of(call), desk)
                yield Batch(tuple(found), {"gateway": page.cursor}, caught_up=page.caught_up, gap=page.gap)

    async def _missed(
        self, since: str, older: dict[str, str], asked: dict[str, str], desk: Desk
    ) -> AsyncIterator[Batch]:
        """What was said in the desk's channels after `since`; without one the newest of each.

        `asked` holds, by channel, up to where this was asked for before the line broke: from there on it goes on.
        """
        at, gaps = max((since or BEGINNING, *asked.values())), list[str]()
        try:
            for room in await self._past.rooms(TYPES):
                begin = asked.get(room, since)
                try:
                    found, more = await self._past.since(room, begin)
                except Refusal as refusal:
                    # One channel that is not shown keeps nothing of the others back.
                    gaps.append(f"{room}: {refusal}")
                    continue
                if more and begin:
                    gaps.append(f"too much was said in {room} at once; the oldest of it is not here")
                elif more:
                    older[room] = more
                at = max((at, *(str(one["ts"]) for one in found)))
                said = [event for one in found for event in await self._events(one, desk)]
                if said:
                    asked = {**asked, room: max(begin, *(str(one["ts"]) for one in found))}
                    yield Batch(tuple(said), {"at": since, "older": older, "rooms": asked})
        except (Broken, Refusal) as error:
            raise NotReady(f"Slack: {error}") from error
        extents = tuple(Extent(room) for room in older) if not since else ()
        yield Batch((), {"at": at, "older": older}, extents=extents, caught_up=True, gap="; ".join(gaps))

    async def _events(self, event: dict[str, Any], desk: Desk) -> tuple[Event, ...]:
        if event.get("type") in ("tokens_revoked", "app_uninstalled"):
            # The token of one user may be meant; and what a gateway kept is told again when the app is back.
            await self._ask("auth.test")
            return ()
        if "envelope" in event:
            return (unsupported(str(event["envelope"]), event, desk, self._context.clock.now()),)
        await self._learn(people_of(event))
        return events(event, desk, self._names, self._context.clock.now())

    async def _learn(self, people: set[str]) -> None:
        """What people are called, asked for once."""
        for user in people - set(self._names):
            try:
                told = (await self._api.call("users.info", {"user": user})).get("user") or {}
            except Refusal:
                told = {}
            except Broken as broken:
                raise NotReady(f"Slack: {broken}") from broken
            profile = told.get("profile") or {}
            self._names[user] = str(profile.get("real_name") or told.get("real_name") or told.get("name") or "")

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return tuple(f"{room} {place}" for room, place in cursor.get("older", {}).items()) if cursor else ()

    async def backfill(self, scope: str, before: Json) -> Batch:
        desk, (room, _space, place) = await self._who(), scope.partition(" ")
        try:
            found, more = await self._past.before(room, str(before or place))
        except (Broken, Refusal) as error:
            raise NotReady(f"Slack: {error}") from error
        said = [event for one in found for event in await self._events(one, desk)]
        return Batch(
            tuple(said),
            more or before,
            extents=(Extent(scope, complete_since=None if more else 0),),
            caught_up=not more,
        )

    async def renew(self) -> None:
        self._renewed.set()

    async def perform(self, op: Outbound) -> Outcome:
        try:
            match op.verb:
                case Verb.REPLY:
                    return await self._reply(op)
                case Verb.EDIT:
                    channel, ts = message_of(str(op.fields["message"]))
                    said = {"channel": channel, "ts": ts, "text": written(str(op.fields["text"]))}
                    return await self._done(op, "chat.update", said)
                case Verb.DELETE:
                    channel, ts = message_of(str(op.fields["message"]))
                    return await self._done(op, "chat.delete", {"channel": channel, "ts": ts})
        except Refusal as refusal:
            return Rejected(str(refusal))
        return Accepted()

    async def _reply(self, op: Outbound) -> Outcome:
        if len(op.text) > TEXT:
            return Rejected(f"the text has {len(op.text):,} characters; Slack advises {TEXT:,} at most")
        channel, thread = place_of(op.conversation)
        try:
            if not channel:
                channel = str((await self._api.call("conversations.open", {"users": op.contact}))["channel"]["id"])
            files = [await self._put(file.name, file.data) for file in op.files]
        except Broken as broken:
            # What was laid down so far is shown to nobody.
            raise NotReady(f"Slack: {broken}") from broken
        text = written(op.text) or ", ".join(file.name for file in op.files)
        metadata = {"event_type": KEY, "event_payload": {"key": op.idempotency_key}}
        said: dict[str, Any] = {"channel": channel, "text": text, "thread_ts": thread or None, "metadata": metadata}
        await self._paced(channel)
        if files:
            # Before the text: whoever finds its key knows that all of the reply is there.
            await self._context.mark(op.op_id)
            shown = {"files": files, "channel_id": channel, "thread_ts": thread or None}
            try:
                await self._api.call("files.completeUploadExternal", shown)
            except Broken as broken:
                return Unknown(str(broken))
            try:
                outcome = await self._done(op, "chat.postMessage", said)
            except (Refusal, Fault) as error:
                return Unknown(f"the files were taken, the text was not: {error}")
        else:
            outcome = await self._done(op, "chat.postMessage", said)
        if isinstance(outcome, Accepted) and not op.conversation:
            return Accepted(outcome.external_id, conversation=channel)
        return outcome

    async def _put(self, name: str, data: bytes) -> dict[str, str]:
        """Lay a file down at Slack, where nobody sees it yet."""
        told = await self._api.call("files.getUploadURLExternal", {"filename": name, "length": len(data)})
        await self._api.lay_down(str(told["upload_url"]), name, data)
        return {"id": str(told["file_id"]), "title": name}

    async def _paced(self, channel: str) -> None:
        loop = asyncio.get_running_loop()
        wait = self._said_at.get(channel, 0.0) + PACE_SECONDS - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        self._said_at[channel] = loop.time()

    async def _done(self, op: Outbound, method: str, said: dict[str, Any]) -> Outcome:
        await self._context.mark(op.op_id)
        try:
            told = await self._api.call(method, said)
        except Refusal as refusal:
            if op.verb is Verb.DELETE and str(refusal) == "message not found":
                return Accepted()
            raise
        except Broken as broken:
            return Unknown(str(broken))
        return Accepted(f"{told['channel']}:{told['ts']}" if op.verb is Verb.REPLY else "")

    async def reconcile(self, op: Outbound) -> Reconciled:
        """Look for our key in what was said in the conversation since the reply was written."""
        channel, thread = place_of(op.conversation)
        if not channel:
            return Unknowable("a conversation that we begin is named by Slack's answer, which was lost")
        try:
            found, whole = await self._past.ours(channel, thread, op.idempotency_key)
        except (Broken, Refusal) as error:
            raise NotReady(f"Slack: {error}") from error
        if found:
            return Found(f"{channel}:{found}")
        if op.files:
            return Unknowable("the text is not there; its files may be")
        return NotFound() if whole else Unknowable("it is not among the newest messages")

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        try:
            await self._api.download(str(remote["url"]), sink, limit)
        except Refusal as refusal:
            raise OmniError(str(refusal)) from refusal

    async def close(self) -> None:
        self._closed.set()


async def _envelopes(line: Socket) -> AsyncIterator[dict[str, Any]]:
    while True:
        yield await line.hear()
