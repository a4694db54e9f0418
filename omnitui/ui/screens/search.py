"""Search over all messages as one types, with the filters of the query language; Tab completes them."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.widgets import Input

from omnitui.desk.completion import Names, complete
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.revisions import Hit
from omnitui.model.states import Direction, MessageKind
from omnitui.store.reads import names, search
from omnitui.ui import phrases
from omnitui.ui.desk import Desk
from omnitui.ui.roles import Line, plain
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choice

MOST = 100


class SearchScreen(PickerScreen):
    """A picker of messages."""

    def __init__(self, desk: Desk, known: Names) -> None:
        hint = _('is:open from: label: channel: after:7d has:attachment "exact words" – Tab completes')
        super().__init__(_("Search all messages"), self._find, hint=hint, text=desk.searched)
        self._desk = desk
        self._names = known

    async def _find(self, text: str) -> Sequence[Choice]:
        if not text.strip():
            return []
        query = self._desk.session.query(text)
        found = await self._desk.cache.aread(search.search, query, limit=MOST)
        now = self._desk.clock.now()
        return [hit_choice(hit, phrases.moment(hit.received_at, now, self._desk.zone)) for hit in found]

    def on_key(self, event: events.Key) -> None:
        """Tab completes a filter, where there is something to complete."""
        if event.key == "tab":
            field = self.query_one(Input)
            offered = complete(field.value, field.cursor_position, self._names)
            if offered:
                first = offered[0]
                field.value = field.value[: first.start] + first.text + field.value[first.end :]
                field.cursor_position = first.start + len(first.text)
            event.stop()
            event.prevent_default()
            return
        super().on_key(event)


def hit_choice(hit: Hit, moment: str) -> Choice:
    """A found message as a line: who, what, when."""
    kind = "▒ " if hit.kind is MessageKind.NOTE else "→ " if hit.direction is Direction.OUTGOING else ""
    left: Line = (
        (plain(hit.contact or hit.author), "theirs"),
        (f"  {kind}{plain(hit.subject)}", "text"),
        (f"  {plain(hit.snippet)}", "muted"),
    )
    return Choice((hit.conversation_id, hit.message_id), left, ((moment, "muted"),))


async def open_search(desk: Desk) -> None:
    """Search, and show what was chosen at its message."""
    screen = SearchScreen(desk, await desk.cache.aread(names.names))
    chosen = await desk.ask(screen)
    desk.searched = screen.last
    if chosen is not None:
        conversation_id: Ulid
        conversation_id, message_id = chosen.value
        await desk.show_message(conversation_id, message_id, searched=True)
        desk.screen.layouts.read()
