"""Lines of one widget straight to the terminal, before the compositor comes round to them.

A selection that moves is on the screen after 1 ms instead of after Textual's messages, layout and compositing. The
compositor still draws the same lines a moment later; where it agrees nothing more is sent, where it does not it has
the last word. So this may be wrong for a few milliseconds, never for longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from omnitui.ui.last_hop.composing import draws_alone, fitted

if TYPE_CHECKING:
    from omnitui.ui.last_hop.frame import Frame


def put_lines(frame: Frame, screen: Screen[Any], widget: Widget, lines: Iterable[int]) -> bool:
    """Put lines of a widget's content where they are on the screen; False where something may lie over them."""
    if widget.screen is not screen or not screen.is_current or is_covered(screen):
        return False
    place = widget.content_region
    if not place or not Region(0, 0, frame.width, frame.height).contains_region(place):
        return False
    if not widget.is_on_screen or not draws_alone(widget):
        return False
    for line in lines:
        if 0 <= line < place.height:
            strip = widget.render_line(line)
            frame.put(place.x, place.y + line, fitted(strip, place.width))
    return True


def is_covered(screen: Screen[Any]) -> bool:
    """Whether a notification, a tooltip or a zoomed widget may lie over others."""
    tooltip = screen._tooltip_widget
    if tooltip is not None and tooltip.display:
        return True
    return bool(screen.app._notifications) or screen.maximized is not None
