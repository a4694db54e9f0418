"""A widget of lines: pieces of text with roles, drawn by the line API, redrawn only where they changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from omnitui.text.safe import safe
from omnitui.text.widths import cell_width
from omnitui.ui.last_hop.recent import Recent
from omnitui.ui.last_hop.telling import TellsAtOnce
from omnitui.ui.look.roles import Line, cropped, rich_style
from omnitui.ui.look.themes import Look, load
from omnitui.ui.look.veil import is_veiled, names_here, veil

REMEMBERED = 300
"""Lines that a widget keeps as they are drawn."""


class Lines(TellsAtOnce):
    """Lines one below the other, cropped to the width. Everything passes `safe` on its way."""

    DEFAULT_CSS = "Lines { height: auto; }"
    DRAWS_LINES = True
    private = False
    """Whether it shows customers' words, which the veil covers."""

    def __init__(self, **attributes: Any) -> None:
        """`attributes` are Textual's own: id, classes."""
        super().__init__(**attributes)
        self.lines: list[Line] = []
        self._strips: Recent[Line, Strip] = Recent(REMEMBERED)
        self._base: Style | None = None
        self._stale = False

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from now on."""
        before, self.lines = self.lines, list(lines)
        if len(before) != len(self.lines) and self.styles.height is not None and self.styles.height.is_auto:
            self.refresh(layout=True)
            return
        changed = [
            y
            for y in range(max(len(before), len(self.lines)))
            if y >= len(before) or y >= len(self.lines) or before[y] != self.lines[y]
        ]
        if changed and self.size.width:
            self.refresh(Region(0, changed[0], self.size.width, changed[-1] - changed[0] + 1))
        elif changed:
            # Hidden, it has no size; shown again at the width it had, it would be painted as it was.
            self.refresh()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many rows as there are lines."""
        return len(self.lines)

    def line_at(self, y: int) -> Line:
        """The line drawn in row `y`; subclasses that scroll answer otherwise."""
        return self.lines[y] if y < len(self.lines) else ()

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        return self.strip(self.line_at(y))

    def strip(self, line: Line) -> Strip:
        """A line as it is drawn."""
        width = self.size.width
        base = self._current_base()
        strip = self._strips.get(line)
        if strip is None or strip.cell_length != width:
            shown = line
            if is_veiled(self):
                shown = veil(line, private=self.private, names=() if self.private else names_here(self))
            strip = self._strips.put(line, drawn(shown, width, base, look_of(self)))
        return strip

    def _current_base(self) -> Style:
        # Asking costs a walk to the root; focus alone makes Textual tell of new styles, mostly of the same.
        if self._base is None or self._stale:
            self._stale = False
            base = self.rich_style
            if base != self._base:
                self._base = base
                self._strips.clear()
        return self._base or Style.null()

    def notify_style_update(self) -> None:
        """A class or the focus changed."""
        self._stale = True
        super().notify_style_update()

    def restyle(self) -> None:
        """Another theme."""
        self._base = None
        self._strips.clear()
        self.refresh()


def look_of(widget: Widget) -> Look:
    """The theme in force."""
    look = getattr(widget.app, "look", None)
    return look if isinstance(look, Look) else load()


def drawn(line: Line, width: int, base: Style, look: Look) -> Strip:
    """A line as a strip of exactly `width` cells; the last piece's background runs to the end."""
    segments: list[Segment] = []
    used = 0
    style = base
    for text, role in cropped(line, width):
        clean = safe(text, multiline=False)
        style = base + rich_style(look, role) if role else base
        segments.append(Segment(clean, style))
        used += cell_width(clean)
    if used < width:
        segments.append(Segment(" " * (width - used), Style(bgcolor=style.bgcolor) if style.bgcolor else base))
    return Strip(segments, width)


def style_source(widget: Widget) -> Callable[[str], Style]:
    """Styles of roles in the theme that is in force when they are asked for."""
    return lambda role: rich_style(look_of(widget), role)
