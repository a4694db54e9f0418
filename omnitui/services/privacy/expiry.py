"""Messages that accounts keep no longer go by themselves: once a day, in the process that syncs."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Final

from omnitui.clock import DAY
from omnitui.errors import OmniError
from omnitui.logs import logger
from omnitui.model.accounts import RETENTION
from omnitui.services.background import in_background
from omnitui.services.privacy import retention
from omnitui.store.forgetting import tombstones
from omnitui.store.reads import accounts, ledger

if TYPE_CHECKING:
    import sqlite3

    from omnitui.services.session import Session
    from omnitui.store.cache import Cache

LOG = logger(__name__)

START_AFTER: Final = 60.0
"""Seconds after the start of the sync before the first look: what comes in then goes first."""
LOOK_EVERY: Final = 600.0
PATIENCE_SECONDS: Final = 0.5
"""How long an agent's act waits for the cache's file to be written anew before that is put off to the next look."""
LONGEST_SECONDS: Final = 15.0
"""After so long it is put off in any case: other processes wait too, and give up at twice this time. Only a person
rewrites a larger file."""


class Expiry:
    """Does what `omnitui retention run` does, while a sync runs and the settings do not leave it to people."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(START_AFTER)
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Erase what is due, where that was not looked for within the last 24 hours; end what was broken off."""
        await in_background("retention", self._work)

    def due(self) -> bool:
        """Whether an account that keeps messages for a time only has not been looked at for a day."""
        if self._session.settings.privacy.retention != "daily":
            return False
        return self._session.cache.read(_waits, self._session.cache.clock.now())

    def _work(self, stop: threading.Event) -> None:
        try:
            found = retention.due(self._session.cache) if self.due() else []
            swept = retention.run(self._session, found, stop=stop, give_up=_Patience(self._session.cache, stop))
        except OmniError as error:
            LOG.warning("what accounts keep no longer was not erased: %s", error.message)
            return
        for one in found:
            if one.messages:
                LOG.info("account %s keeps %d days: %d messages erased", one.account.name, one.days, one.messages)
        for fault in swept.faults:
            LOG.warning("what accounts keep no longer may be left in part: %s", fault)


class _Patience:
    """Whether the rewriting of the file is to be given up; counted from the first question."""

    def __init__(self, cache: Cache, stop: threading.Event) -> None:
        self._cache, self._stop = cache, stop
        self._until: float | None = None

    def __call__(self) -> bool:
        now = time.monotonic()
        if self._until is None:
            self._until = now + LONGEST_SECONDS
        return self._stop.is_set() or now > self._until or self._cache.kept_waiting() > PATIENCE_SECONDS


def _waits(db: sqlite3.Connection, now: int) -> bool:
    for account in accounts.accounts(db):
        if tombstones.retention(db, account.id) is not None:
            done = ledger.entry(db, account.id, RETENTION)
            # One from the future is of a clock that was wrong.
            if done is None or done.last_sync_at is None or not 0 <= now - done.last_sync_at < DAY:
                return True
    return False
