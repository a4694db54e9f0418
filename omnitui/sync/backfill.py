"""Old history, loaded in the background: newest first, one batch at a time, always behind live mail."""

from __future__ import annotations

import asyncio
from typing import Any

from omnitui.clock import Millis
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.logs import logger
from omnitui.model.accounts import Json
from omnitui.sdk.contract import Backfills
from omnitui.sdk.faults import NotReady, Unreachable
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.sync.indexing import index
from omnitui.sync.ingest import Ingest
from omnitui.sync.ledger import note_scope

LOG = logger(__name__)

PREFIX = "backfill "
"""Cursors of the backfill are stored under this and the scope."""

BREATH_SECONDS = 0.02
"""The pause between two batches, in which live mail and the agent go first."""


class Backfill:
    """The history of one account."""

    def __init__(self, cache: Cache, account_id: Ulid, connector: Backfills, ingest: Ingest) -> None:
        self._cache = cache
        self._account_id = account_id
        self._connector = connector
        self._ingest = ingest

    async def run(self, ends_at: Millis | None = None) -> bool:
        """Load until nothing older is left; False where `ends_at` came first. May be interrupted at any time.

        A scope that the connector fails on is left for the next start, with the reason in the ledger.

        Raises:
            Fault: The way to the back end, or to one scope of it, is not open; what was loaded stays, and the next
                run goes on after it. The other scopes have been loaded first where the back end answers for them.
        """
        await index(self._cache)
        live = await self._cache.aread(inflow.cursor, self._account_id, "")
        waiting = list(self._connector.scopes(live))
        closed: NotReady | None = None
        while waiting:
            # One batch of each in turn, so that every folder has its newest messages first.
            for scope in list(waiting):
                if ends_at is not None and self._cache.clock.now() >= ends_at:
                    return False
                try:
                    done = await self._step(scope)
                except NotReady as fault:
                    if isinstance(fault, Unreachable):
                        raise
                    closed, done = closed or fault, True
                except (OmniError, OSError):
                    raise
                except Exception as error:
                    LOG.exception("the history of %r cannot be loaded", scope)
                    await self._give_up(scope, error)
                    done = True
                if done:
                    waiting.remove(scope)
                await asyncio.sleep(BREATH_SECONDS)
        if closed is not None:
            raise closed
        return True

    async def _give_up(self, scope: str, error: Exception) -> None:
        why = _("an error in the connector; the log has the details")
        await self._cache.awrite(
            lambda tx: note_scope(tx, self._account_id, scope, f"{why}: {type(error).__name__}"), durable=False
        )

    async def _step(self, scope: str) -> bool:
        """Load one batch; whether it was the last one."""
        stored: Any = await self._cache.aread(inflow.cursor, self._account_id, PREFIX + scope)
        if stored is not None and stored.get("done"):
            return True
        before: Json = stored.get("before") if stored is not None else None
        batch = await self._connector.backfill(scope, before)
        place = {"before": batch.cursor if batch.cursor is not None else before, "done": batch.caught_up}
        await self._ingest.commit(batch, scope=PREFIX + scope, cursor=place, history=True)
        await index(self._cache)
        return batch.caught_up
