"""A Discord bot as an account."""

from __future__ import annotations

import asyncio
import hashlib
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
from omnitui_discord.client import Refusal, Rest
from omnitui_discord.gateway import Place, Told, events
from omnitui_discord.mapping import CHANNEL, Room, first_at, happened, message, rooms_of, unsupported
from omnitui_discord.settings import MANIFEST

TEXT = 2_000
FILE = 10 * 1024 * 1024
FILES = 10
PAGE = 100
MOST_PAGES = 20
MESSAGE_CONTENT = 1 << 18 | 1 << 19
MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE")


class DiscordConnector:
    """Speaks for one bot."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        url = context.settings.get("api_url") or "https://discord.com/api/v10"
        self._token = context.secrets.get("token", "")
        self._rest = Rest(context.http, url, self._token)
        self._followed = {own.strip() for own in context.settings.get("follow", "").split(",") if own.strip()}
        self._rooms: dict[str, Room] = {}
        self._us = ""
        self._keys: dict[str, str] = {}
        """By nonce the key of what this process has sent."""
        self._sent: dict[str, str] = {}
        """By external id the key of what is known to have arrived: two replies may say the same."""
        self._renewed, self._closed = asyncio.Event(), asyncio.Event()

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.FINDABLE,
            inbound=("stream",),
            text_limit=TEXT,
            attachments=True,
            attachment_limit=FILE,
            can_start=True,
            quotes=True,
            reach={Verb.EDIT: Reach.REMOTE, Verb.DELETE: Reach.REMOTE},
        )

    async def check(self) -> Health:
        try:
            us = await self._ask("GET", "/users/@me")
            application = await self._ask("GET", "/applications/@me")
        except Fault as fault:
            refused = isinstance(fault, AuthFailed)
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=refused)
        if not int(application.get("flags") or 0) & MESSAGE_CONTENT:
            return Health(
                ok=False,
                message=f"{us['username']} may not read what messages say",
                hint="Developer Portal, Bot: switch on the Message Content Intent",
                refused=True,
            )
        what = f" and {len(self._followed)} channels" if self._followed else ""
        return Health(ok=True, message=f"{us['username']}: direct messages{what}")

    async def directory(self) -> Directory:
        return Directory(inboxes=((CHANNEL, await self._who()),))

    async def _who(self) -> str:
        if not self._us:
            self._us = str((await self._ask("GET", "/users/@me"))["id"])
        return self._us

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        """Call what can be asked again, whatever stands in the way. Raises `Fault`."""
        try:
            return await self._rest.call(method, path, **more)
        except (Broken, Refusal) as error:
            raise NotReady(f"Discord: {error}") from error

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        us = await self._who()
        kept: dict[str, Any] = dict(cursor) if cursor else {"place": None, "last": {}}
        place = Place(*kept["place"]) if kept["place"] else None
        self._renewed.clear()
        url = str((await self._ask("GET", "/gateway/bot"))["url"])
        session = until(self._closed, until(self._renewed, events(url, self._token, place)))
        async with aclosing(session) as stream:
            async for told in stream:
                if told.kind in ("READY", "RESUMED"):
                    # With a new session, what was said since the last one is asked for.
                    async for batch in self._begun(told, kept, us):
                        kept = batch.cursor
                        yield batch
                    continue
                self._rooms |= rooms_of(told.data)
                await self._place(told.data)
                kept = {**kept, "place": list(told.place)}
                if found := self._happened(told, kept, us):
                    yield Batch(found, kept, caught_up=True, once=True)
        if not self._closed.is_set():
            raise NotReady("the line is made anew")

    async def _place(self, data: Any) -> None:
        """Learn of a channel whose room nobody has named: a session that goes on in a new process names none again."""
        if not isinstance(data, dict) or "guild_id" not in data or not self._followed:
            return
        channel = data.get("channel_id")
        if isinstance(channel, str) and channel not in self._rooms:
            self._rooms[channel] = Room("")
            try:
                self._rooms |= rooms_of(await self._rest.call("GET", f"/channels/{channel}"))
            except Refusal:
                return
            except (Broken, Fault) as error:
                del self._rooms[channel]
                if isinstance(error, Fault):
                    raise
                raise NotReady(f"Discord: {error}") from error

    async def _begun(self, told: Told, kept: dict[str, Any], us: str) -> AsyncIterator[Batch]:
        gaps: list[str] = []
        last: dict[str, str] = dict(kept["last"])
        if told.kind == "READY":
            if kept["place"] or last:
                gaps.append("what was said in direct conversations and threads that began meanwhile is not here")
            for channel in sorted({*last, *self._followed}):
                async for found, newest in self._missed(channel, last.get(channel, ""), us, gaps):
                    last[channel] = newest
                    yield Batch(found, {"place": None, "last": dict(last)})
        extents = tuple(Extent(channel) for channel in self._followed if channel in last)
        place = {"place": list(told.place), "last": last}
        yield Batch((), place, extents=extents, caught_up=True, gap="; ".join(gaps))

    async def _missed(
        self, channel: str, after: str, us: str, gaps: list[str]
    ) -> AsyncIterator[tuple[tuple[Event, ...], str]]:
        """What was said in a channel after an id, in order; without one its newest page. With it the newest id."""
        for number in range(MOST_PAGES):
            query = {"limit": PAGE, **({"after": after} if after else {})}
            try:
                page = await self._rest.call("GET", f"/channels/{channel}/messages", query=query)
                if channel not in self._rooms:
                    self._rooms |= rooms_of(await self._rest.call("GET", f"/channels/{channel}"))
            except Refusal as refusal:
                gaps.append(f"channel {channel}: {refusal}")
                return
            except Broken as broken:
                raise NotReady(f"Discord: {broken}") from broken
            page = sorted(page, key=lambda one: int(one["id"]))
            if not page:
                return
            found = [event for one in page for event in message(one, us, self._rooms, self._context.clock.now())]
            newest = str(page[-1]["id"])
            yield tuple(found), newest
            if not after or len(page) < PAGE:
                return
            after = newest
            if number == MOST_PAGES - 1:
                gaps.append(f"too much was said in channel {channel} at once; not all of it is here")

    def _happened(self, told: Told, kept: dict[str, Any], us: str) -> tuple[Event, ...]:
        data, now = told.data, self._context.clock.now()
        channel = str(data.get("channel_id", "")) if isinstance(data, dict) else ""
        if not channel or not self._concerns(channel, data):
            return ()
        if told.kind in MESSAGES:
            if "content" not in data:
                # Only what stands beside the words has changed.
                return ()
            own = str(data.get("id", "0"))
            if own.isdigit():
                newest = max(int(kept["last"].get(channel, "0")), int(own))
                kept["last"] = {**kept["last"], channel: str(newest)}
            key = self._keys.get(str(data.get("nonce", "")), "")
            if key:
                self._sent[f"{channel}:{own}"] = key
            known = {**data, "nonce": key}
            return message(known, us, self._rooms, now)
        found = happened(told.kind, data, us, now)
        return found or ((unsupported(told.kind.lower(), data, now),) if told.kind.startswith("MESSAGE_POLL") else ())

    def _concerns(self, channel: str, data: dict[str, Any]) -> bool:
        """Direct messages, the channels that are followed, and their threads."""
        room = self._rooms.get(channel)
        return (
            "guild_id" not in data or channel in self._followed or (room is not None and room.parent in self._followed)
        )

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return tuple(sorted(self._followed & set(cursor["last"]))) if cursor else ()

    async def backfill(self, scope: str, before: Json) -> Batch:
        us = await self._who()
        await self._place({"guild_id": "", "channel_id": scope})
        # The newest page is fetched once more to begin with: it is known already, and shown once.
        query = {"limit": PAGE, **({"before": str(before)} if before else {})}
        page = await self._ask("GET", f"/channels/{scope}/messages", query=query)
        now, done = self._context.clock.now(), len(page) < PAGE
        found = [event for one in page for event in message(one, us, self._rooms, now)]
        oldest = min((str(one["id"]) for one in page), key=int, default=before)
        return Batch(tuple(found), oldest, extents=(Extent(scope, complete_since=0 if done else None),), caught_up=done)

    async def renew(self) -> None:
        self._renewed.set()

    async def perform(self, op: Outbound) -> Outcome:
        channel, _colon, own = str(op.fields.get("message", "")).partition(":")
        match op.verb:
            case Verb.REPLY:
                return await self._reply(op)
            case Verb.EDIT:
                said = {"content": str(op.fields["text"]), "allowed_mentions": {"parse": []}}
                return await self._done(op, "PATCH", f"/channels/{channel}/messages/{own}", said)
            case Verb.DELETE:
                return await self._done(op, "DELETE", f"/channels/{channel}/messages/{own}", None)
        return Accepted()

    async def _reply(self, op: Outbound) -> Outcome:
        if len(op.text) > TEXT:
            return Rejected(f"the text has {len(op.text):,} characters; Discord takes {TEXT:,}")
        if len(op.files) > FILES:
            return Rejected(f"Discord takes {FILES} files in one message")
        channel = op.conversation
        if not channel:
            try:
                opened = await self._rest.call("POST", "/users/@me/channels", {"recipient_id": op.contact})
            except Refusal as refusal:
                return Rejected(str(refusal))
            except Broken as broken:
                raise NotReady(f"Discord: {broken}") from broken
            channel = str(opened["id"])
        nonce = _nonce(op)
        self._keys[nonce] = op.idempotency_key
        said: dict[str, Any] = {
            "content": op.text,
            "nonce": nonce,
            "enforce_nonce": True,
            # What an agent writes calls nobody by accident.
            "allowed_mentions": {"parse": []},
        }
        if op.reply_to_external_id:
            answered = op.reply_to_external_id.partition(":")[2]
            said["message_reference"] = {"message_id": answered, "fail_if_not_exists": False}
        outcome = await self._done(op, "POST", f"/channels/{channel}/messages", said)
        if isinstance(outcome, Accepted) and not op.conversation:
            return Accepted(outcome.external_id, conversation=channel)
        return outcome

    async def _done(self, op: Outbound, method: str, path: str, said: Any) -> Outcome:
        files = [(file.name, file.data, file.media_type) for file in op.files]
        await self._context.mark(op.op_id)
        try:
            told = await self._rest.call(method, path, said, files=files)
        except Refusal as refusal:
            if op.verb is Verb.DELETE and refusal.status == 404:
                return Accepted()
            return Rejected(str(refusal))
        except Broken as broken:
            return Unknown(str(broken))
        if op.verb is not Verb.REPLY:
            return Accepted()
        external_id = f"{told['channel_id']}:{told['id']}"
        self._sent[external_id] = op.idempotency_key
        return Accepted(external_id)

    async def reconcile(self, op: Outbound) -> Reconciled:
        """Look for a message of ours that says this, and is not older than the reply."""
        if not op.conversation:
            return Unknowable("a conversation that we begin is named by Discord's answer, which was lost")
        us, after = await self._who(), first_at(made_at(op.op_id) - MINUTE)
        for _page in range(MOST_PAGES):
            query = {"limit": PAGE, "after": after}
            page = await self._ask("GET", f"/channels/{op.conversation}/messages", query=query)
            names = [file.name for file in op.files]
            for one in page:
                # Discord takes blanks off both ends.
                ours = str(one["author"]["id"]) == us and str(one.get("content")).strip() == op.text.strip()
                external_id = f"{op.conversation}:{one['id']}"
                whose = self._sent.get(external_id, op.idempotency_key)
                if ours and whose == op.idempotency_key and len(one.get("attachments") or ()) == len(names):
                    return Found(external_id)
            if len(page) < PAGE:
                return NotFound()
            after = max((str(one["id"]) for one in page), key=int)
        return Unknowable("too much was said since")

    async def typing(self, conversation: str, channel: str) -> None:
        await self._ask("POST", f"/channels/{conversation}/typing")

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        if not isinstance(remote, dict) or not str(remote.get("url", "")).startswith("https://"):
            raise OmniError("the file has no address that can be fetched")
        await self._context.fetch(str(remote["url"]), sink, limit)

    async def close(self) -> None:
        self._closed.set()


def _nonce(op: Outbound) -> str:
    """Within some minutes Discord takes it once; at most 25 letters."""
    return hashlib.sha256(op.idempotency_key.encode()).hexdigest()[:24]
