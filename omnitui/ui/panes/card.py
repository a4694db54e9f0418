"""The card pane: the facts about the customer of the conversation that is shown, with a cursor on its values."""

from __future__ import annotations

from datetime import tzinfo

from textual import events
from textual.strip import Strip

from omnitui.clock import Clock
from omnitui.model.card import Card
from omnitui.model.conversations import Conversation
from omnitui.ui.last_hop.focusing import MarksFocus
from omnitui.ui.look.roles import Line, cropped, line_width
from omnitui.ui.panels import Entry, Sight, entries
from omnitui.ui.widgets.lines import Lines


class CardPane(MarksFocus, Lines, can_focus=True):
    """Draws the card; the cursor goes from value to value, and is drawn while the pane has the keys."""

    DEFAULT_CSS = "CardPane { height: 1fr; }"
    private = True

    def __init__(self, clock: Clock, zone: tzinfo, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.clock = clock
        self.zone = zone
        self.card: Card | None = None
        self._shown: Conversation | None = None
        self._entries: list[Entry] = []
        self._at = 0
        self._top = 0

    def load(self, card: Card | None, shown: Conversation | None) -> None:
        """Show this card from its top, or the same card anew with the cursor where it was."""
        before = self.current
        other = card is None or self.card is None or card.contact.id != self.card.contact.id
        self.card, self._shown = card, shown
        self._fit()
        if other:
            self._top = 0
            self._at = next(iter(self._stops()), 0)
        elif before is not None:
            same = [at for at in self._stops() if _place(self._entries[at]) == _place(before)]
            self._at = min(same, key=lambda at: abs(at - self._at), default=self._at)
        self.draw()

    def prepare(self, card: Card | None, shown: Conversation | None) -> list[Strip]:
        """Draw the lines that `load` would show of this."""
        return [self.strip(entry.line) for entry in self._made(card, shown)[: self.size.height]]

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        return self._entries[self._at] if self._at < len(self._entries) else None

    def move(self, steps: int) -> None:
        """Go to another value; at the ends of them to the ends of the card."""
        stops = self._stops()
        if not stops:
            return
        index = next((index for index, at in enumerate(stops) if at >= self._at), len(stops) - 1)
        wanted = min(max(index + steps, 0), len(stops) - 1)
        self._at = stops[wanted]
        height = max(self.size.height, 1)
        if wanted == 0:
            self._top = 0
        elif wanted == len(stops) - 1:
            self._top = max(len(self._entries) - height, min(self._top, self._at))
        self._top = min(max(self._top, self._at - height + 1), self._at)
        self.draw()

    def scroll_lines(self, lines: int) -> None:
        """Move by lines; the cursor stays in sight."""
        height = max(self.size.height, 1)
        self._top = min(max(self._top + lines, 0), max(len(self._entries) - height, 0))
        seen = [at for at in self._stops() if self._top <= at < self._top + height]
        if seen and self._at not in seen:
            self._at = seen[0] if self._at < seen[0] else seen[-1]
        self.draw()

    def _stops(self) -> list[int]:
        return [at for at, entry in enumerate(self._entries) if entry.value]

    def _fit(self) -> None:
        self._entries = self._made(self.card, self._shown)
        self._at = min(self._at, max(len(self._entries) - 1, 0))
        self._top = min(self._top, max(len(self._entries) - max(self.size.height, 1), 0))

    def _made(self, card: Card | None, shown: Conversation | None) -> list[Entry]:
        if card is None:
            return []
        return entries(Sight(card, shown, max(self.size.width, 20), self.clock.now(), self.zone))

    def draw(self) -> None:
        """Draw what is visible."""
        visible = range(self._top, min(self._top + max(self.size.height, 1), len(self._entries)))
        self.show([self._line(at) for at in visible])

    def _line(self, at: int) -> Line:
        line = self._entries[at].line
        if at != self._at or not self.has_focus or not self._entries[at].value:
            return line
        # A sign beside the colour: the cursor is seen without any.
        width = self.size.width
        kept = cropped(line, max(width - 2, 1))
        rest = " " * max(width - line_width(kept) - 2, 0)
        return (*((text, "chosen") for text, _role in kept), (f"{rest} <", "chosen"))

    def focus_moved(self) -> None:
        """The cursor is shown, or hidden."""
        self.draw()

    def on_resize(self) -> None:
        """Another size: wrap anew."""
        before = self.current
        self._fit()
        if before is not None:
            same = [at for at, entry in enumerate(self._entries) if entry.value and _place(entry) == _place(before)]
            self._at = same[0] if same else self._at
        self.draw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls this pane only."""
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls this pane only."""
        event.stop()
        self.scroll_lines(-3)

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a value."""
        at = self._top + event.y
        if at in self._stops():
            self._at = at
            self.draw()


def _place(entry: Entry) -> tuple[str, str]:
    return entry.target, "" if entry.target else entry.value
