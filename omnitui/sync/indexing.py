"""What was taken in without being made searchable, made so in the background."""

from __future__ import annotations

import asyncio
from typing import Final

from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache

BATCH: Final = 500
"""Messages brought into the full-text index in one commit."""
BREATH_SECONDS: Final = 0.02
"""The pause between two batches, in which live mail and the agent go first."""


async def index(cache: Cache) -> None:
    """Bring all messages into the full-text index that are not in it, also those that an earlier process left."""
    left = True
    while left:
        left = await cache.awrite(lambda tx: inflow.index_pending(tx, BATCH), durable=False)
        await asyncio.sleep(BREATH_SECONDS)
