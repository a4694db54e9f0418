"""The sidebar: the views with their counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.message import Message

from omnitui.desk.views import View
from omnitui.i18n import _
from omnitui.ui.last_hop.focusing import MarksFocus
from omnitui.ui.look.roles import Line, plain, spread
from omnitui.ui.widgets.lines import Lines


class SidebarPane(MarksFocus, Lines, can_focus=True):
    """One line a view; the open one is marked, the one under the cursor is chosen."""

    DEFAULT_CSS = "SidebarPane { height: 1fr; }"

    class Opened(Message):
        """A view was chosen."""

        def __init__(self, view: View) -> None:
            super().__init__()
            self.view = view

    def __init__(self, views: Sequence[View], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.views = views
        self._counts: Mapping[str, str] = {}
        self._open = views[0].id if views else ""
        self._at = 0
        self.top = 0
        """Number of the first view that is visible."""

    def take(self, views: Sequence[View], open_id: str) -> None:
        """Show other views."""
        self.views = views
        self._at = next((at for at, view in enumerate(views) if view.id == open_id), 0)
        self.top = 0
        self._show_cursor()
        self.redraw()

    def load(self, counts: Mapping[str, str], open_id: str) -> None:
        """Show these counts; `open_id` is the view of the list."""
        if open_id != self._open:
            self._open = open_id
            self._at = next((at for at, view in enumerate(self.views) if view.id == open_id), self._at)
            self._show_cursor()
        self._counts = counts
        self.redraw()

    def move(self, steps: int) -> None:
        """Move the cursor."""
        self._at = max(min(self._at + steps, len(self.views) - 1), 0)
        self._show_cursor()
        self.redraw()

    def choose(self) -> None:
        """Open the view under the cursor."""
        if self.views:
            self.post_message(self.Opened(self.views[self._at]))

    def redraw(self) -> None:
        """Draw what changed."""
        width = max(self.size.width, 12)
        lines = [self._line(at, view, width) for at, view in enumerate(self.views)]
        self.show(lines[self.top : self.top + max(self.size.height, 1)])

    def scroll_lines(self, lines: int) -> None:
        """Move what is visible; the cursor stays at its view."""
        self.top = min(max(self.top + lines, 0), max(len(self.views) - self.size.height, 0))
        self.redraw()

    def _show_cursor(self) -> None:
        height = max(self.size.height, 1)
        least, most = self._at - height + 1, min(self._at, max(len(self.views) - height, 0))
        self.top = max(min(self.top, most), least, 0)

    def _line(self, at: int, view: View, width: int) -> Line:
        count = self._counts.get(view.id, "")
        chosen = at == self._at and self.has_focus
        role = "chosen" if chosen else "strong" if view.id == self._open else "text"
        mark = ">" if chosen else "▌" if view.id == self._open else " "
        right = f"{count} " if count else ""
        icon = f"{plain(view.icon)} " if view.icon else ""
        line = spread(((f"{mark} {icon}{plain(_(view.title))}", role),), ((right, role if chosen else "muted"),), width)
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
        if self.top + event.y < len(self.views):
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
