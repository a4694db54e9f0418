"""The list of conversations: drawn line by line by the pure row renderer, at any length.

It knows no keys: the actions of the table are bound to `move`, `turn`, `top`, `bottom`, `open`, `toggle_mark`,
`toggle_range` and `mark_all`. `refresh_rows` is called when the cache changed, at most ten times a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Any, TypeAlias

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.worker import Worker, WorkerCancelled

from omnitui.clock import Clock
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.text.listing.rows import COLUMNS, UNICODE, Density, Glyphs
from omnitui.text.widths import cell_width, crop
from omnitui.ui.last_hop import LastHopApp
from omnitui.ui.last_hop.focusing import MarksFocus
from omnitui.ui.last_hop.screen import PaintsWhenIdle
from omnitui.ui.widgets import list_messages
from omnitui.ui.widgets.marked_rows import MarkedRows
from omnitui.ui.widgets.marking import Marking
from omnitui.ui.widgets.row_strips import RowStrips, StyleOf
from omnitui.ui.widgets.row_window import RowSource, RowWindow

SETTLED_SOON = 0.0
SETTLED_QUIET = 0.06
TOGETHER = 0.03
"""Seconds for which what else an opened list changes on the screen waits for its rows: painting it takes as long."""
REPEATING = 0.1  # seconds; selections that follow each other faster are a held key
FOLLOW_AFTER = 0.25
"""Seconds after which a row that came back is in the list again."""


class ConversationList(MarkedRows, MarksFocus, can_focus=True):
    """Conversations, one of them selected. The selection is an id and never moves by itself."""

    DEFAULT_CSS = """
    ConversationList { height: 1fr; width: 1fr; }
    """
    DRAWS_LINES = True

    Selected: TypeAlias = list_messages.Selected
    Settled: TypeAlias = list_messages.Settled
    Opened: TypeAlias = list_messages.Opened
    Newcomers: TypeAlias = list_messages.Newcomers
    Loaded: TypeAlias = list_messages.Loaded

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
        self.marking = Marking(self.window)
        self.strips = RowStrips(style_of, clock, glyphs)
        self.density = density
        self._stale = True
        self._narrowing: Worker[None] | None = None
        self._reading = asyncio.Lock()
        self._refresh_wanted = False
        self._settle_timer: asyncio.TimerHandle | None = None
        self._selected_at = 0.0
        self.held = False
        """Whether selections follow each other as fast as a held key makes them."""
        self._wanted: Ulid | None = None
        self._loaded = False
        self._new_shown = 0

    @property
    def glyphs(self) -> Glyphs:
        """The signs of the rows."""
        return self.strips.glyphs

    def style_of(self, role: str) -> Style:
        """The style of a role, as it is now."""
        return self.strips.style_of(role)

    @property
    def selected(self) -> Ulid | None:
        """The id of the selected conversation."""
        return self.window.selected

    @property
    def selected_row(self) -> Conversation | None:
        """The selected conversation, if it is loaded."""
        return self.window.selected_row

    # What the pane calls

    def show(self, source: RowSource, select: Ulid | None = None, columns: tuple[str, ...] = COLUMNS) -> None:
        """Show another list from its top, or with a conversation of it selected."""
        # What was to be selected was a row of the list that was open.
        self._wanted = None
        self.window.clear()
        self.marking.clear()
        self._tell_marks()
        self.window.source = source
        self.strips.show(columns, ())
        self._loaded = False
        if isinstance(screen := self.screen, PaintsWhenIdle):
            screen.hold_paint(TOGETHER)
        self._read(lambda: self._load(select))

    def narrow(self, source: RowSource, match: tuple[str, ...]) -> None:
        """Show other rows of the same list once they are there; of calls while one is read only the last counts.

        The selected row stays selected, if it is among them.
        """

        async def work() -> None:
            self.window.source = source
            # Rows that are on the screen stay until these come: nothing flickers while somebody types.
            chosen = self.window.selected_row
            if chosen is not None and await source.row(chosen.id) is not None:
                await self.window.refresh()
            else:
                await self.window.load_top()
            self.strips.show(self.strips.columns, match)

        self._narrowing = self._read(work, select=True, group="narrow")

    async def narrowed(self) -> None:
        """Wait until the rows that `narrow` was asked for are there."""
        if self._narrowing is not None and not self._narrowing.is_finished:
            with suppress(WorkerCancelled):
                await self._narrowing.wait()

    def set_columns(self, columns: tuple[str, ...]) -> None:
        """Show other columns of the same rows."""
        self.strips.show(columns, self.strips.match)
        self.refresh()

    def set_density(self, density: Density) -> None:
        """Take one line for each row, or two."""
        self.density = density
        self.strips.clear()
        self.window.resize(self._rows_visible(self.size))
        self.refresh()
        if self.window.hungry:
            self._read(self._nothing)

    def refresh_rows(self) -> None:
        """Read the rows again: something changed. Calls while one is under way become one."""
        if not self._refresh_wanted:
            self._refresh_wanted = True
            self._read(self._refresh)

    def bring_back(self, wanted: Ulid | None, *, to_top: bool) -> None:
        """Read again what an undo gave back; `wanted` is selected, and `to_top` shows the list from its top."""
        window, chosen = self.window, self.selected

        async def work() -> None:
            await window.refresh()
            if wanted is not None and window.selected == chosen and any(row.id == wanted for row in window.rows):
                window.selected = wanted
                window.show_selected()
            if to_top:
                window.show_top()

        self._read(work)

    def move(self, by: int) -> None:
        """Move the selection by rows."""
        self._act(lambda: self.window.move(by))

    def turn(self, pages: float) -> None:
        """Move by screenfuls: 1, -1, 0.5, -0.5."""
        self._act(lambda: self.window.turn(pages))

    def scroll_rows(self, by: int) -> None:
        """Scroll by rows; the selection stays."""
        self._act(lambda: self.window.scroll(by))

    def top(self) -> None:
        """Go to the newest, with what has arrived meanwhile."""
        window = self.window
        if window.at_top and window.rows and not window.new:
            # At once: keys that follow in the same moment mean the row that is on top.
            self._act(window.go_top)
        else:
            self.touch()
            self._wanted = None
            self._read(window.load_top, select=True)

    def bottom(self) -> Worker[None]:
        """Go to the oldest; what is given can be waited for."""
        self.touch()
        self._wanted = None
        return self._read(self.window.load_bottom, select=True)

    def touch(self) -> None:
        """Somebody is at the keys: from now on nothing moves by itself."""
        self.window.touched = True

    def choose(self, conversation_id: Ulid) -> None:
        """Select a conversation at once, where it is loaded."""
        self._wanted = None
        if conversation_id != self.selected and any(row.id == conversation_id for row in self.window.rows):
            self._act(lambda: self._choose(conversation_id))

    def follow(self, conversation_id: Ulid) -> None:
        """Select a conversation that is shown, once it is loaded; keys in the list mean it at once, not later."""
        self._wanted = conversation_id
        asyncio.get_running_loop().call_later(FOLLOW_AFTER, self._catch_up, conversation_id)

    def _catch_up(self, conversation_id: Ulid | None = None) -> None:
        wanted = self._wanted
        if wanted is not None and conversation_id in (None, wanted):
            self.choose(wanted)

    def open(self) -> None:
        """Open the selected conversation."""
        self._catch_up()
        if self.selected:
            self.post_message(self.Opened(self.selected))

    def drop(self, ids: Iterable[Ulid]) -> None:
        """Take out conversations that the agent has just dealt with; the next one is selected."""
        before = self.selected
        self.window.drop(ids)
        self.refresh()
        self._after(before)
        self._tell_marks()

    def restyle(self) -> None:
        """Draw anew: the theme or the language changed."""
        self.strips.clear()
        self._stale = True
        self.refresh()

    # Reading

    def _read(self, work: Callable[[], Awaitable[Any]], *, select: bool = False, group: str = "rows") -> Worker[None]:
        async def run() -> None:
            async with self._reading:
                before = self.selected
                await work()
                while self.window.hungry and await self.window.extend():
                    pass
            self.refresh()
            self._after(before, forced=select)
            # The console may have ended while rows were read.
            if self.is_attached and isinstance(screen := self.screen, PaintsWhenIdle):
                screen.release_paint()

        return self.run_worker(run, group=group, exclusive=group != "rows", exit_on_error=True)

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
        self._catch_up()
        self.touch()
        before, first, old = self.selected, window.first, window.selected_index
        action()
        if window.first != first or self.marking.ranging:
            self._follow()
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
        if forced and self.marking.ranging:
            self._follow()
        if self.selected != before or forced or not self._loaded:
            self.post_message(self.Selected(self.selected))
            now = monotonic()
            self.held = now - self._selected_at < REPEATING
            self._selected_at = now
            if self._settle_timer is not None:
                self._settle_timer.cancel()
            # A timer of Textual's is a task of its own: 0.3 ms a key.
            loop = asyncio.get_running_loop()
            self._settle_timer = loop.call_later(SETTLED_QUIET if self.held else SETTLED_SOON, self._settle)
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
        self._catch_up()
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
        self.window.show_selected()
        return True

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll; the selection stays."""
        self.scroll_rows(3)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll; the selection stays."""
        self.scroll_rows(-3)
        event.stop()

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        width = self.size.width
        lines = self.density.lines
        if self._stale:
            self._renew_base()
        index = self.window.first + y // lines
        if index < len(self.window.rows):
            row = self.window.rows[index]
            strip = self.drawn(row, width, selected=row.id == self.selected)[y % lines]
        elif not self.window.rows and self._loaded and y == min(1, self.size.height - 1):
            words = _("Nothing here fits.") if self.strips.match else _("Nothing here.")
            strip = self.strips.line(((f"  {crop(words, width - 2)}", "row.empty"),), width, self.rich_style)
        else:
            strip = Strip.blank(width, self.strips.base)
        if y == 0 and self.window.new:
            return self.strips.badged(strip, self._new_text(), width, self.rich_style)
        return strip

    def _renew_base(self) -> None:
        # Asking costs a walk to the root, for each row 0.1 ms.
        self._stale = False
        self.strips.rebase(self.rich_style)

    def drawn(self, row: Conversation, width: int, *, selected: bool) -> list[Strip]:
        """The lines of a row, drawn now if they were not before."""
        return self.strips.row(
            row,
            width,
            self.density,
            selected=selected,
            marked=row.id in self.window.marked,
            focused=selected and self.has_focus,
        )

    def _new_text(self) -> str:
        new = self.window.new
        return " " + ngettext("{count} new ↑", "{count} new ↑", new).format(count=new) + " "
