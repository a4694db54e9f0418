"""A nick on an IRC server as an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

from omnitui.sdk import (
    DAY,
    Accepted,
    Batch,
    Capabilities,
    Context,
    Directory,
    Event,
    Extent,
    Fault,
    Health,
    Idempotency,
    Json,
    Manifest,
    Millis,
    NotReady,
    Outbound,
    Outcome,
    Reconciled,
    Rejected,
    TextUnit,
    Unknowable,
    Unknown,
    Verb,
    measured,
    rfc3339,
)
from omnitui_irc.client import Cut, Link, Place
from omnitui_irc.lines import Line, parsed, pieces, room
from omnitui_irc.mapping import CHANNEL, event, folded, instant
from omnitui_irc.settings import MANIFEST

PAGE = 100
TEXT = 4_000
"""Bytes of a reply: about ten lines, which leave within twelve seconds."""
REFUSED = frozenset(("401", "402", "403", "404", "407", "411", "412", "413", "414", "416", "477", "481", "531", "FAIL"))
"""What a server says instead of passing a message on (RFC 2812 section 3.3.1)."""

SHUT = frozenset(("716", "937"))
"""Somebody, or a channel, takes no messages from us."""


class IrcConnector:
    """Speaks for one nick. News and replies share one connection, as servers want it."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        settings = context.settings
        tls = settings.get("security", "tls") != "none"
        self._place = Place(
            settings.get("host", ""),
            int(settings.get("port") or 0) or (6697 if tls else 6667),
            tls,
            settings.get("ca_file", ""),
            settings.get("nick", ""),
            settings.get("login", ""),
            context.secrets.get("password", ""),
        )
        self._rooms = tuple(name.strip() for name in settings.get("join", "").split(",") if name.strip())
        self._link: Link | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(
            idempotency=Idempotency.UNKNOWABLE,
            inbound=("stream",),
            text_limit=TEXT,
            text_unit=TextUnit.BYTES,
            can_start=True,
        )

    @property
    def _inbox(self) -> str:
        return f"{self._place.nick}@{self._place.host}"

    async def check(self) -> Health:
        try:
            link = await self._linked()
            refused = next((line for line in await self._join(link) if self._bars(line)), None)
        except Cut as cut:
            return Health(ok=False, message=f"the line to {self._place.host} broke: {cut}")
        except Fault as fault:
            return Health(ok=False, message=fault.message, hint=fault.hint)
        if refused is not None:
            return Health(
                ok=False, message=" ".join(refused.parameters[1:]), hint="see the setting `join`", refused=True
            )
        history = "" if _remembers(link) else "; what is said while nobody listens is lost"
        return Health(ok=True, message=f"{link.nick} on {link.network}{history}")

    async def directory(self) -> Directory:
        return Directory(inboxes=((CHANNEL, self._inbox),))

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        since: Millis = cursor["at"] if cursor else 0
        try:
            link = await self._linked()
            await self._join(link)
            if _remembers(link):
                for target in await self._targets(link, since):
                    async for batch in self._history(link, target, since):
                        yield batch
        except Cut as cut:
            raise NotReady(f"the line to {self._place.host} broke: {cut}") from cut
        gap = "" if _remembers(link) else self._gap(since)
        # What was said since the login lies in the connection, and what was said before it was asked for.
        since = max(since, self._reached(link, [parsed(f"@time={link.at} :- -".encode())]))
        keeps = "the server keeps history" if _remembers(link) else "the server keeps no history"
        lines = link.ready(PAGE)
        yield Batch(self._events(lines), {"at": since}, extents=(Extent("", budget=keeps),), caught_up=True, gap=gap)
        number = len(lines)
        while lines := await link.take(PAGE):
            found = self._events(lines, number)
            number += len(lines)
            if found:
                since = max(since, self._reached(link, lines))
                yield Batch(found, {"at": since}, caught_up=True, once=not _remembers(link))
        if not self._closed:
            raise NotReady(f"the line to {self._place.host} broke: {link.end}")

    def _reached(self, link: Link, lines: list[Line]) -> Millis:
        """How far lines reach, by the clock of the server, which is the one that is asked from."""
        if not _remembers(link):
            return self._context.clock.now()
        return max((instant(line, 0) for line in lines), default=0)

    def _bars(self, line: Line) -> bool:
        """Whether a line says that we may not listen in one of our channels."""
        named = {folded(name) for name in line.parameters[1:2]}
        return line.command.startswith("4") and not named.isdisjoint(folded(name) for name in self._rooms)

    def _gap(self, since: Millis) -> str:
        if since:
            return f"IRC hands out no history: what was said after {rfc3339(since)} and before now is not here"
        return "IRC hands out no history: what was said before this account was added is not here"

    def _events(self, lines: list[Line], number: int = 0) -> tuple[Event, ...]:
        now = self._context.clock.now()
        made = (
            event(line, nick=self._place.nick, inbox=self._inbox, now=now, number=number + place)
            for place, line in enumerate(lines)
        )
        return tuple(each for each in made if each is not None)

    async def _linked(self) -> Link:
        """The connection, opened where there is none. Raises `Fault`."""
        async with self._opening:
            if self._closed:
                raise NotReady("the account is closed")
            if self._link is None or self._link.end:
                self._link = await Link.open(self._place)
                if self._closed:
                    await self._link.close()
                    raise NotReady("the account is closed")
            return self._link

    async def _join(self, link: Link) -> list[Line]:
        return await link.say(f"JOIN {name}" for name in self._rooms) if self._rooms else []

    async def _targets(self, link: Link, since: Millis) -> list[str]:
        """Whom something was said with since then. https://ircv3.net/specs/extensions/chathistory"""
        begin, until = rfc3339(since), rfc3339(self._context.clock.now() + DAY)
        found: dict[str, None] = {}
        while True:
            lines = await link.ask(f"CHATHISTORY TARGETS timestamp={begin} timestamp={until} {PAGE}")
            told = [line.parameters for line in lines if line.command == "CHATHISTORY" and len(line.parameters) > 2]
            if found.keys() >= {name for _targets, name, *_at in told}:
                return list(found | dict.fromkeys(self._rooms))
            found |= dict.fromkeys(name for _targets, name, *_at in told)
            begin = max(at for _targets, _name, at, *_more in told)

    async def _history(self, link: Link, target: str, since: Millis) -> AsyncIterator[Batch]:
        """What was said there after `since`, with nothing that it covers left out when it is asked for again."""
        # The cursor stays where it was until every target was asked: `inbound` moves it then.
        after = f"timestamp={rfc3339(max(since - 1, 0))}"
        while True:
            lines = await link.ask(f"CHATHISTORY AFTER {target} {after} {PAGE}")
            said = [line for line in lines if "batch" in line.tags and line.command in ("PRIVMSG", "NOTICE")]
            if events := self._events(said):
                yield Batch(events)
            for line in lines:
                if line.command == "FAIL" and "CHATHISTORY" in line.parameters:
                    yield Batch((), gap=f"the server does not give all that was said with {target}: {line.words}")
            tags = said[-1].tags if said else {}
            reached = f"msgid={tags['msgid']}" if "msgid" in tags else f"timestamp={tags.get('time', '')}"
            if not said or reached == after:
                return
            after = reached

    async def renew(self) -> None:
        if self._link is not None:
            await self._link.close()

    async def perform(self, op: Outbound) -> Outcome:
        if op.verb is not Verb.REPLY:
            return Accepted()
        if (length := measured(op.text, TextUnit.BYTES)) > TEXT:
            return Rejected(f"the text has {length:,} bytes; {TEXT:,} leave as lines of IRC")
        target = op.conversation or op.contact
        if not target or any(letter in target for letter in " ,\r\n\0"):
            return Rejected(f"“{target}” is nobody on IRC")
        link = await self._linked()
        texts = list(pieces(op.text, room(link.nick, target)))
        if not texts:
            return Rejected("IRC takes no empty message")
        await self._context.mark(op.op_id)
        if link.end:
            raise NotReady(f"the line to {self._place.host} broke: {link.end}")
        try:
            said = await link.say(f"PRIVMSG {target} :{text}" for text in texts)
        except Cut as cut:
            return Unknown(f"the line to {self._place.host} broke: {cut}")
        refusals = [line for line in said if _refuses(line, target)]
        if not refusals:
            return Accepted()
        words = " ".join(refusals[0].parameters[1:])
        if len(refusals) < len(texts):
            return Unknown(f"{len(texts)} lines were said, and not all of them were taken: {words}")
        return Rejected(words)

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Unknowable("IRC cannot be asked what was said")

    async def close(self) -> None:
        self._closed = True
        if self._link is not None:
            await self._link.close()


def _refuses(line: Line, target: str) -> bool:
    about = folded(target) in map(folded, line.parameters[1:2])
    return line.command in REFUSED or (about and (line.command in SHUT or line.command[:1] in ("4", "5")))


def _remembers(link: Link) -> bool:
    return {"draft/chathistory", "batch", "server-time"} <= link.features
