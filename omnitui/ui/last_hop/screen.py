"""Screens that paint as soon as they are idle, instead of at Textual's next 60 Hz tick."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import events
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget

from omnitui.ui.last_hop.composing import LeanCompositor

if TYPE_CHECKING:
    _Base = Screen[Any]
else:
    _Base = object

PAINT_GAP = 0.004


class PaintsWhenIdle(_Base):
    """Mixed into a screen before Textual's class."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Widgets draw their own marks of the focus: Textual would draw the whole screen when it moves."""

    _painted_at = 0.0
    _waiting: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._compositor = LeanCompositor()

    def _compositor_refresh(self) -> None:
        # Nobody sees what is drawn behind a first frame; taking over draws everything.
        if not getattr(self.app, "behind", False):
            super()._compositor_refresh()

    async def _on_idle(self, event: events.Idle) -> None:
        wanted = self._layout_required or self._scroll_required or self._repaint_required or self._dirty_widgets
        if not wanted or self._recompose_required or self.app._batch_count or not self.is_current:
            await super()._on_idle(event)
            return
        event.prevent_default()
        wait = self._painted_at + PAINT_GAP - monotonic()
        if wait <= 0:
            self._on_timer_update()
            self._painted_at = monotonic()
        elif self._waiting is None:
            self._waiting = asyncio.get_running_loop().call_later(wait, self._wake)

    def _wake(self) -> None:
        self._waiting = None
        self.check_idle()


class LastHopScreen(PaintsWhenIdle, Screen[ScreenResultType]):
    """A screen that paints when idle."""


class LastHopModal(PaintsWhenIdle, ModalScreen[ScreenResultType]):
    """A modal screen that paints when idle."""
