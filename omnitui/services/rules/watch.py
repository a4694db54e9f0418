"""Keeps the rules of rules.toml in force, in the process that syncs. Without the file nothing of them is imported."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from omnitui.bus import Changed
from omnitui.clock import SECOND, Millis
from omnitui.errors import OmniError
from omnitui.logs import logger
from omnitui.services.background import in_background
from omnitui.store.rule_journal import in_force

if TYPE_CHECKING:
    from pathlib import Path

    from omnitui.services.rules.ruling import Ruling
    from omnitui.services.session import Session

LOG = logger(__name__)

LOOK_EVERY: Final = 5.0
"""Seconds after which the file is looked at again."""
PAUSE: Final = 0.05
"""Seconds in which what happens is gathered."""


class RuleWatch:
    """Asks rules as soon as something has happened or is due, beside the event loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ruling: Ruling | None = None
        self._seen: tuple[object, ...] = ()
        self._macros: frozenset[str] = frozenset()
        """Those that rules name: as they change, so do the rules."""
        self._lock = threading.Lock()

    async def run(self) -> None:
        """Until cancelled."""
        from omnitui.sync.naps import nap

        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake(_changed: Changed) -> None:
            if self._ruling is not None:
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(woken.set)

        unsubscribe = self._session.bus.subscribe(Changed, wake)
        try:
            while True:
                woken.clear()
                await self.settle()
                due = None if self._ruling is None else await asyncio.to_thread(self._due)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await nap(self._session.cache.clock, due, woken)
                await asyncio.sleep(PAUSE)
        finally:
            unsubscribe()

    async def settle(self) -> bool:
        """Ask rules about all that has happened and is due; whether nothing came of it."""
        turns = 0

        def work(stop: threading.Event) -> None:
            nonlocal turns
            try:
                with self._lock:
                    self._renew()
                    # Between two of them the file may say something else, or somebody may switch a rule off.
                    while self._ruling is not None and not stop.is_set() and self._ruling.turn():
                        turns += 1
                        self._renew()
            except OmniError as error:
                LOG.warning("rules wait: %s", error.message)

        if self._ruling is not None or self._stamp() != self._seen:
            await in_background("rules", work)
        return not turns

    def _renew(self) -> None:
        """Put in force what the file says, where it or what is in force is another than before."""
        stamp, session = self._stamp(), self._session
        if stamp == self._seen and (self._ruling is None or self._ruling.stands()):
            return
        if not any((*self._seen[:1], stamp[0])) and not session.cache.read(in_force)[0]:
            self._seen = stamp
            return
        from omnitui.services.rules import reading as rules
        from omnitui.services.rules.ruling import Ruling
        from omnitui.services.triage.views import read_views

        views = read_views(session.profile, session.settings)
        found = rules.read(session.profile, session.settings, views)
        for problem in found.problems:
            LOG.warning("%s", problem.message)
        if not found.broken:
            ruling = self._ruling or Ruling(session)
            ruling.put_in_force(found.rules, views, found.faulty)
            self._ruling = ruling if any(one.enabled for one in found.rules) else None
        self._macros, self._seen = found.macros, stamp

    def _stamp(self) -> tuple[object, ...]:
        profile = self._session.profile
        macros = (profile.config / "macros" / f"{name}.toml" for name in sorted(self._macros))
        return (*_stamp(profile.rules_file), _stamp(profile.views_file), self._session.settings, *map(_stamp, macros))

    def _due(self) -> Millis | None:
        """When something is due next; what could not be dealt with just now is tried again soon."""
        from omnitui.store.reads.rules import next_due

        try:
            due = self._session.cache.read(next_due)
        except OmniError as error:
            LOG.warning("rules wait: %s", error.message)
            return None
        return None if due is None else max(due, self._session.cache.clock.now() + SECOND)


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        held = file.stat()
    except OSError:
        return (0,)
    return held.st_mtime_ns, held.st_size, held.st_ino
