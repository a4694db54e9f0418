"""A list of choices in a dialog: as many as fit are drawn, the one under the cursor has a sign and a colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from textual import events
from textual.message import Message

from omnitui.ui.look.roles import Line, cropped, line_width, spread
from omnitui.ui.look.veil import is_theirs, is_veiled, veil
from omnitui.ui.widgets.lines import Lines

RIGHT_PERCENT: Final = 50
"""What words on the right may take of a line that has not room for all."""
MOVES: Final = {
    **dict.fromkeys(("j", "down", "tab"), 1),
    **dict.fromkeys(("k", "up", "shift+tab"), -1),
    **dict.fromkeys(("home", "g"), -1_000_000),
    **dict.fromkeys(("end", "G"), 1_000_000),
    "pageup": -10,
    "pagedown": 10,
}
"""How far the keys of a dialog without a field move the cursor."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose."""

    value: Any
    left: Line
    right: Line = ()
    words: str = ""
    """What a search in the choices looks at, beside what is drawn."""

    dim: bool = False
    """Whether it cannot be done now."""

    named: bool = False
    """Whether its very name was typed: the cursor goes to it, as long as nobody has moved it."""

    @property
    def aside(self) -> str:
        """What a search looks at beside the left part."""
        return "".join(text for text, _role in self.right) + " " + self.words


class Choices(Lines):
    """Shows choices and which one is under the cursor. Keys come from the dialog."""

    class Chosen(Message):
        """A choice was clicked."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.choices: Sequence[Choice] = ()
        self.at = 0
        self._first = 0

    def load(self, choices: Sequence[Choice], at: int = 0) -> None:
        """Show these choices; `at` -1: none of them is under the cursor."""
        before = len(self.choices)
        self.choices = choices
        self.at = min(at, max(len(choices) - 1, 0))
        self._first = 0
        if before != len(choices):
            self.refresh(layout=True)
        self.redraw()

    @property
    def current(self) -> Choice | None:
        """The choice under the cursor."""
        return self.choices[self.at] if 0 <= self.at < len(self.choices) else None

    def move(self, by: int) -> None:
        """Move the cursor."""
        self.at = min(max(self.at + by, 0), max(len(self.choices) - 1, 0))
        self.redraw()

    def redraw(self) -> None:
        """Draw what is visible."""
        width, height = self.size.width, max(self.size.height, 1)
        self._first = min(max(self._first, self.at - height + 1), self.at)
        self._first = max(min(self._first, len(self.choices) - height), 0)
        visible = range(self._first, min(self._first + height, len(self.choices)))
        self.show([self._line(index, width) for index in visible])

    def _line(self, index: int, width: int) -> Line:
        choice = self.choices[index]
        chosen = index == self.at
        mark = (("> ", "current"),) if chosen else (("  ", ""),)
        left, right = choice.left, choice.right
        if is_veiled(self) and any(is_theirs(role) for _text, role in left):
            left, right = veil(left, private=True), veil(right, private=True)
        # Words on the right, a reason perhaps, leave its name to the choice.
        room = max(width - line_width((*mark, *left)) - 2, width * RIGHT_PERCENT // 100)
        line = spread((*mark, *left), (*cropped(right, room), (" ", "")), width)
        if choice.dim and not chosen:
            return tuple((text, role if role == "hit" else "muted") for text, role in line)
        return tuple((text, "chosen.hit" if role == "hit" else "chosen") for text, role in line) if chosen else line

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many rows as there are choices."""
        return max(len(self.choices), 1)

    def on_resize(self) -> None:
        """Another size."""
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        if self._first + event.y < len(self.choices):
            self.at = self._first + event.y
            self.redraw()
            self.post_message(self.Chosen())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.move(-3)
