"""Agreements that are near their time or were broken while the console runs: said once each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from omnitui.clock import HOUR, MINUTE, Millis
from omnitui.i18n import _, ngettext
from omnitui.services.notices import Event, Occasion

if TYPE_CHECKING:
    from omnitui.store.reads.sla import Alarms
    from omnitui.ui.app import ConsoleApp
    from omnitui.ui.desk import Desk

LONGEST: Final[Millis] = HOUR
"""After so long it is looked again: a clock may have been set."""
SOONEST: Final[Millis] = MINUTE // 60
"""What falls due within so short a time is told together."""


class Warnings:
    """Waits for the next warning, or the next agreement to be broken."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._timer: asyncio.TimerHandle | None = None
        self._told: Millis = desk.clock.now()
        """Until when it was looked what has fallen due."""

    async def look(self) -> None:
        """Agreements may be other now: tell what has fallen due, and wait for what comes."""
        from omnitui.store.reads.sla import alarms

        self.end()
        now = self._desk.clock.now()
        found = await self._desk.cache.aread(alarms, self._told, now)
        self._told = max(now, self._told)
        self._tell(found)
        self.end()
        if found.coming is not None:
            wait = min(max(found.coming - self._desk.clock.now(), SOONEST), LONGEST)
            self._timer = asyncio.get_running_loop().call_later(wait / 1000, self._turn)

    def end(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> None:
        self._desk.spawn(self.look())

    def _tell(self, found: Alarms) -> None:
        words = []
        if late := len(found.late):
            words.append(ngettext("{n} agreement is broken", "{n} agreements are broken", late).format(n=late))
        if risks := len(found.risks):
            words.append(ngettext("{n} agreement is at risk", "{n} agreements are at risk", risks).format(n=risks))
        if not words:
            return
        desk = self._desk
        desk.say(_(", ").join(words), "bad" if late else "warn")
        desk.screen.queue.refresh()
        app = cast("ConsoleApp", desk.screen.app)
        app.notifier.tell([Event(Occasion.SLA)] * (late + risks))
