"""Running the connectors while the console runs, or following while another process does."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from omnitui.ids import Ulid
from omnitui.services.session import Session
from omnitui.store.faults import CacheError
from omnitui.sync.lease import Lease

if TYPE_CHECKING:
    from omnitui.sync.engine import Engine

START_AFTER = 0.7
"""Seconds after the first rows until the engine is imported, which keeps the processor for 0.2 s: keys go first."""

LOOK_EVERY = 1.0
"""Seconds between looks whether the process that held the lease has gone."""

STOP_SECONDS = 2.0
"""How long leaving waits for the connectors to end in order."""


class Syncing:
    """Holds the lease while it can, and the engine with it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lease = Lease(session.profile.state)
        self._engine: Engine | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def leading(self) -> bool:
        """Whether this process runs the connectors."""
        return self._lease.held

    async def run(self) -> None:
        """Wait for the lease and run the engine until `stop`."""
        await asyncio.sleep(START_AFTER)
        # The lock of another process wakes nobody when it goes.
        while not self._stopped and not self._lease.acquire():  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY)
        if self._stopped:
            return
        self._engine = await asyncio.to_thread(self._session.engine)
        while not self._stopped:
            self._task = asyncio.create_task(self._engine.run())
            try:
                with suppress(asyncio.CancelledError):
                    await self._task
                return
            except CacheError:
                # The desk says so; the lease is ours, so nobody else would sync.
                await asyncio.sleep(LOOK_EVERY)

    async def fetch(self, attachment_id: Ulid) -> str:
        """Bring a file that was left at the back end; its SHA-256 in the blob store.

        Raises:
            OmniError: It cannot be had now.
        """
        engine = self._engine
        if engine is None:
            engine = await asyncio.to_thread(self._session.engine)
        return await engine.fetch(attachment_id)

    async def stop(self) -> None:
        """Let the engine end in order, and give the lease back."""
        self._stopped = True
        if self._engine is not None and self._task is not None:
            self._engine.stop()
            done, _late = await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task}, timeout=STOP_SECONDS)
        self._lease.release()
