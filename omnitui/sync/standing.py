"""How an account stands: written in the ledger, told to who asked from another process."""

from __future__ import annotations

import asyncio
import contextlib

from omnitui.clock import Millis
from omnitui.logs import logger
from omnitui.model.accounts import Account
from omnitui.store import progress
from omnitui.store.cache import Cache
from omnitui.store.faults import CacheError
from omnitui.sync.ledger import note_health

LOG = logger(__name__)


class Standing:
    """The health of one account, as long as it is synced."""

    def __init__(self, cache: Cache, account: Account, faulted: asyncio.Event, question: int) -> None:
        """`faulted` is set at each fault that keeps things from coming in."""
        self.refused = ""
        """Why the login was refused on the way out; what still comes in does not make the account well."""
        self.question = question
        """The newest question of another process that what is read now answers, or the fault that is met instead."""
        self._cache = cache
        self._account = account
        self._faulted = faulted
        self._health = ""

    async def unwell(self, health: str, error: str, retry_at: Millis | None, *, keeps_out: bool = True) -> None:
        """Write a fault down; `keeps_out`: nothing comes in for it."""
        if self._health != health:
            LOG.warning("account %s is %s: %s", self._account.name, health, error)
        self._health = health
        with contextlib.suppress(CacheError):
            await self._cache.awrite(
                lambda tx: note_health(tx, self._account.id, health, error=error, retry_at=retry_at), durable=False
            )
        # Who waits for this ends the sync, and reads in the ledger why.
        if keeps_out:
            self._faulted.set()
            await self.answer()

    async def well(self) -> None:
        """Something came in."""
        if await self.still_refused():
            return
        if self._health not in ("", "ok"):
            LOG.info("account %s is back", self._account.name)
        self._health = "ok"

    async def still_refused(self) -> bool:
        """Whether the login was refused on the way out; what comes in just now wrote down that all is well."""
        if self.refused:
            await self.unwell("auth", self.refused, None, keeps_out=False)
        return bool(self.refused)

    async def answer(self) -> None:
        """Tell who asked that all has come in since, or that a fault was met."""
        if self.question:
            with contextlib.suppress(CacheError):
                await self._cache.awrite(lambda tx: progress.answer(tx, self._account.id, self.question), durable=False)
