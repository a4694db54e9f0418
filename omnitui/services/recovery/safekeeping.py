"""Snapshots of the cache in the process that syncs: once a day, each of them proved, old ones removed.

The proof is also how damage is found in a process that runs for weeks: it looks at every page of the copy.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from omnitui.bus import Stuck
from omnitui.clock import DAY, Clock, Millis
from omnitui.errors import OmniError
from omnitui.logs import logger
from omnitui.services.background import in_background
from omnitui.store.faults import CacheDamaged
from omnitui.store.recovery import integrity, snapshots

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from omnitui.bus import Bus
    from omnitui.config.settings import Snapshots

LOG = logger(__name__)

START_AFTER: Final = 20.0
"""Seconds after the start of the sync before the first look: what comes in then goes first."""
LOOK_EVERY: Final = 600.0
KEPT_ASIDE: Final[Millis] = 14 * DAY
"""How long a damaged or replaced cache is kept."""


class Safekeeping:
    """Takes snapshots of a cache while a sync runs."""

    def __init__(self, cache: Path, clock: Clock, bus: Bus, wanted: Callable[[], Snapshots]) -> None:
        self._cache = cache
        self._clock = clock
        self._bus = bus
        self._wanted = wanted

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(START_AFTER)
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    def due(self) -> bool:
        """Whether there is no snapshot of the last 24 hours, and one is wanted."""
        wanted = self._wanted()
        if not wanted.days + wanted.weeks or integrity.noted(self._cache.parent):
            return False
        daily = [one.taken_at for one in snapshots.snapshots(self._cache.parent) if one.before is None]
        # One from the future is of a clock that was wrong.
        return not any(0 <= self._clock.now() - at < DAY for at in daily)

    async def look(self) -> None:
        """Take a snapshot where one is due; damaged and replaced caches go when they were kept long enough."""
        await asyncio.to_thread(self._drop_aside)
        if not await asyncio.to_thread(self.due):
            return
        await in_background("snapshot", self.take)

    def take(self, stop: threading.Event | None = None) -> None:
        """Take a snapshot now, and remove those that are no longer wanted; damage is noted and told."""
        data, wanted = self._cache.parent, self._wanted()
        try:
            snapshots.take(self._cache, self._clock.now(), stop=stop)
        except CacheDamaged as error:
            LOG.error("the cache is damaged: %s", error.message)
            integrity.note(data, integrity.Damage(self._clock.now(), error.message))
            self._bus.publish(Stuck(error))
        except snapshots.Stopped:
            return
        except OmniError as error:
            LOG.warning("no snapshot was taken: %s", error.message)
        else:
            snapshots.rotate(data, daily=wanted.days, weekly=wanted.weeks)

    def _drop_aside(self) -> None:
        with suppress(OSError):
            snapshots.drop_aside(self._cache.parent, self._clock.now() - KEPT_ASIDE)
