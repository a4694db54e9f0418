"""Screens that paint as soon as they are idle, instead of at Textual's next 60 Hz tick."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import events
from textual.geometry import Size
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget

from omnitui.ui.last_hop.composing import LeanCompositor
from omnitui.ui.last_hop.focusing import MarksFocus

if TYPE_CHECKING:
    _Base = Screen[Any]
else:
    _Base = object

PAINT_GAP = 0.001


class PaintsWhenIdle(_Base):
    """Mixed into a screen before Textual's class."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Widgets draw their own marks of the focus: Textual would draw the whole screen when it moves."""

    _painted_at = 0.0
    _held_until = 0.0
    _laying_out = False
    _owed = False
    _waiting: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._compositor = LeanCompositor()

    def take_letter(self, event: events.Key) -> bool:
        """Take a letter that is meant for the screen, whatever in it has the focus; False where it is not."""
        return False

    def resizing(self) -> None:
        """The terminal has this size now: adapt what depends on it, before everything is laid out."""

    def resized(self) -> None:
        """Everything is laid out for another size of the terminal and not painted yet."""

    async def _on_resize(self, event: events.Resize) -> None:
        event.prevent_default()
        event.stop()
        # Textual tells a screen its size twice: as the terminal's, and as that of the widget which was laid out.
        if event.size == self._compositor.size and self._is_mounted:
            return
        self.resizing()
        self._layout_is_due()
        await super()._on_resize(event)
        self.resized()
        # A new size makes Textual want the layout once more that gave it.
        self._layout_is_due()
        # First the widgets hear of their sizes: drawn before, each would be drawn a second time.
        self._painted_at = monotonic()

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """Give the keys to a widget; what shows that is drawn together, before Textual tells of it widget by widget."""
        before = self.focused
        super().set_focus(widget, scroll_visible, from_app_focus)
        if self.focused is not before:
            for pane in (before, self.focused):
                if isinstance(pane, MarksFocus):
                    pane.mark_focus(pane is self.focused)
            self.focus_moved()

    def focus_moved(self) -> None:
        """Another widget has the focus (`focused`), or none."""

    def hold_paint(self, seconds: float) -> None:
        """More is about to change: paint both at once, when `release_paint` is called or after so many seconds."""
        self._held_until = monotonic() + seconds

    def release_paint(self) -> None:
        """What was waited for is there."""
        self._held_until = 0.0
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        self.check_idle()

    def _layout_is_due(self) -> None:
        """No widget needs to ask for the layout: it follows, or it was just made."""
        for widget in self.walk_children(Widget):
            widget._layout_required = False

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        self._laying_out = not scroll
        super()._refresh_layout(size, scroll)
        self._laying_out = False

    def _compositor_refresh(self) -> None:
        if getattr(self.app, "behind", False):
            return  # Nobody sees what is drawn behind a first frame; taking over draws everything.
        if self._compositor.size != self.app.size:
            return  # The terminal's size changed while a dialog was in front: the new layout is drawn, not this one.
        self._owed = self._laying_out
        if self._owed:
            # Widgets have yet to hear of their new sizes: what they draw now would be drawn again in a moment.
            self._painted_at = monotonic()
            self.check_idle()
            return
        app, compositor = self.app, self._compositor
        paint = getattr(app, "paint_dirty", None)
        if self is not app.screen or paint is None or not paint(compositor):
            super()._compositor_refresh()
            return
        self._dirty_widgets.clear()
        app._update_mouse_over(self)

    async def _on_idle(self, event: events.Idle) -> None:
        due = self._layout_required or self._scroll_required or self._repaint_required
        wanted = due or self._dirty_widgets or self._owed
        if not wanted or self._recompose_required or self.app._batch_count or not self.is_current:
            await super()._on_idle(event)
            return
        event.prevent_default()
        wait = max(self._painted_at + PAINT_GAP, self._held_until) - monotonic()
        if wait <= 0:
            self._painted_at = monotonic()
            laid_out = self._layout_required
            self._on_timer_update()
            if self._owed and not laid_out:
                self._compositor_refresh()
        elif self._waiting is None:
            self._waiting = asyncio.get_running_loop().call_later(wait, self._wake)

    def _wake(self) -> None:
        self._waiting = None
        if self.is_attached:
            self.check_idle()


class LastHopScreen(PaintsWhenIdle, Screen[ScreenResultType]):
    """A screen that paints when idle."""


class LastHopModal(PaintsWhenIdle, ModalScreen[ScreenResultType]):
    """A modal screen that paints when idle."""
