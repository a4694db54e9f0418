"""What is done with events before a transaction begins: parsing, and keeping raw forms and files as blobs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from omnitui.clock import Millis, SystemClock
from omnitui.sdk.events import Event, MailReceived, MessageReceived, Unsupported
from omnitui.store.blobs import Blobs
from omnitui.sync.aside import Aside, aside, is_poison
from omnitui.sync.dates import dated, plausible
from omnitui.sync.mails import ReadyMail, content_digest
from omnitui.text.mail.parsing import ParsedMail, PartInfo
from omnitui.text.quoting.quotes import Body, split_reply
from omnitui.text.surrogates import mended_all
from omnitui.text.web.html import html_to_text

KEPT_FILE = 1024 * 1024
"""Files of live mail up to this many bytes become blobs at once; others are cut out of the raw mail when opened."""

_CLOCK = SystemClock()

ParseAll = Callable[[Sequence[bytes], bool], list[ParsedMail]]
"""Parses raw mails, with their attachments' bytes or without; never raises."""
Put = Callable[[bytes], str]
"""Keeps bytes as a blob, and gives their SHA-256."""


@dataclass(frozen=True, slots=True)
class ReadyMessage:
    """A received message as text, with its raw form and the files that came along in the blob store."""

    event: MessageReceived
    body: Body
    raw: str
    files: tuple[str, ...]
    """For each file its SHA-256, empty where it was left at the back end."""


@dataclass(frozen=True, slots=True)
class ReadyUnsupported:
    """An event of an unknown kind, with its raw form in the blob store."""

    event: Unsupported
    raw: str

    @property
    def external_id(self) -> str:
        """The event's own id, else one made of what it says, so that it comes in once."""
        event = self.event
        said = "\0".join((event.kind, event.conversation, str(event.at), self.raw))
        return event.external_id or f"unsupported {hashlib.sha256(said.encode()).hexdigest()}"


Ready = Event | ReadyMail | ReadyMessage | ReadyUnsupported | Aside


class Preparation:
    """Makes events ready; blobs are content-addressed, so doing it twice changes nothing."""

    def __init__(self, blobs: Blobs, parse_all: ParseAll, now: Callable[[], Millis] = _CLOCK.now) -> None:
        self._blobs = blobs
        self._now = now
        self._parse_all = parse_all
        self._made: dict[str, int] = {}
        self._running = 0

    async def ready(self, events: Sequence[Event], *, history: bool, durable: bool = False) -> list[Ready]:
        """`events` with everything that takes time done, off the event loop. `durable`: what is kept is on the disk."""
        put = partial(self.put, durable=durable)
        raws = [event.raw for event in events if isinstance(event, MailReceived)]
        mails: Iterator[tuple[ParsedMail, str]] = iter(())
        if raws:
            # The parser is a process of its own: meanwhile what it parses is kept.
            parsed, kept = await asyncio.gather(
                asyncio.to_thread(self._parse_all, raws, not history),
                asyncio.to_thread(lambda: [put(raw) for raw in raws]),
            )
            mails = zip(parsed, kept, strict=True)
        return await asyncio.to_thread(lambda: [self._sound(event, mails, put) for event in events])

    def _sound(self, event: Event, mails: Iterator[tuple[ParsedMail, str]], put: Put) -> Ready:
        try:
            return self._ready(event, mails, put)
        except Exception as error:
            if not is_poison(error):
                raise
            return aside(event, error, put)

    def _ready(self, event: Event, mails: Iterator[tuple[ParsedMail, str]], put: Put) -> Ready:
        if not isinstance(event, MailReceived):
            # A back end that cuts texts by UTF-16 units sends half an emoji; that must not hold up what follows.
            event = mended_all(event)
        event = dated(event, self._now())
        match event:
            case MailReceived():
                parsed, raw = next(mails)
                if parsed.date is not None and parsed.date != plausible(parsed.date):
                    parsed = replace(parsed, date=plausible(parsed.date))
                files = tuple([_part(part, put) for part in parsed.attachments])
                return ReadyMail(event, parsed, raw, content_digest(event.raw), files)
            case MessageReceived():
                return _message(event, put)
            case Unsupported():
                return ReadyUnsupported(event, put(event.raw))
        return event

    def put(self, data: bytes, *, durable: bool = False) -> str:
        """Keep bytes as a blob; their SHA-256. What can be fetched again need not be durable: it is never read half."""
        sha256 = hashlib.sha256(data).hexdigest()
        ours = sha256 in self._made or not self._blobs.has(sha256)
        self._blobs.put(data, durable=durable)
        if ours and (at := self._blobs.kept_at(sha256)) is not None:
            self._made[sha256] = at
        return sha256

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Know within it which blobs were put here first."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._made.clear()

    def drop(self, refused: Sequence[str]) -> None:
        """Remove what was put in vain; what others have put too stays, since they may be about to refer to it."""
        for sha256 in refused:
            if self._made.get(sha256, -1) == self._blobs.kept_at(sha256):
                self._blobs.drop(sha256)


def _part(part: PartInfo, put: Put) -> tuple[str, bool]:
    if part.content is None or part.size > KEPT_FILE:
        return part.sha256, False
    return put(part.content), True


def _message(event: MessageReceived, put: Put) -> ReadyMessage:
    text = html_to_text(event.text) if event.html else event.text
    # Back ends that handle mail give it whole; elsewhere nobody quotes what stands right above.
    body = split_reply(text) if event.channel == "email" else Body(text, "", "")
    raw = put(event.raw) if event.raw else ""
    files = tuple([put(file.data) if file.data is not None else "" for file in event.files])
    return ReadyMessage(event, body, raw, files)
