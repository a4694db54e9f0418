"""Widgets whose screen hears at once that they are to be drawn anew."""

from __future__ import annotations

from typing import Self

from textual.geometry import Region
from textual.widget import Widget


class TellsAtOnce(Widget):
    """Tells the screen in the turn in which something changes: what changes together is painted together.

    Textual tells it once the widget itself has been idle, each widget after a turn of its own.
    """

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw these regions anew, or everything."""
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        if not layout and not recompose and self.is_attached:
            self._check_refresh()
        return self
