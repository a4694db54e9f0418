"""What the history shows: one conversation or its contact's whole timeline, and where in it the reader wants to go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Message
from omnitui.model.revisions import Hit
from omnitui.text import japanese
from omnitui.ui.timeline import stretch
from omnitui.ui.timeline.blocks import LONG_TEXT, lay_out
from omnitui.ui.timeline.stretch import Key, Source, Stretch

if TYPE_CHECKING:
    from omnitui.ui.desk import Desk

MOST_HITS = 500
"""Found messages that are gone through one by one."""


class Reading:
    """Brings stretches of what is shown to the history pane."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.whole = False
        """Whether the contact's whole timeline is shown."""
        self.words: tuple[str, ...] = ()
        """What was searched for, to be shown where it stands."""

    @property
    def source(self) -> Source | None:
        """What is shown, as far as it is read."""
        shown = self._desk.conversation
        return None if shown is None else Source(shown.id, shown.contact_id if self.whole else None)

    async def older(self) -> None:
        """Bring the messages before the oldest that is loaded."""
        messages = self._desk.screen.history.reel.messages
        if messages:
            found = await self._read(stretch.older, _key(messages[0]))
            if found is not None:
                self._desk.screen.history.prepend(found)

    async def newer(self) -> None:
        """Bring the messages after the newest that is loaded."""
        messages = self._desk.screen.history.reel.messages
        if messages:
            found = await self._read(stretch.newer, _key(messages[-1]))
            if found is not None:
                self._desk.screen.history.append(found)

    async def to_first(self) -> None:
        """Go to where it began, however far that is."""
        pane = self._desk.screen.history
        if not pane.reel.first:
            found = await self._read(stretch.oldest)
            if found is None:
                return
            self._show(found)
        pane.to_start()

    async def to_last(self) -> None:
        """Go to where it stands."""
        pane = self._desk.screen.history
        if not pane.tail:
            found = await self._read(stretch.newest)
            if found is None:
                return
            self._show(found)
        pane.to_end()

    async def to_unread(self) -> None:
        """Go to the oldest message that nobody has read."""
        source = self.source
        wanted = await self._desk.cache.aread(stretch.unread, source) if source is not None else None
        if wanted is None:
            raise OmniError(_("everything here has been read"))
        await self.to_message(wanted)

    async def to_message(self, message_id: Ulid, *, anew: bool = False) -> None:
        """Go to a message of what is shown, however old; `anew`: nothing of it is loaded."""
        pane = self._desk.screen.history
        if not anew and any(message.id == message_id for message in pane.reel.messages):
            pane.show_message(message_id)
            return
        found = await self._read(stretch.around, message_id)
        if found is not None and found.messages:
            self._show(found, at=message_id)

    async def turn_whole(self) -> None:
        """Show the contact's whole timeline, or the conversation alone again, at the same message."""
        desk = self._desk
        await desk.read()
        current = desk.screen.history.reel.current_message
        self.whole = not self.whole
        at = current.id if current is not None and (self.whole or current.conversation_id == desk.shown) else None
        found = await self._read(stretch.around, at) if at else await self._read(stretch.newest)
        if found is not None:
            self._show(found, at=at or "")
            desk.screen.captions.redraw_heading()

    async def step_hit(self, by: int) -> None:
        """Go to the next message that the last search found, or the one before; around at the ends."""
        desk = self._desk
        if not desk.searched.strip():
            raise OmniError(_("nothing was searched for yet"), hint=_("search first"))
        hits = await desk.cache.aread(_found, desk.session.query(desk.searched))
        if not hits:
            raise OmniError(_("nothing was found for {words}").format(words=desk.searched))
        current = desk.screen.history.reel.current_message
        own = current.id if current is not None else ""
        # The search lists the newest first; reading on means going down the history.
        order = [(hit.conversation_id, hit.message_id) for hit in reversed(hits)]
        at = next((index for index, (_of, message_id) in enumerate(order) if message_id == own), None)
        if at is None:
            at = -1 if by > 0 else 0
        conversation_id, message_id = order[(at + by) % len(order)]
        await desk.show_message(conversation_id, message_id, searched=True)
        place = order.index((conversation_id, message_id)) + 1
        desk.say(_("found {n} of {count}").format(n=place, count=len(order)))

    def search_words(self) -> tuple[str, ...]:
        """The texts of the last search, as they are looked for in lines."""
        try:
            query = self._desk.session.query(self._desk.searched)
        except OmniError:
            return ()
        from omnitui.store.reads.search import texts

        return tuple(text.casefold() for text in texts(query))

    def _show(self, found: Stretch, at: Ulid = "") -> None:
        desk = self._desk
        due = desk.picture.due if desk.picture is not None else {}
        desk.screen.history.load(found, due=due, at=at, found=self.words)

    async def _read(self, read: Callable[..., Stretch], *where: Key | Ulid) -> Stretch | None:
        """Read a stretch of what is shown; None where something else is shown by the time it is there."""
        source, reel = self.source, self._desk.screen.history.reel
        if source is None:
            return None
        found = await self._desk.cache.aread(read, source, *where)
        await self.lay_out(found.messages)
        return found if source == self.source and reel is self._desk.screen.history.reel else None

    async def lay_out(self, messages: Sequence[Message]) -> None:
        """Wrap what is long beforehand, in a thread, and load there what Japanese is wrapped by."""
        if japanese.wanted(message.text for message in messages):
            await asyncio.to_thread(japanese.load)
        width = self._desk.screen.history.size.width
        if width and any(max(map(len, (one.text, one.quoted, one.signature))) > LONG_TEXT for one in messages):
            await asyncio.to_thread(lay_out, messages, width, self.words)


def _key(message: Message) -> Key:
    return message.received_at, message.id


def _found(db: Any, query: Any) -> list[Hit]:
    from omnitui.store.reads.search import search

    return search(db, query, limit=MOST_HITS)
