"""A console of nothing but the list, for tests. Run as a program: `list_app.py [ROWS [TEXT]]`, TEXT for the top row."""

from __future__ import annotations

import sys
from typing import Any

from rich.style import Style
from textual.app import ComposeResult

from omnitui.clock import FrozenClock
from omnitui.text.listing.rows import ROLES, Density
from omnitui.ui.last_hop import LastHopApp
from omnitui.ui.widgets.conversation_list import ConversationList
from tests.support.rows import NOW, FakeRows, a_conversation

COLOURS = {
    "foreground": "#d3d8e0",
    "chosen": "#24415f",
    "chosen-dim": "#212b38",
    "chip": "#262f3c",
    "primary": "#7aa2d8",
    "secondary": "#5f7f9f",
    "accent": "#8cc8b4",
    "warning": "#d9a860",
    "error": "#e0707a",
    "success": "#86bd8b",
    "muted": "#8591a3",
    "note": "#d9a860",
}


def style_of(role: str) -> Style:
    """The role in a fixed theme."""
    return STYLES[role]


def parsed(definition: str) -> Style:
    """A definition of `ROLES` in the fixed colours."""
    for name in sorted(COLOURS, key=len, reverse=True):
        definition = definition.replace(f"${name}", COLOURS[name])
    return Style.parse(definition)


STYLES = {role: parsed(definition) for role, definition in ROLES.items()}


class ListApp(LastHopApp[None]):
    """The list and its keys."""

    CSS = "Screen { background: #12161c; }"
    BINDINGS = [  # noqa: RUF012
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
        ("ctrl+d", "turn(0.5)", "Half down"),
        ("pagedown", "turn(1)", "Page down"),
        ("pageup", "turn(-1)", "Page up"),
        ("g", "top", "Top"),
        ("G", "bottom", "Bottom"),
        ("v", "mark", "Mark"),
        ("enter", "open", "Open"),
        ("r", "redraw", "Redraw"),
        ("ctrl+q", "quit", "Quit"),
    ]

    def __init__(self, source: FakeRows, density: Density = Density.TWO, **options: Any) -> None:
        super().__init__(**options)
        self.source = source
        self.density = density
        self.seen: list[tuple[str, object]] = []

    @property
    def list(self) -> ConversationList:
        """The list."""
        return self.query_one(ConversationList)

    def compose(self) -> ComposeResult:
        yield ConversationList(self.source, style_of, FrozenClock(NOW), density=self.density)

    def on_mount(self) -> None:
        """Keys mean the list."""
        self.list.focus()

    def on_conversation_list_selected(self, message: ConversationList.Selected) -> None:
        """Keep what was posted."""
        self.seen.append((type(message).__name__, message.conversation_id))

    def on_conversation_list_settled(self, message: ConversationList.Settled) -> None:
        """Keep what was posted."""
        self.seen.append((type(message).__name__, message.conversation_id))

    def on_conversation_list_opened(self, message: ConversationList.Opened) -> None:
        """Keep what was posted."""
        self.seen.append((type(message).__name__, message.conversation_id))

    def on_conversation_list_newcomers(self, message: ConversationList.Newcomers) -> None:
        """Keep what was posted."""
        self.seen.append((type(message).__name__, message.count))

    def on_conversation_list_loaded(self) -> None:
        """Rows are there."""
        self.take_over()

    def action_move(self, by: int) -> None:
        self.list.move(by)

    def action_turn(self, pages: float) -> None:
        self.list.turn(pages)

    def action_top(self) -> None:
        self.list.top()

    def action_bottom(self) -> None:
        self.list.bottom()

    def action_mark(self) -> None:
        self.list.toggle_mark()

    def action_redraw(self) -> None:
        self.forget_terminal()
        self.screen.refresh()

    def action_open(self) -> None:
        self.list.open()


if __name__ == "__main__":
    rows = FakeRows(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    if len(sys.argv) > 2:
        text = sys.argv[2].encode().decode("unicode_escape")
        rows.put(a_conversation(0, contact=text, subject=text, snippet=text, assignee=text, labels=(text, "x")))
    ListApp(rows).run()
