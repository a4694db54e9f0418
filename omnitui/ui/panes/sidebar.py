"""The sidebar: the views with their counts."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.message import Message

from omnitui.desk.views import VIEWS, View
from omnitui.i18n import _
from omnitui.ui.last_hop.focusing import MarksFocus
from omnitui.ui.roles import Line, spread
from omnitui.ui.widgets.lines import Lines


class SidebarPane(MarksFocus, Lines, can_focus=True):
    """One line a view; the open one is marked, the one under the cursor is chosen."""

    DEFAULT_CSS = "SidebarPane { height: 1fr; }"

    class Opened(Message):
        """A view was chosen."""

        def __init__(self, view: View) -> None:
            super().__init__()
            self.view = view

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._counts: Mapping[str, int] = {}
        self._open = VIEWS[0].id
        self._at = 0
        self.top = 0
        """Number of the first view that is visible."""

    def load(self, counts: Mapping[str, int], open_id: str) -> None:
        """Show these counts; `open_id` is the view of the list."""
        if open_id != self._open:
            self._open = open_id
            self._at = next((at for at, view in enumerate(VIEWS) if view.id == open_id), self._at)
            self._show_cursor()
        self._counts = counts
        self.redraw()

    def move(self, steps: int) -> None:
        """Move the cursor."""
        self._at = min(max(self._at + steps, 0), len(VIEWS) - 1)
        self._show_cursor()
        self.redraw()

    def choose(self) -> None:
        """Open the view under the cursor."""
        self.post_message(self.Opened(VIEWS[self._at]))

    def redraw(self) -> None:
        """Draw what changed."""
        width = max(self.size.width, 12)
        lines = [self._line(at, view, width) for at, view in enumerate(VIEWS)]
        self.show(lines[self.top : self.top + max(self.size.height, 1)])

    def scroll_lines(self, lines: int) -> None:
        """Move what is visible; the cursor stays at its view."""
        self.top = min(max(self.top + lines, 0), max(len(VIEWS) - self.size.height, 0))
        self.redraw()

    def _show_cursor(self) -> None:
        self.top = max(min(self.top, self._at), self._at - max(self.size.height, 1) + 1)

    def _line(self, at: int, view: View, width: int) -> Line:
        count = self._counts.get(view.id)
        chosen = at == self._at and self.has_focus
        role = "chosen" if chosen else "strong" if view.id == self._open else "text"
        mark = ">" if chosen else "▌" if view.id == self._open else " "
        right = f"{count} " if count else ""
        line = spread(((f"{mark} {_(view.title)}", role),), ((right, role if chosen else "muted"),), width)
        return tuple((text, role or "chosen") if chosen else (text, role) for text, role in line)

    def focus_moved(self) -> None:
        """The cursor appears or goes."""
        self.redraw()

    def on_resize(self) -> None:
        """Another size."""
        self._show_cursor()
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """A click opens a view."""
        if self.top + event.y < len(VIEWS):
            self._at = self.top + event.y
            self.choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls this pane only."""
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls this pane only."""
        event.stop()
        self.scroll_lines(-3)
