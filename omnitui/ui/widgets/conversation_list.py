"""The list of conversations: drawn line by line by the pure row renderer, at any length.

It knows no keys: the pane around it binds the actions of the table to `move`, `turn`, `top`, `bottom`, `open` and
`toggle_mark`. `refresh_rows` is called when the cache changed, at most ten times a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from omnitui.clock import Clock
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.text.rows import UNICODE, Density, Glyphs, age, inbox_row, row_role
from omnitui.text.widths import cell_width, crop
from omnitui.ui.last_hop import LastHopApp
from omnitui.ui.last_hop.focusing import MarksFocus
from omnitui.ui.widgets.row_window import RowSource, RowWindow

CACHED_ROWS = 512
SETTLED_SOON = 0.003
SETTLED_QUIET = 0.06
REPEATING = 0.1  # seconds; selections that follow each other faster are a held key

StyleOf = Callable[[str], Style]
"""The style of a theme's role, as `omnitui.text.rows.ROLES` names them."""


class ConversationList(MarksFocus, can_focus=True):
    """Conversations, one of them selected. The selection is an id and never moves by itself."""

    DEFAULT_CSS = """
    ConversationList { height: 1fr; width: 1fr; }
    """

    class Selected(Message):
        """Another conversation is selected (None: there is none). Posted at once."""

        def __init__(self, conversation_id: Ulid | None) -> None:
            super().__init__()
            self.conversation_id = conversation_id

        def can_replace(self, message: Message) -> bool:
            """Only the newest selection matters."""
            return type(message) is type(self)

    class Settled(Selected):
        """The selection has come to rest: time to show the conversation."""

    class Opened(Message):
        """A conversation was opened (Enter, or a second click)."""

        def __init__(self, conversation_id: Ulid) -> None:
            super().__init__()
            self.conversation_id = conversation_id

    class Newcomers(Message):
        """So many rows came above what is visible (0: the top is in sight)."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    class Loaded(Message):
        """Rows are on the screen: for the first time after `show`."""

    def __init__(
        self,
        source: RowSource,
        style_of: StyleOf,
        clock: Clock,
        *,
        density: Density = Density.TWO,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.window = RowWindow(source)
        self.style_of = style_of
        self.density = density
        self.glyphs = glyphs
        self._clock = clock
        self._cache: dict[tuple[Any, ...], tuple[Conversation, str, list[Strip]]] = {}
        self._base = Style.null()
        self._stale = True
        self._reading = asyncio.Lock()
        self._refresh_wanted = False
        self._settle_timer: asyncio.TimerHandle | None = None
        self._selected_at = 0.0
        self._loaded = False
        self._new_shown = 0

    @property
    def selected(self) -> Ulid | None:
        """The id of the selected conversation."""
        return self.window.selected

    @property
    def selected_row(self) -> Conversation | None:
        """The selected conversation, if it is loaded."""
        return self.window.selected_row

    @property
    def marked(self) -> frozenset[Ulid]:
        """The ids of the marked conversations."""
        return frozenset(self.window.marked)

    @property
    def targets(self) -> tuple[Ulid, ...]:
        """What an action on the list means: the marked conversations, else the selected one."""
        if self.window.marked:
            return tuple(sorted(self.window.marked))
        return (self.selected,) if self.selected else ()

    # What the pane calls

    def show(self, source: RowSource, select: Ulid | None = None) -> None:
        """Show another list from its top, or with a conversation of it selected."""
        self.window.clear()
        self.window.marked.clear()
        self.window.source = source
        self._loaded = False
        self._read(lambda: self._load(select))

    def refresh_rows(self) -> None:
        """Read the rows again: something changed. Calls while one is under way become one."""
        if not self._refresh_wanted:
            self._refresh_wanted = True
            self._read(self._refresh)

    def move(self, by: int) -> None:
        """Move the selection by rows."""
        self._act(lambda: self.window.move(by))

    def turn(self, pages: float) -> None:
        """Move by screenfuls: 1, -1, 0.5, -0.5."""
        self._act(lambda: self.window.turn(pages))

    def top(self) -> None:
        """Go to the newest, with what has arrived meanwhile."""
        self._read(self.window.load_top, select=True)

    def bottom(self) -> None:
        """Go to the oldest."""
        self._read(self.window.load_bottom, select=True)

    def select(self, conversation_id: Ulid) -> None:
        """Select a conversation, wherever it is in the list."""
        self._read(lambda: self.window.load_at(conversation_id), select=True)

    def open(self) -> None:
        """Open the selected conversation."""
        if self.selected:
            self.post_message(self.Opened(self.selected))

    def toggle_mark(self, conversation_id: Ulid | None = None) -> None:
        """Mark a conversation (the selected one) or take its mark away."""
        chosen = conversation_id or self.selected
        if chosen:
            self.window.marked ^= {chosen}
            self.refresh()

    def clear_marks(self) -> None:
        """Take all marks away."""
        self.window.marked.clear()
        self.refresh()

    def drop(self, ids: Iterable[Ulid]) -> None:
        """Take out conversations that the agent has just dealt with; the next one is selected."""
        before = self.selected
        self.window.drop(ids)
        self.refresh()
        self._after(before)

    def restyle(self) -> None:
        """Draw anew: the theme or the language changed."""
        self._cache.clear()
        self._stale = True
        self.refresh()

    # Reading

    def _read(self, work: Callable[[], Awaitable[Any]], *, select: bool = False) -> None:
        async def run() -> None:
            async with self._reading:
                before = self.selected
                await work()
                while self.window.hungry and await self.window.extend():
                    pass
            self.refresh()
            self._after(before, forced=select)

        self.run_worker(run(), group="rows", exit_on_error=True)

    async def _load(self, select: Ulid | None) -> None:
        if select is None or not await self.window.load_at(select):
            await self.window.load_top()

    async def _refresh(self) -> None:
        self._refresh_wanted = False
        await self.window.refresh()

    async def _nothing(self) -> None:
        """Read no more than what the window is hungry for."""

    def _act(self, action: Callable[[], bool]) -> None:
        window = self.window
        before, first, old = self.selected, window.first, window.selected_index
        action()
        if window.first != first:
            self.refresh()
            self._paint_now(range(self.size.height))
        elif self.selected != before:
            self._refresh_row(old)
            self._refresh_row(window.selected_index)
            self._paint_now([*self._lines_of(old), *self._lines_of(window.selected_index)])
        self._after(before)
        if window.hungry and not self._reading.locked():
            self._read(self._nothing)

    def _refresh_row(self, index: int | None) -> None:
        if index is not None:
            lines = self.density.lines
            self.refresh(Region(0, (index - self.window.first) * lines, self.size.width, lines))

    def _lines_of(self, index: int | None) -> range:
        """The lines of the widget that show a row."""
        lines = self.density.lines
        start = 0 if index is None else (index - self.window.first) * lines
        return range(start, start if index is None else start + lines)

    def _paint_now(self, lines: Iterable[int]) -> None:
        if isinstance(self.app, LastHopApp):
            self.app.paint_lines(self, lines)

    def _after(self, before: Ulid | None, *, forced: bool = False) -> None:
        """Say what changed."""
        if self.selected != before or forced or not self._loaded:
            self.post_message(self.Selected(self.selected))
            now = monotonic()
            held = now - self._selected_at < REPEATING
            self._selected_at = now
            if self._settle_timer is not None:
                self._settle_timer.cancel()
            # A timer of Textual's is a task of its own: 0.3 ms a key.
            loop = asyncio.get_running_loop()
            self._settle_timer = loop.call_later(SETTLED_QUIET if held else SETTLED_SOON, self._settle)
        if self.window.new != self._new_shown:
            self._new_shown = self.window.new
            self.post_message(self.Newcomers(self.window.new))
        if not self._loaded:
            self._loaded = True
            self.call_after_refresh(self.post_message, self.Loaded())

    def _settle(self) -> None:
        self._settle_timer = None
        if self.is_attached:
            self.post_message(self.Settled(self.selected))

    # Textual

    def on_mount(self) -> None:
        """Read the first page."""
        self._read(lambda: self._load(None))

    def on_resize(self, event: events.Resize) -> None:
        """Keep the selected row in sight."""
        self.window.resize(self._rows_visible(event.size))
        if self.window.hungry:
            self._read(self._nothing)

    def _rows_visible(self, size: Size) -> int:
        return max(1, size.height // self.density.lines)

    def focus_moved(self) -> None:
        """The selected row shows whether keys mean it."""
        self._refresh_row(self.window.selected_index)

    def notify_style_update(self) -> None:
        """A class or the focus changed: mostly to the same look."""
        self._stale = True
        super().notify_style_update()

    def on_click(self, event: events.Click) -> None:
        """Select; the second click opens."""
        index = self.window.first + event.y // self.density.lines
        if self._new_shown and event.y == 0 and event.x >= self.size.width - cell_width(self._new_text()):
            self.top()
        elif 0 <= index < len(self.window.rows):
            chosen = self.window.rows[index].id
            self._act(lambda: self._choose(chosen))
            if event.chain >= 2:
                self.open()
        event.stop()

    def _choose(self, conversation_id: Ulid) -> bool:
        self.window.selected = conversation_id
        return True

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll; the selection stays."""
        self._act(lambda: self.window.scroll(3))
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll; the selection stays."""
        self._act(lambda: self.window.scroll(-3))
        event.stop()

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        width = self.size.width
        lines = self.density.lines
        if self._stale:
            self._renew_base()
        index = self.window.first + y // lines
        if index < len(self.window.rows):
            strip = self._strips(self.window.rows[index], width)[y % lines]
        elif not self.window.rows and self._loaded and y == min(1, self.size.height - 1):
            strip = self._line(((f"  {crop(_('Nothing here.'), width - 2)}", "row.empty"),), width, self.rich_style)
        else:
            strip = Strip.blank(width, self._base)
        if y == 0 and self.window.new:
            return self._with_new(strip, width)
        return strip

    def _renew_base(self) -> None:
        # Asking costs a walk to the root, for each row 0.1 ms.
        self._stale = False
        base = self.rich_style
        if base != self._base:
            self._base = base
            self._cache.clear()

    def _strips(self, row: Conversation, width: int) -> list[Strip]:
        selected = row.id == self.selected
        marked = row.id in self.window.marked
        focused = selected and self.has_focus
        now = self._clock.now()
        ages = age(now, row.last_message_at or row.last_activity_at)
        if row.snoozed_until:
            ages += age(row.snoozed_until, now)
        key = (row.id, width, selected, marked, focused, self.density)
        known = self._cache.get(key)
        if known is not None and known[1] == ages and (known[0] is row or known[0] == row):
            return known[2]
        base = self._base + self.style_of(row_role(selected, marked, focused))
        lines = inbox_row(
            row, width, now=now, density=self.density, selected=selected, marked=marked, glyphs=self.glyphs
        )
        strips = [self._line(line, width, base) for line in lines]
        if len(self._cache) >= CACHED_ROWS:
            for old in list(self._cache)[: CACHED_ROWS // 4]:
                del self._cache[old]
        self._cache[key] = row, ages, strips
        return strips

    def _line(self, runs: Iterable[tuple[str, str]], width: int, base: Style) -> Strip:
        segments = [Segment(text, base + self.style_of(role)) for text, role in runs]
        used = sum(cell_width(segment.text) for segment in segments)
        if used < width:
            segments.append(Segment(" " * (width - used), base))
        return Strip(segments, width)

    def _new_text(self) -> str:
        new = self.window.new
        return " " + ngettext("{count} new ↑", "{count} new ↑", new).format(count=new) + " "

    def _with_new(self, strip: Strip, width: int) -> Strip:
        text = crop(self._new_text(), width)
        size = cell_width(text)
        badge = Segment(text, self.rich_style + self.style_of("row.new"))
        return Strip([*strip.crop(0, width - size), badge], width)
