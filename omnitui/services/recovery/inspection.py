"""The look for damage after each start: at every page of the cache, beside all that goes on.

It reads only, in a thread of low priority, and rests in between. A million messages take 15 s of processor time, so
that damage anywhere is known within a minute or two of the start; nothing is trusted to have been looked at before.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final

from omnitui.bus import Stuck
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.services.background import in_background
from omnitui.store.faults import CacheDamaged
from omnitui.store.recovery import integrity

if TYPE_CHECKING:
    from pathlib import Path

    from omnitui.bus import Bus
    from omnitui.clock import Clock

LOG = logger(__name__)

START_AFTER: Final = 8.0
"""Seconds after the start: what the agent looks at first, and what comes in then, go first."""
NOTED_EVERY: Final = 5.0
"""Seconds between looks whether another process has found damage."""
BREATH: Final = 0.002
"""Seconds of rest between hundred thousand steps of SQLite's, which take about as long."""


class Inspection:
    """Looks through the cache once, then goes on telling what other processes of the profile find."""

    def __init__(self, cache: Path, clock: Clock, bus: Bus) -> None:
        self._cache = cache
        self._clock = clock
        self._bus = bus
        self._running = self._looked = False

    async def run(self) -> None:
        """Until damage is known, or this is cancelled; returns at once where it runs already."""
        if self._running:
            return
        self._running = True
        try:
            await self._run()
        finally:
            self._running = False

    async def _run(self) -> None:
        if not self._looked:
            await asyncio.sleep(START_AFTER)
            await in_background("inspection", self.look)
            self._looked = True
        while True:
            if noted := integrity.noted(self._cache.parent):
                self._bus.publish(Stuck(_damaged(noted.reason)))
                return
            await asyncio.sleep(NOTED_EVERY)

    def look(self, stop: threading.Event) -> None:
        """Look at every page now; damage is noted, so that the next start mends it, and told."""
        try:
            found = integrity.faults_beside(self._cache, stop, BREATH)
        except OmniError as error:
            LOG.warning("the cache could not be looked through: %s", error.message)
            return
        if found:
            reason = "; ".join(found)
            LOG.error("the cache is damaged: %s", reason)
            integrity.note(self._cache.parent, integrity.Damage(self._clock.now(), reason))
            self._bus.publish(Stuck(_damaged(reason)))


def _damaged(reason: str) -> CacheDamaged:
    return CacheDamaged(
        _("The cache is damaged: {reason}.").format(reason=reason),
        hint=_("Leave omnitui and start it again: it mends the cache then."),
    )
