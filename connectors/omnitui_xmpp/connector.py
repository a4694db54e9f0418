"""An address at an XMPP server as an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

from omnitui.sdk import (
    DAY,
    HOUR,
    Accepted,
    AuthFailed,
    Batch,
    Capabilities,
    Context,
    Directory,
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
    TextUnit,
    Unknowable,
    Unknown,
    Verb,
    made_at,
    measured,
    rfc3339,
)
from omnitui_xmpp.archive import Heard, Page
from omnitui_xmpp.client import Cut, Gone, Place, Session
from omnitui_xmpp.mapping import CHANNEL, CORRECTION, REPLY, RETRACTION, bare, events, wants_receipt
from omnitui_xmpp.settings import MANIFEST

PAGE = 100
TEXT = 60_000
"""Bytes: servers take stanzas of 64 kB and more."""
FILE = 100 * 1024 * 1024
SETTLING_SECONDS = 2.0
"""So long a server may take to work off what a broken line had brought it."""
LOOK_BACK = 500
"""Messages of a conversation that are looked through for one of ours."""


class XmppConnector:
    """Speaks for one address. News and replies share one session."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        settings = context.settings
        self._place = Place(
            settings.get("address", ""),
            context.secrets.get("password", ""),
            settings.get("host", ""),
            int(settings.get("port") or 0),
            settings.get("security", "starttls"),
            settings.get("ca_file", ""),
            settings.get("accept", "yes") == "yes",
        )
        self._us = bare(self._place.address)
        self._session: Session | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.FINDABLE,
            inbound=("stream",),
            text_limit=TEXT,
            text_unit=TextUnit.BYTES,
            attachments=True,
            attachment_limit=FILE,
            delivery_receipts=True,
            read_receipts=True,
            can_start=True,
            quotes=True,
            reach={Verb.EDIT: Reach.REMOTE, Verb.DELETE: Reach.REMOTE},
        )

    async def check(self) -> Health:
        try:
            session = await self._open()
        except Fault as fault:
            refused = isinstance(fault, AuthFailed)
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=refused)
        keeps = (
            "; the server keeps no archive: what is written while nobody listens is lost"
            if not session.archives
            else ""
            if session.keeps_all
            else "; the server does not say that its archive keeps all: set its default to “always”"
        )
        return Health(ok=True, message=f"{self._us}{keeps}")

    async def directory(self) -> Directory:
        return Directory(inboxes=((CHANNEL, self._us),))

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        session = await self._open()
        try:
            if session.archives:
                async for batch in self._missed(session, cursor or {}):
                    cursor = batch.cursor or cursor
                    yield batch
            else:
                yield Batch((), {"at": self._context.clock.now()}, caught_up=True, gap=self._gap(cursor))
            while heard := await session.take(PAGE):
                yield self._batch(session, heard, self._on_from(cursor, heard), caught_up=True)
                self._acknowledge(session, heard)
        except (Cut, ValueError) as error:
            raise NotReady(f"{self._us}: {error}") from error
        if not self._closed:
            raise NotReady(f"{self._us}: {session.end}")

    async def _missed(self, session: Session, cursor: dict[str, Any]) -> AsyncIterator[Batch]:
        """What the archive has after the cursor; without one the newest page, and `backfill` brings the rest."""
        gap, last = "", cursor.get("last", "")
        if not cursor:
            page = await session.archive(before="", most=PAGE)
            kept = {"last": page.last, "first": "" if page.complete else page.first}
            yield self._batch(session, page.messages, kept, extent=_extent(page))
        else:
            while True:
                try:
                    page = await session.archive(after=last, most=PAGE)
                except Gone:
                    # The archive forgot the place: on from the time instead.
                    gap, last = "the server no longer keeps all that was written since the last look", ""
                    page = await session.archive(start=int(cursor.get("at", 0)), most=PAGE)
                last = page.last or last
                cursor = {**cursor, "last": last, "at": self._context.clock.now()}
                if page.messages:
                    yield self._batch(session, page.messages, cursor)
                if page.complete or not page.last:
                    break
        yield Batch((), {**cursor, "at": self._context.clock.now()} if cursor else None, caught_up=True, gap=gap)

    def _on_from(self, cursor: Json, heard: list[Heard]) -> Json:
        archived = next((one.archived for one in reversed(heard) if one.archived), "")
        kept = {**cursor, "at": self._context.clock.now()} if cursor else {"at": self._context.clock.now()}
        return kept | ({"last": archived} if archived else {})

    def _gap(self, cursor: Json) -> str:
        if cursor:
            return f"the server keeps no archive: what was written from {rfc3339(cursor['at'])} to now is not here"
        return "the server keeps no archive: what was written before this account was added is not here"

    def _batch(
        self,
        session: Session,
        heard: list[Heard],
        cursor: Json,
        *,
        extent: tuple[Extent, ...] = (),
        caught_up: bool = False,
    ) -> Batch:
        names = session.names
        found = (
            event
            for message, at, archived in heard
            for event in events(message, us=self._us, names=names, at=at, archived=archived)
        )
        # What is acknowledged to its writer lies on the disk.
        return Batch(tuple(found), cursor, extents=extent, caught_up=caught_up, once=caught_up)

    def _acknowledge(self, session: Session, heard: list[Heard]) -> None:
        for message, _at, _archived in heard:
            if wants_receipt(message) and bare(message.get("from", "")) not in ("", self._us):
                session.acknowledge(message.get("from", ""), message.get("id", ""))

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return ("archive",) if cursor and cursor.get("first") else ()

    async def backfill(self, scope: str, before: Json) -> Batch:
        session = await self._open()
        try:
            page = await session.archive(before=before or "", most=PAGE)
        except Gone:
            return Batch((), before, extents=(Extent(scope, complete_since=0),), caught_up=True)
        except (Cut, ValueError) as error:
            raise NotReady(f"{self._us}: {error}") from error
        done = page.complete or not page.first
        batch = self._batch(session, page.messages, page.first, extent=_extent(page, scope))
        return Batch(batch.events, page.first or before, extents=batch.extents, caught_up=done)

    async def _open(self) -> Session:
        """The session, opened where there is none. Raises `Fault`."""
        async with self._opening:
            if self._closed:
                raise NotReady("the account is closed")
            if self._session is None or self._session.end:
                self._session = await Session.open(self._place, self._context.clock.now)
                if self._closed:
                    await self._session.close()
                    raise NotReady("the account is closed")
            return self._session

    async def renew(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def perform(self, op: Outbound) -> Outcome:
        extra: list[Element] = []
        to, text = op.conversation or op.contact, op.text
        match op.verb:
            case Verb.REPLY:
                if op.reply_to_external_id:
                    writer, _slash, own = op.reply_to_external_id.partition("/")
                    extra.append(Element(REPLY, to=writer, id=own))
            case Verb.EDIT:
                text = str(op.fields["text"])
                extra.append(Element(CORRECTION, id=_own(op)))
            case Verb.DELETE:
                # The words are for programs that know no retractions.
                text = "This message was taken back."
                extra += [Element(RETRACTION, id=_own(op)), Element("{urn:xmpp:fallback:0}fallback")]
                extra[1].set("for", "urn:xmpp:message-retract:1")
            case _:
                return Accepted()
        if (length := measured(text, TextUnit.BYTES)) > TEXT:
            return Rejected(f"the text has {length:,} bytes; {TEXT:,} fit into one message")
        if not _is_address(to):
            return Rejected(f"“{to}” is no address of XMPP")
        return await self._send(op, to, _printable(text), extra)

    async def _send(self, op: Outbound, to: str, text: str, extra: list[Element]) -> Outcome:
        session = await self._open()
        try:
            addresses = [await self._put(session, file.name, file.data, file.media_type) for file in op.files]
        except ValueError as error:
            return Rejected(str(error))
        except Cut as cut:
            # What lies at the server so far is known to nobody.
            raise NotReady(f"{self._us}: {cut}") from cut
        await self._context.mark(op.op_id)
        if session.end:
            raise NotReady(f"{self._us}: {session.end}")
        number = 0
        key, said = op.idempotency_key, [(text, "")] if text or not addresses else []
        try:
            for number, (words, file) in enumerate([*said, *((address, address) for address in addresses)]):
                own = key if number == 0 else f"{key}-{number}"
                await session.send(to, own, words, *(extra if number == 0 else ()), file=file)
        except ValueError as refusal:
            return Rejected(str(refusal)) if number == 0 else Unknown(f"only a part of it was taken: {refusal}")
        except (Cut, Gone) as cut:
            return Unknown(f"{self._us}: {cut}")
        return Accepted(f"{self._us}/{key}")

    async def _put(self, session: Session, name: str, data: bytes, media_type: str) -> str:
        """Lay a file down at the server; the address it has there. Raises `ValueError`, `Cut`."""
        import httpx

        address, headers, found_at = await session.slot(name, len(data), media_type)
        if not address.startswith("https://") and self._place.security != "none":
            raise ValueError("the server wants the file over a line that is not encrypted")
        try:
            answer = await self._context.http().put(
                address, content=data, headers={**headers, "Content-Type": media_type}
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Cut(f"the file could not be laid down: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise ValueError(f"the server did not take {name} (HTTP {answer.status_code})")
        return found_at

    async def reconcile(self, op: Outbound) -> Reconciled:
        session = await self._open()
        if not session.archives:
            return Unknowable("the server keeps no archive that could be asked")
        await asyncio.sleep(SETTLING_SECONDS)
        key, made = op.idempotency_key, made_at(op.op_id)
        parts = len(op.files) + bool(op.text or not op.files) if op.verb is Verb.REPLY else 1
        wanted = {key if number == 0 else f"{key}-{number}" for number in range(parts)}
        found: set[str] = set()
        before, seen, reached = "", 0, False
        try:
            while seen < LOOK_BACK and not reached:
                page = await session.archive(before=before, most=PAGE)
                found |= wanted.intersection(message.get("id", "") for message, _at, _id in page.messages)
                if found == wanted:
                    return Found(f"{self._us}/{key}")
                # What is older than a day may have been thrown away with all that was written before it.
                young = not made or self._context.clock.now() - made < DAY
                reached = any(at < made - HOUR for _message, at, _id in page.messages)
                if page.complete or not page.first:
                    reached = reached or young
                    break
                before, seen = page.first, seen + max(1, len(page.messages))
        except (Cut, Gone, ValueError) as error:
            raise NotReady(f"{self._us}: {error}") from error
        if found:
            return Unknowable(f"{len(found)} of its {len(wanted)} parts arrived")
        if not session.keeps_all:
            return Unknowable("the server does not say that its archive keeps all")
        return NotFound() if reached else Unknowable("the archive does not reach back to when it was written")

    async def typing(self, conversation: str, channel: str) -> None:
        (await self._open()).compose(conversation)

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        if not isinstance(remote, dict) or not str(remote.get("url", "")).startswith(("https://", "http://")):
            raise OmniError("the file has no address that can be fetched")
        await self._context.fetch(str(remote["url"]), sink, limit)

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()


def _extent(page: Page, scope: str = "archive") -> tuple[Extent, ...]:
    oldest = min((heard.at for heard in page.messages), default=0)
    return (Extent(scope, page.total, complete_since=0 if page.complete else oldest),)


def _own(op: Outbound) -> str:
    """The id that one of our messages has of itself."""
    return str(op.fields["message"]).partition("/")[2]


def _is_address(to: str) -> bool:
    local, at, domain = to.partition("@")
    return bool(local and at and domain) and not any(letter.isspace() or letter in "<>\"'&" for letter in to)


def _printable(text: str) -> str:
    """Without what XML cannot carry (XML 1.0 section 2.2)."""
    return (
        "".join(
            letter for letter in text if letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff")
        )
        .replace("\ufffe", "")
        .replace("\uffff", "")
    )
