"""Tasks that fall due while the console runs: said once, counted from then on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from omnitui.clock import DAY, Millis
from omnitui.i18n import _, ngettext
from omnitui.services.notices import Event, Occasion

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp
    from omnitui.ui.desk import Desk


class Promises:
    """Waits for the next of the agent's tasks to fall due."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._timer: asyncio.TimerHandle | None = None
        self._told: Millis = desk.clock.now()
        """Until when it was looked which have fallen due."""

    def look(self) -> None:
        """What is promised may be other now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._desk.clock.now()
        coming = [at for at in self._desk.standing.promised if at > self._told]
        if coming:
            wait = min(max(coming[0] - now, 0), DAY)
            self._timer = asyncio.get_running_loop().call_later(wait / 1000, self._fall_due)

    def end(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _fall_due(self) -> None:
        desk, now = self._desk, self._desk.clock.now()
        fallen = sum(self._told < at <= now for at in desk.standing.promised)
        self._told = max(now, self._told)
        if fallen:
            key = desk.screen.keyboard.keymap.key_of("go.tasks") or "ctrl+p"
            words = ngettext("{n} task is due", "{n} tasks are due", fallen).format(n=fallen)
            desk.say(f"{words} · " + _("{key} shows it").format(key=key), "warn")
            desk.screen.queue.refresh()
            app = cast("ConsoleApp", desk.screen.app)
            app.notifier.tell([Event(Occasion.DUE)] * fallen)
        self.look()
