"""A compositor that asks the widgets that changed and are seen; Textual's asks every widget between the changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

Spans = list[tuple[int, int]]
"""Columns of a line that are drawn, from and to; none touches another."""


class LeanCompositor(Compositor):
    """Draws what is dirty and no line more: Textual draws all that lies in the rectangle around all that is dirty, and
    every container behind it."""

    def __init__(self) -> None:
        super().__init__()
        self._dirty: tuple[Region, ...] | None = None

    def render_partial_update(self) -> ChopsUpdate | None:
        """Draw the dirty regions."""
        self._dirty = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._dirty = None

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        wanted = self._dirty if self._dirty is not None else (crop or self.size.region,)
        drawn: defaultdict[int, Spans] = defaultdict(list)
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            parts = [part for dirty in wanted if (part := shown.intersection(dirty))]
            lines = unseen(parts, drawn)
            if not lines:
                continue
            top, bottom = lines[0], lines[-1] + 1
            for y in range(top, bottom):
                join(drawn[y], shown.x, shown.right)
            rows = Region(shown.x, top, shown.width, bottom - top)
            yield rows, clip, widget.render_lines(rows.translate(-region.offset))


def unseen(parts: Iterable[Region], drawn: defaultdict[int, Spans]) -> Sequence[int]:
    """The lines of these parts that what is drawn in front of them does not wholly cover, in order."""
    found: set[int] = set()
    for part in parts:
        left, right = part.x, part.right
        found.update(y for y in part.line_range if not any(a <= left and right <= b for a, b in drawn[y]))
    return sorted(found)


def join(spans: Spans, left: int, right: int) -> None:
    """Add columns to those that are drawn."""
    apart = [span for span in spans if span[1] < left or right < span[0]]
    touching = [span for span in spans if left <= span[1] and span[0] <= right]
    spans[:] = [*apart, (min([left, *(a for a, _ in touching)]), max([right, *(b for _, b in touching)]))]
