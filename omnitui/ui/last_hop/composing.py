"""A compositor that asks the widgets that changed, where Textual's asks every widget between the changes."""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class LeanCompositor(Compositor):
    """Draws what is dirty and no line more: Textual draws all that lies in the rectangle around all that is dirty."""

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
        if self._dirty is None:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            parts = [part for dirty in self._dirty if (part := shown.intersection(dirty))]
            if parts:
                top = min(part.y for part in parts)
                lines = Region(shown.x, top, shown.width, max(part.bottom for part in parts) - top)
                yield lines, clip, widget.render_lines(lines.translate(-region.offset))
