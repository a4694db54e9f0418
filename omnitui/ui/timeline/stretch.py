"""A stretch of a history: messages in order with what stands between them, of one conversation or of a contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation, Message
from omnitui.model.deeds import Answered, Deed
from omnitui.store.reads import between, history, inbox
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

PAGE_OF_HISTORY = 50
Key = tuple[Millis, Ulid]


@dataclass(frozen=True, slots=True)
class Source:
    """What a history shows."""

    conversation_id: Ulid
    contact_id: Ulid | None = None
    """Whose whole timeline; None: the conversation alone."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages, oldest first."""

    messages: tuple[Message, ...] = ()
    first: bool = True
    """Whether it begins with the oldest message that there is."""
    last: bool = True
    """Whether it ends with the newest."""
    deeds: tuple[Deed, ...] = ()
    places: Mapping[Ulid, Conversation] = field(default_factory=dict)
    """The conversations of a timeline, or of several that are shown as one; empty for a single one."""
    answers: Mapping[Ulid, Answered] = field(default_factory=dict)
    """What messages answer."""


def newest(db: sqlite3.Connection, source: Source, since: Key | None = None) -> Stretch:
    """The newest page; with `since`, all messages from there on."""
    messages = _page(db, source)
    first = len(messages) < PAGE_OF_HISTORY
    while since is not None and not first and _key(messages[0]) > since:
        older = _page(db, source, before=_key(messages[0]))
        first = len(older) < PAGE_OF_HISTORY
        messages = [*older, *messages]
    return _stretch(db, source, messages, first=first, last=True)


def older(db: sqlite3.Connection, source: Source, before: Key) -> Stretch:
    """The page before a message."""
    messages = _page(db, source, before=before)
    return _stretch(db, source, messages, first=len(messages) < PAGE_OF_HISTORY, last=False, until=before[0])


def newer(db: sqlite3.Connection, source: Source, after: Key) -> Stretch:
    """The page after a message."""
    messages = _page(db, source, after=after)
    return _stretch(db, source, messages, first=False, last=len(messages) < PAGE_OF_HISTORY, since=after[0])


def oldest(db: sqlite3.Connection, source: Source) -> Stretch:
    """The first page."""
    messages = _page(db, source, after=(-1, ""))
    return _stretch(db, source, messages, first=True, last=len(messages) < PAGE_OF_HISTORY)


def around(db: sqlite3.Connection, source: Source, message_id: Ulid) -> Stretch:
    """The page in whose middle a message stands; empty where it is not there."""
    found = history.message(db, message_id)
    if found is None:
        return Stretch()
    half = PAGE_OF_HISTORY // 2
    earlier = _page(db, source, before=_key(found), limit=half)
    later = _page(db, source, after=_key(found), limit=half)
    return _stretch(db, source, [*earlier, found, *later], first=len(earlier) < half, last=len(later) < half)


def unread(db: sqlite3.Connection, source: Source) -> Ulid | None:
    """The oldest message of the conversation that nobody has read."""
    return history.first_unread(db, source.conversation_id)


def _key(message: Message) -> Key:
    return message.received_at, message.id


def _page(
    db: sqlite3.Connection,
    source: Source,
    *,
    before: Key | None = None,
    after: Key | None = None,
    limit: int = PAGE_OF_HISTORY,
) -> list[Message]:
    if source.contact_id is None:
        return history.page(db, source.conversation_id, before=before, after=after, limit=limit)
    return history.timeline(db, source.contact_id, before=before, after=after, limit=limit)


def _stretch(
    db: sqlite3.Connection,
    source: Source,
    messages: list[Message],
    *,
    first: bool,
    last: bool,
    since: Millis | None = None,
    until: Millis | None = None,
) -> Stretch:
    if since is None:
        since = -1 if first or not messages else messages[0].received_at
    if until is None and not last and messages:
        until = messages[-1].received_at
    of, whole = source.contact_id or source.conversation_id, source.contact_id is not None
    among = {message.conversation_id for message in messages}
    places = inbox.conversations(db, among) if whole or among - {of} else ()
    return Stretch(
        tuple(messages),
        first,
        last,
        tuple(between.deeds(db, of, since, until, contact=whole)),
        {place.id: place for place in places},
        between.answered(db, (message.id for message in messages)),
    )
