"""Screens that paint as soon as they are idle, instead of at Textual's next 60 Hz tick."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import events
from textual.screen import ModalScreen, Screen, ScreenResultType

if TYPE_CHECKING:
    _Base = Screen[Any]
else:
    _Base = object

PAINT_GAP = 0.004


class PaintsWhenIdle(_Base):
    """Mixed into a screen before Textual's class."""

    _painted_at = 0.0

    def _compositor_refresh(self) -> None:
        # Nobody sees what is drawn behind a first frame; taking over draws everything.
        if not getattr(self.app, "behind", False):
            super()._compositor_refresh()

    async def _on_idle(self, event: events.Idle) -> None:
        if (
            not self.app._batch_count
            and self.is_current
            and monotonic() - self._painted_at >= PAINT_GAP
            and (self._layout_required or self._scroll_required or self._repaint_required or self._dirty_widgets)
            and not self._recompose_required
        ):
            event.prevent_default()
            self._on_timer_update()
            self._painted_at = monotonic()
            return
        await super()._on_idle(event)


class LastHopScreen(PaintsWhenIdle, Screen[ScreenResultType]):
    """A screen that paints when idle."""


class LastHopModal(PaintsWhenIdle, ModalScreen[ScreenResultType]):
    """A modal screen that paints when idle."""
