"""The history pane: messages of a conversation or of a contact, drawn line by line from a window of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from itertools import zip_longest
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message as Event
from textual.strip import Strip

from omnitui.clock import Clock, Millis
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.ui.last_hop.focusing import MarksFocus
from omnitui.ui.last_hop.recent import Recent
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.look.veil import is_veiled, veil
from omnitui.ui.timeline.blocks import Setting
from omnitui.ui.timeline.reel import Reel, Row
from omnitui.ui.timeline.stretch import Stretch
from omnitui.ui.widgets.lines import drawn, look_of

WHEEL = 3
MOST_READY = 4
"""Histories that are drawn before they are asked for."""


class HistoryPane(MarksFocus, can_focus=True):
    """Shows a `Reel`. It asks for older messages when the reader comes near the edge."""

    DEFAULT_CSS = "HistoryPane { height: 1fr; }"
    REMEMBERED: ClassVar[int] = 400
    """Lines that are kept as they are drawn: those of some ten screens."""
    DRAWS_LINES = True

    class WantsOlder(Event):
        """The reader is near the oldest message that is loaded."""

    class WantsNewer(Event):
        """The reader is at the newest message that is loaded, and there are newer ones."""

    def __init__(self, clock: Clock, zone: tzinfo, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.clock = clock
        self.zone = zone
        self.reel = Reel()
        self.below = 0
        """Messages that arrived below what is visible."""
        self.following = False
        """Whether the next message is our own and is to be shown."""
        self.empty_words = ""
        self.writing: tuple[str, Millis] = "", 0
        """Who is writing to us, and until when that is said."""
        self._rows: list[Row] = []
        self._fitted = Size(0, 0)
        """For which size the reel has been wrapped."""
        self._strips: Recent[Line, Strip] = Recent(self.REMEMBERED)
        self._base: Style | None = None
        self._stale = False
        self._asked = False
        self._ready: list[tuple[Stretch, Reel]] = []
        """What may be shown next, drawn."""
        self._seen: tuple[Millis, Ulid] | None = None

    @property
    def seen(self) -> Ulid | None:
        """The newest message that was on the screen."""
        return self._seen[1] if self._seen is not None else None

    @property
    def tail(self) -> bool:
        """Whether the newest message is loaded."""
        return self.reel.last

    def load(
        self,
        stretch: Stretch,
        *,
        unread: int = 0,
        due: Mapping[Ulid, Millis] | None = None,
        at: Ulid = "",
        found: tuple[str, ...] = (),
    ) -> None:
        """Show another history: its newest messages, or those around message `at`; `found` is what was searched for.

        What the reader folded stays so.
        """
        due = due or {}
        ready = next((reel for own, reel in self._ready if own is stretch), None)
        self._ready = [(own, reel) for own, reel in self._ready if reel is not ready]
        if ready is not None and not at and (ready.due, ready.found, ready.folded) == (due, found, self.reel.folded):
            self.reel = ready
            self._fit()
        else:
            self.reel = self._reel(stretch, unread, due, found)
        self._seen = None
        self.below = 0
        self.writing = "", 0
        self.following = self._asked = False
        index = next((index for index, message in enumerate(stretch.messages) if message.id == at), None)
        if index is not None:
            self.reel.show(index)
        self.redraw()

    def prepare(self, stretch: Stretch, *, unread: int, due: Mapping[Ulid, Millis]) -> list[Strip]:
        """Draw what `load` would show of this; the last few are kept."""
        reel = self._reel(stretch, unread, due, ())
        self._ready = [*self._ready[1 - MOST_READY :], (stretch, reel)]
        return [self._strip(line) for line, _message in reel.rows(self.has_focus)]

    def _reel(self, stretch: Stretch, unread: int, due: Mapping[Ulid, Millis], found: tuple[str, ...]) -> Reel:
        """A reel at the newest messages, of which the reader folds what is folded now."""
        reel = Reel()
        reel.due, reel.found, reel.folded = due, found, self.reel.folded
        self._fit(reel)
        reel.load(stretch, unread)
        return reel

    def renew(self, newest: Stretch, due: Mapping[Ulid, Millis]) -> None:
        """The newest messages changed; nothing moves."""
        self.reel.due = due
        if not self.tail:
            self.reel.update(newest.messages)
            self._fit(keep=True)
            self.redraw()
            return
        was_at_end = self.reel.at_end
        arrived = self.reel.renew(newest)
        self._fit(keep=True)
        if arrived:
            self.writing = "", 0
        if arrived and self.following:
            self.following = False
            self.reel.current = len(self.reel.messages) - 1
            self.reel.to_end()
        if arrived and not self.reel.at_end:
            self.below += arrived
        elif was_at_end and self.reel.at_end:
            self.below = 0
        self.redraw()

    def prepend(self, older: Stretch) -> None:
        """Older messages arrived; the reader's place stays."""
        self._asked = False
        self.reel.prepend(older)
        self.redraw()

    def append(self, newer: Stretch) -> None:
        """Newer messages arrived where the newest were not loaded; the reader's place stays."""
        self._asked = False
        self.reel.append(newer)
        self.redraw()

    @property
    def is_written(self) -> bool:
        """Whether somebody is writing to us just now."""
        return self.writing[1] > self.clock.now()

    def write(self, name: str, until: Millis) -> None:
        """Say below the newest message that somebody is writing."""
        self.writing = name, until
        self.redraw()

    def scroll_lines(self, lines: int) -> None:
        """Move the reader by lines."""
        self.reel.scroll(lines)
        self._moved()

    def go_messages(self, steps: int) -> None:
        """Make another message the current one."""
        self.reel.go(steps)
        self._moved()

    def to_end(self) -> None:
        """The newest message."""
        self.reel.current = max(len(self.reel.messages) - 1, 0)
        self.reel.to_end()
        self._moved()

    def to_start(self) -> None:
        """The oldest message that is loaded; older ones are asked for."""
        self.reel.to_start()
        self._moved()

    def show_message(self, message_id: Ulid) -> None:
        """Make a loaded message the current one."""
        for index, message in enumerate(self.reel.messages):
            if message.id == message_id:
                self.reel.show(index)
                self._moved()

    def fold(self) -> None:
        """Fold or unfold quotes."""
        self.reel.fold()
        self._moved()

    def fold_changes(self) -> None:
        """Fold or unfold changes."""
        self.reel.fold_changes()
        self._moved()

    def mark(self, found: tuple[str, ...]) -> None:
        """Show where these texts stand."""
        self.reel.mark(found)
        self.redraw()

    def grow_older(self) -> None:
        """Time passed: the names of days may be others."""
        self._fit(keep=True)
        self.redraw()

    def tick(self) -> None:
        """A second passed: held messages count down."""
        if self.reel.due:
            self._fit(keep=True)
        if self.reel.due or self.writing[1]:
            if not self.is_written:
                self.writing = "", 0
            self.redraw()

    def _moved(self) -> None:
        if self.reel.at_end:
            self.below = 0
        if self.reel.wants_older and not self.reel.first and not self._asked:
            self._asked = True
            self.post_message(self.WantsOlder())
        elif self.reel.at_end and not self.tail and not self._asked:
            self._asked = True
            self.post_message(self.WantsNewer())
        self.redraw()

    def _fit(self, reel: Reel | None = None, *, keep: bool = False) -> None:
        width, height = self._fitted = self.size
        if width and height:
            (reel or self.reel).fit(Setting(width, self.clock.now(), self.zone), height, stick=not keep)

    def redraw(self) -> None:
        """Draw what changed."""
        before, self._rows = self._rows, self.reel.rows(self.has_focus)
        if self._rows:
            newest = self.reel.messages[self._rows[-1][1]]
            place = (newest.received_at, newest.id)
            self._seen = max(self._seen or place, place)
        if self.below and self._rows:
            word = _("{messages} below").format(messages=phrases.messages_word(self.below))
            self._rows[-1:] = [(((f" ↓ {word} ", "chosen"),), self._rows[-1][1])]
        elif self.is_written and self._rows:
            words = _("{name} is writing …").format(name=self.writing[0])
            line: Line = ((f"  {plain(words)}", "muted"),)
            # Below the newest message a line is blank.
            del self._rows[max(self.reel.height, 1) - 1 :]
            self._rows.append((line, self._rows[-1][1] if self._rows else 0))
        if bool(before) != bool(self._rows):
            self.refresh()
            return
        pairs = zip_longest(before, self._rows, fillvalue=((), 0))
        changed = [y for y, ((old, _was), (new, _is)) in enumerate(pairs) if old != new]
        if changed:
            self.refresh(Region(0, changed[0], self.size.width, changed[-1] - changed[0] + 1))

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        if self._fitted != self.size:
            # Painted before the message that tells of the new size.
            self.on_resize()
        line = self._rows[y][0] if y < len(self._rows) else ()
        if not self._rows and y == 1 and self.empty_words:
            line = ((f"  {self.empty_words}", "muted"),)
        return self._strip(line)

    def _strip(self, line: Line) -> Strip:
        if self._base is None or self._stale:
            self._stale = False
            base = self.rich_style
            if base != self._base:
                self._base = base
                self._strips.clear()
        strip, width = self._strips.get(line), self._fitted.width
        if strip is None or strip.cell_length != width:
            shown = veil(line, private=True) if is_veiled(self) else line
            drawn_now = drawn(shown, width, self._base or Style.null(), look_of(self))
            strip = self._strips.put(line, drawn_now)
        return strip

    def notify_style_update(self) -> None:
        """A class or the focus changed: mostly to the same look."""
        self._stale = True
        super().notify_style_update()

    def restyle(self) -> None:
        """Another theme."""
        self._base = None
        self._strips.clear()
        self._ready.clear()
        self.refresh()

    def on_resize(self) -> None:
        """Another size: the reading place stays."""
        self._fit()
        self._strips.clear()
        self.redraw()

    def focus_moved(self) -> None:
        """The current message gets its mark, or loses it."""
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls this pane only."""
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls this pane only."""
        event.stop()
        self.scroll_lines(-WHEEL)

    def on_click(self, event: events.Click) -> None:
        """A click makes a message the current one."""
        if event.y < len(self._rows):
            self.reel.current = self._rows[event.y][1]
            self.redraw()
