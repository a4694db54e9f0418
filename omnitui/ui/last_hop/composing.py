"""A compositor that puts what is dirty straight into the frame: no pieces of lines are cut, kept or put together.

Textual's asks every widget in the rectangle around all that is dirty, cuts each line where any widget ends, and gives
the pieces. Here it is settled once per layout which columns of which line each widget is seen in; what is dirty is
asked for its lines, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

Spans = list[tuple[int, int]]
"""Columns of a line, from and to; none touches another."""
Put = Callable[[int, int, Strip], None]
"""Takes the column and line at which a strip begins, and the strip."""
Place = tuple[Widget, Region, Region, dict[int, Spans]]
"""A widget, its region, the part of it that is not clipped, and by line what nothing in front of it covers."""


class LeanCompositor(Compositor):
    """Draws what is dirty and no line more."""

    def __init__(self) -> None:
        super().__init__()
        self._known: object = None
        self._places: list[Place] = []

    @property
    def places(self) -> list[Place]:
        """What is seen of each widget, in the layout that is in force."""
        visible = self.visible_widgets
        if visible is not self._known:
            self._known = visible
            self._places = list(seen(visible.items()))
        return self._places

    def paint(self, put: Put, behind: list[Screen[Any]]) -> None:
        """Draw the dirty regions; `behind` are the screens below a modal one."""
        visible_screen_stack.set(behind)
        whole = self.size.region
        dirty = [whole] if whole in self._dirty_regions else list(self._dirty_regions)
        self._dirty_regions.clear()
        for widget, region, shown, spans in self.places:
            parts = [part for area in dirty if (part := shown.intersection(area))]
            lines = sorted({y for part in parts for y in part.line_range if touches(spans.get(y), part)})
            if not lines:
                continue
            for y, strip in zip(lines, strips_of(widget, region, shown, lines), strict=True):
                for start, end in spans[y]:
                    put(start, y, strip.crop(start - shown.x, end - shown.x))


def strips_of(widget: Widget, region: Region, shown: Region, lines: Sequence[int]) -> list[Strip]:
    """Lines of the screen as a widget draws them, as far as it is shown."""
    if draws_alone(widget) and (shown.x, shown.width) == (region.x, region.width):
        return [fitted(widget.render_line(y - region.y), region.width) for y in lines]
    top = lines[0]
    rows = Region(shown.x, top, shown.width, lines[-1] + 1 - top)
    strips = widget.render_lines(rows.translate(-region.offset))
    return [strips[y - top] for y in lines]


def draws_alone(widget: Widget) -> bool:
    """Whether a widget's lines are on the screen as it gives them: nothing of Textual's is put around or over them."""
    if not getattr(widget, "DRAWS_LINES", False) or widget.app.get_line_filters():
        return False
    styles = widget.styles
    return not any(styles.gutter) and styles.opacity == 1.0 and not styles.tint.a


def fitted(strip: Strip, width: int) -> Strip:
    """The strip in exactly so many cells."""
    return strip if strip.cell_length == width else strip.adjust_cell_length(width)


def seen(widgets: Iterable[tuple[Widget, tuple[Region, Region]]]) -> Iterable[Place]:
    """What is seen of widgets with their regions and clips, given front to back."""
    covered: dict[int, Spans] = {}
    for widget, (region, clip) in widgets:
        shown = region.intersection(clip)
        left, right = shown.x, shown.right
        spans: dict[int, Spans] = {}
        for y in shown.line_range:
            before = covered.setdefault(y, [])
            if free := gaps(before, left, right):
                spans[y] = free
                join(before, left, right)
        if spans:
            yield widget, region, shown, spans


def touches(spans: Spans | None, part: Region) -> bool:
    """Whether any of these columns lies in a region."""
    return spans is not None and any(start < part.right and part.x < end for start, end in spans)


def gaps(spans: Spans, left: int, right: int) -> Spans:
    """The columns between two that are not among these."""
    found: Spans = []
    for start, end in sorted(spans):
        if start >= right:
            break
        if start > left:
            found.append((left, start))
        left = max(left, end)
    if left < right:
        found.append((left, right))
    return found


def join(spans: Spans, left: int, right: int) -> None:
    """Add columns to these."""
    apart = [span for span in spans if span[1] < left or right < span[0]]
    touching = [span for span in spans if left <= span[1] and span[0] <= right]
    spans[:] = [*apart, (min([left, *(a for a, _ in touching)]), max([right, *(b for _, b in touching)]))]
