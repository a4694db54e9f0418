"""Running the connectors while the console runs, or following while another process does.

They run on a loop of their own: on the console's each message would keep the keys waiting a little.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.logs import logger
from omnitui.services.channels.strand import Strand
from omnitui.services.session import Session
from omnitui.sync.lease import Lease

if TYPE_CHECKING:
    from omnitui.sync.engine import Engine

LOG = logger(__name__)

START_AFTER = 0.7
"""Seconds after the first rows until the engine is imported, which keeps the processor for 0.2 s: keys go first."""

LOOK_EVERY = 1.0
"""Seconds between looks whether the process that held the lease has gone."""

WATCH_EVERY = 2.0
"""Seconds between looks whether the process that holds the lease moves."""

RETRY_SECONDS = 5.0
"""Seconds after which a sync that could not run is tried again."""

STOP_SECONDS = 2.0
"""How long leaving waits for the connectors to end in order."""


class Syncing:
    """Holds the lease while it can, and the engine with it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lease = Lease(session.profile.state)
        self._strand = Strand("omnitui-sync")
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
        while not self._stopped:
            try:
                # The lock of another process wakes nobody when it goes; the engine is dear to import before.
                if self._lease.acquire():
                    await self._lead()
                else:
                    await asyncio.sleep(LOOK_EVERY)
            except OmniError as error:
                # The desk says it of the disk; the lease is ours or nobody's, so nobody else would sync.
                LOG.warning("the sync does not run: %s", error.message)
                await asyncio.sleep(RETRY_SECONDS)

    async def watch(self, tell: Callable[[str], None]) -> None:
        """Until cancelled, `tell` in words that the process that is to sync stands still; "" while it moves."""
        while True:
            await asyncio.sleep(WATCH_EVERY)
            holder = None
            if not self._lease.valid():
                with suppress(OSError):
                    holder = self._lease.holder()
            if holder is None or not holder.still:
                tell("")
            else:
                words = _(
                    "process {pid} is to sync but stands still: this console soon takes its place; omnitui doctor"
                )
                tell(words.format(pid=holder.pid))

    async def _lead(self) -> None:
        if self._engine is None:
            self._engine = await asyncio.to_thread(self._session.engine)
        if self._stopped:
            return
        engine = self._engine
        self._task = asyncio.create_task(self._strand.run(lambda: self._sync(engine)))
        with suppress(asyncio.CancelledError):
            await self._task

    async def _sync(self, engine: Engine) -> None:
        try:
            await engine.run(self._lease)
        finally:
            await self._session.accounts.http.close()

    async def fetch(self, attachment_id: Ulid) -> str:
        """Bring a file that was left at the back end; its SHA-256 in the blob store.

        Raises:
            OmniError: It cannot be had now.
        """
        engine = self._engine
        if engine is None:
            engine = await asyncio.to_thread(self._session.engine)
        return await self._strand.run(lambda: engine.fetch(attachment_id))

    async def stop(self) -> None:
        """Let the engine end in order, and give the lease back."""
        self._stopped = True
        if self._engine is not None and self._task is not None:
            self._strand.soon(self._engine.stop)
            await asyncio.wait({self._task}, timeout=STOP_SECONDS)
        await self._strand.end(STOP_SECONDS)
        self._lease.release()
