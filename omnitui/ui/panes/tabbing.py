"""Tab in the composer: puts in what is offered, and at the next tab the next offer in its place."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import Input, TextArea

from omnitui.ui.drafts.offering import Offer, offers_line
from omnitui.ui.look.roles import Line
from omnitui.ui.panes.fields import editable
from omnitui.ui.widgets.lines import Lines

Location = tuple[int, int]


class Tabbing:
    """The offers for the field in which one types, and the line that shows them."""

    def __init__(self, line: Lines) -> None:
        self._line = line
        self._offers: tuple[Offer, ...] = ()
        self._at = 0
        self._put: tuple[Location, Location] | None = None
        """Where the last taken offer stands."""
        self._text = ""
        """What the field held right after it."""

    @property
    def active(self) -> bool:
        """Whether tab would put something in."""
        return bool(self._offers)

    def offer(self, offers: Sequence[Offer], width: int) -> None:
        """Offer these from now on."""
        self._offers, self._at, self._put = tuple(offers), 0, None
        self._draw(width)

    def say(self, line: Line) -> None:
        """Show a line in place of offers."""
        self._offers, self._put = (), None
        self._line.show([line] if line else [])
        self._line.display = bool(line)

    def settled(self, text: str) -> bool:
        """Whether `text` is what the last taken offer made of the field: then the next tab takes the next offer."""
        return self._put is not None and text == self._text

    def take(self, field: Input | TextArea, step: int, width: int) -> Offer:
        """Put the next offer in (`step` 1), or the one before it (-1); gives it."""
        if self._put is not None:
            self._at = (self._at + step) % len(self._offers)
        taken = self._offers[self._at]
        if isinstance(field, TextArea):
            self._into_sheet(field, taken)
        else:
            self._into_field(field, taken)
        if len(self._offers) == 1:
            self.say(())
        else:
            self._draw(width)
        return taken

    def _into_sheet(self, sheet: TextArea, taken: Offer) -> None:
        row, column = sheet.cursor_location
        start, end = self._put or ((row, max(column - taken.length, 0)), (row, column))
        # Keystrokes before it and it itself are two steps of the field's undo.
        sheet.history.checkpoint()
        result = sheet.replace(editable(taken.text), start, end, maintain_selection_offset=False)
        sheet.move_cursor(result.end_location)
        self._put, self._text = (start, result.end_location), sheet.text

    def _into_field(self, field: Input, taken: Offer) -> None:
        column = field.cursor_position
        start, end = self._put or ((0, max(column - taken.length, 0)), (0, column))
        text = editable(taken.text, multiline=False)
        value = editable(field.value[: start[1]] + text + field.value[end[1] :].lstrip(", "), multiline=False)
        field.value = value
        field.cursor_position = start[1] + len(text)
        self._put, self._text = (start, (0, field.cursor_position)), value

    def _draw(self, width: int) -> None:
        self._line.show([offers_line(self._offers, self._at, width)] if self._offers else [])
        self._line.display = bool(self._offers)
