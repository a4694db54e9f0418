"""Search over all messages as one types, with the filters of the query language, completed with their counts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Input

from omnitui.desk.fuzzy import spans
from omnitui.desk.querying.completion import Completion, Names, complete
from omnitui.desk.querying.terms import Query
from omnitui.desk.views import KEPT
from omnitui.errors import OmniError
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.revisions import Hit
from omnitui.model.states import Direction, MessageKind
from omnitui.store.reads import search
from omnitui.store.reads.counting import counted
from omnitui.ui.desk import Desk
from omnitui.ui.knowledge import learn
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, Piece, cropped, lit, plain
from omnitui.ui.panes.fields import editable
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    pass

MOST = 100
REMEMBERED = "searches"
OFFERED = 12
COUNTED = 6
COUNT_CAP = 100
REST_SECONDS = 0.15
"""Without a key, until completions are counted."""
COUNT_SECONDS = 0.1
"""So long they are counted at most; those that take longer have no number."""
KEPT_AS_VIEW = object()
"""What is answered where the query is to be kept."""
_COUNTERS = {"open": "inbox"}
"""States whose standing view has another name."""
_STATES = frozenset(KEPT.values())
_KEY = re.compile(r'([A-Za-z]+)[:：]"?$')


class SearchScreen(PickerScreen):
    """A picker of messages. An empty field lists what was searched for before."""

    def __init__(self, desk: Desk, text: str) -> None:
        hint = _("Tab completes, ↑ earlier, {key}: the list, {other}: a view")
        hint = hint.format(key="ctrl+l", other="ctrl+s")
        super().__init__(_("Search all messages"), self._find, hint=hint, text=text)
        self._desk = desk
        self._names = desk.names or Names()
        self._learning: asyncio.Task[None] | None = None
        self._history = desk.memory.recall(REMEMBERED)[:]
        self._back = -1
        self._offered: list[Completion] = []
        self._chosen = -1
        self._counts: dict[str, str] = {}
        self._counting: asyncio.Task[None] | None = None
        self._filled = ""
        self._base = ""
        self._unsearchable = 0

    @property
    def placeholder(self) -> str:
        """Examples."""
        return _('words, "exact words", is:open from: label: channel: after:7d has:attachment')

    async def _find(self, text: str) -> Sequence[Choice]:
        if not text.strip():
            return [Choice(line, (("↺ ", "muted"), (plain(line), "text"))) for line in self._history]
        query = self._desk.session.query(text)
        found = await self._desk.cache.aread(search.search, query, limit=MOST)
        self._unsearchable = await self._desk.cache.aread(search.unsearchable)
        now, zone = self._desk.clock.now(), self._desk.zone
        words = tuple(search.texts(query))
        return [hit_choice(hit, phrases.moment(hit.received_at, now, zone), words) for hit in found]

    # Completion

    def on_mount(self) -> None:
        """The names that filters may have come a little later."""
        self._learning = asyncio.create_task(self._learn())

    async def _learn(self) -> None:
        self._names = await learn(self._desk)
        if self.is_open and self._chosen < 0:
            self._offer()

    def _offer(self) -> None:
        field = self.field
        self._offered = complete(field.value, field.cursor_position, self._names)[:OFFERED]
        self._chosen = -1
        self._counts = {}
        self._draw_offered()
        self._count_soon()

    def on_input_changed(self, event: Input.Changed) -> None:
        """A keystroke: hits and completions anew."""
        event.prevent_default()
        super().on_input_changed(event)
        if event.value != self._filled:
            self._offer()
        self._filled = ""

    def _show(self, text: str, found: Sequence[Choice]) -> None:
        super()._show(text, found)
        self._draw_offered()
        if count := self._unsearchable:
            said = ngettext("{count} message cannot be searched yet", "{count} messages cannot be searched yet", count)
            self.say(said.format(count=count), "warn")

    def complain(self, error: OmniError) -> None:
        """While a filter's value is being typed, what it may become says more than that it is none yet."""
        position = getattr(error, "position", -1)
        behind = position + len(getattr(error, "word", "")) + 1  # a filter without a value is named, not the value
        if self._offered and self._offered[0].start <= behind and position <= self._offered[0].end:
            self._draw_offered()
        else:
            super().complain(error)

    def _draw_offered(self) -> None:
        if not self._offered or not self.typed.strip():
            self.below(())
            return
        pieces: list[Piece] = []
        for at, one in enumerate(self._offered):
            role = "chosen" if at == self._chosen else "label"
            pieces += [(plain(one.text), role), (self._counts.get(one.text, ""), "muted"), ("  ", "")]
        self.below(cropped(tuple(pieces), max(self.field.size.width, 20)))

    def _count_soon(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
        if self._offered:
            self._counting = asyncio.create_task(self._count())

    async def _count(self) -> None:
        """Say how many conversations the offered values find, where counting is cheap."""
        await asyncio.sleep(REST_SECONDS)
        desk = self._desk
        found = _KEY.search(self.typed[: self._offered[0].start])
        key, texts = found[1].lower() if found else "", [one.text for one in self._offered[:COUNTED]]
        if not key or key == "sort":
            return
        kept = {text: desk.standing.counts.get(_COUNTERS.get(text, text)) for text in texts if key == "is"}
        self._counts = {text: f" {n}" for text, n in kept.items() if n is not None and f"is:{text}" in _STATES}
        queries: dict[str, Query] = {}
        for text in texts:
            with suppress(OmniError):
                queries |= {} if text in self._counts else {text: desk.session.query(f"{key}:{text}")}
        counts = await desk.cache.aread(counted, queries, cap=COUNT_CAP, seconds=COUNT_SECONDS)
        self._counts |= {text: f" {n}" if n < COUNT_CAP else f" {COUNT_CAP}+" for text, n in counts.items()}
        if self._counts and self.is_open:
            self._draw_offered()

    def _complete(self, by: int) -> None:
        if not self._offered:
            return
        text = self.typed if self._chosen < 0 else self._base
        self._base = text
        self._chosen = (self._chosen + by) % len(self._offered) if self._chosen >= 0 or by > 0 else -1
        one = self._offered[self._chosen]
        self._filled = text[: one.start] + one.text + text[one.end :]
        field = self.field
        field.value = editable(self._filled, multiline=False)
        field.cursor_position = one.start + len(one.text)
        if len(self._offered) == 1 or one.text.endswith(":"):
            self._offer()
        self._draw_offered()

    # Keys

    def on_key(self, event: events.Key) -> None:
        """Tab completes, up on the first hit brings earlier searches, ctrl+l and ctrl+s take the query itself."""
        if event.key in ("tab", "shift+tab"):
            self._complete(1 if event.key == "tab" else -1)
        elif event.key == "up" and self.choices.at <= 0:
            self._recall(1)
        elif event.key in ("ctrl+l", "ctrl+s"):
            self._keep(None if event.key == "ctrl+l" else KEPT_AS_VIEW)
        else:
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()

    def _recall(self, by: int) -> None:
        if self._history:
            self._back = (self._back + by) % len(self._history)
            self.put(self._history[self._back])

    def take(self, chosen: Choice) -> None:
        """A hit is the answer; an earlier search fills the field."""
        if isinstance(chosen.value, str):
            self.put(chosen.value)
        else:
            self.dismiss(chosen)

    def _keep(self, answer: object) -> None:
        try:
            self._desk.session.query(self.typed)
        except OmniError as error:
            self.complain(error)
            return
        self.dismiss(Choice(answer, ()))

    def on_unmount(self) -> None:
        """Nothing is counted any more."""
        for task in (self._counting, self._learning):
            if task is not None:
                task.cancel()


def hit_choice(hit: Hit, moment: str, words: Sequence[str] = ()) -> Choice:
    """A found message as a line: who, what, when; the words that were looked for are marked."""
    kind = "▒ " if hit.kind is MessageKind.NOTE else "→ " if hit.direction is Direction.OUTGOING else ""
    left: Line = (
        (plain(hit.contact or hit.author), "theirs"),
        (f"  {kind}{plain(hit.subject)}", "text"),
        (f"  {plain(hit.snippet)}", "muted"),
    )
    marked = lit(left, spans("".join(text for text, _role in left), words))
    return Choice((hit.conversation_id, hit.message_id), marked, ((moment, "muted"),))


async def open_search(desk: Desk, text: str | None = None) -> None:
    """Search, and show what was chosen at its message, or all that was found as the list."""
    screen = SearchScreen(desk, desk.searched if text is None else text)
    chosen = await desk.ask(screen)
    desk.searched = screen.last
    if chosen is None:
        return
    desk.remember(REMEMBERED, screen.last)
    if chosen.value is KEPT_AS_VIEW:
        from omnitui.ui.screens.view_form import keep_as_view

        await keep_as_view(desk, screen.last.strip())
        return
    if chosen.value is None:
        from omnitui.ui.screens.offers import open_query

        open_query(desk, screen.last.strip())
        return
    conversation_id: Ulid
    conversation_id, message_id = chosen.value
    await desk.show_message(conversation_id, message_id, searched=True)
    desk.screen.layouts.read()
