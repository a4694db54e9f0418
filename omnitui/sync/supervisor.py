"""One account's sync: loops (in, out, history, templates) that share a connector and never take each other down."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import cast

from omnitui.clock import HOUR, MINUTE, SECOND, Millis
from omnitui.errors import ConfigError, OmniError
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.model.accounts import Account, Json
from omnitui.sdk import snapshot
from omnitui.sdk.contract import Backfills, Connector, Looks, Renews
from omnitui.sdk.events import Batch
from omnitui.sdk.faults import AuthFailed, Fault, RateLimited, Unreachable
from omnitui.store import progress
from omnitui.store.accounts import set_capabilities
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.faults import CacheError
from omnitui.sync.backfill import Backfill
from omnitui.sync.backoff import Backoff, rest_of
from omnitui.sync.ingest import Ingest
from omnitui.sync.lease import LeaseLost
from omnitui.sync.ledger import health_of
from omnitui.sync.naps import nap
from omnitui.sync.offers import keep_templates
from omnitui.sync.outbox import Ask, OutboxRunner, Pass
from omnitui.sync.standing import Standing
from omnitui.text.mail.worker import ParseWorker

LOG = logger(__name__)

CLOSE_SECONDS = 2.0
"""How long a connector may take to let go."""
IN_STEP_SECONDS = 120.0
"""How long what shall leave waits for what came in meanwhile."""
LOOK_SECONDS = 20.0
"""How long a back end may take to tell, when it is asked, what came in."""
UNWRITTEN_SECONDS = 2.0
"""How often it is tried whether the cache can be written again."""
LAST_SEND_SECONDS = 3.0
"""How long a send that has begun may take to end when the sync stops; it is settled at the next start otherwise."""


class _Renewed(Exception):
    """The stream was ended so that it begins anew."""


class AccountSync:
    """Keeps one account in step until it is stopped."""

    def __init__(
        self,
        cache: Cache,
        account: Account,
        connect: Callable[[Account], Connector],
        parser: ParseWorker,
        *,
        doubtful: bool = False,
        question: int = 0,
        ask: Ask | None = None,
        look_around: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`doubtful`: the process that synced before lives, and may still be sending something. `question`: the newest
        that another process has asked. `look_around` calls `renew` where the machine slept or its network changed."""
        self.account = account
        self.caught_up = asyncio.Event()
        """Set while the back end has nothing more to give, as far as we know."""
        self.filled = asyncio.Event()
        """Set once the history is loaded as well."""
        self.faulted = asyncio.Event()
        """Set at the first fault that keeps things from coming in."""
        self.stuck = asyncio.Event()
        """Set while a fault keeps the outbox from being emptied."""
        self.passed = asyncio.Event()
        """Set once the outbox has been gone through."""
        self.connector: Connector | None = None
        self._cache = cache
        self._connect = connect
        self._parser = parser
        self._ask = ask
        self._look_around = look_around
        self._reading: asyncio.Future[None] | None = None
        self._renewed = 0
        """How often `renew` was called."""
        self._stale = False
        """Whether what is read now is read over lines that are not to be trusted."""
        self._again = False
        """Whether somebody has asked since what is read now was begun: it is read anew once it has caught up."""
        self._wake_outbox = asyncio.Event()
        self._doubtful = doubtful
        self._never = asyncio.Event()
        self._away: Fault | None = None
        """The fault that the way in rests from."""
        self._look = asyncio.Event()
        """Set to end that rest early."""
        self._back = asyncio.Event()
        """Set when the way in is open again: what could not leave may leave now."""
        self._met = asyncio.Event()
        """Set each time the way in has caught up or met a fault."""
        self._connecting = Backoff(first=5 * SECOND)
        self._abilities: Json = None
        """What was stored last of what the back end can do."""
        self._standing = Standing(cache, account, self.faulted, question)

    def wake(self) -> None:
        """Something in the outbox changed."""
        self._wake_outbox.set()

    async def renew(self) -> None:
        """The machine slept or its network changed: nobody knows what came in meanwhile, and lines may be dead."""
        self._renewed += 1
        self.caught_up.clear()
        self._look.set()
        self._back.set()
        reading = self._reading
        if reading is not None:
            self._stale = True
        if isinstance(self.connector, Renews):
            await self.connector.renew()
        if reading is not None:
            # Another that began meanwhile reads over lines that are new.
            reading.cancel()
        self.wake()

    async def look_anew(self) -> None:
        """Another process asks how things stand now: read on from the cursor at once, and answer it then.

        What rests because it was refused, or was asked to, is not hurried: it is answered as it stands.
        """
        self._back.set()
        self.wake()
        if self._reading is not None and self.caught_up.is_set():
            self._read_again(self._reading)
        elif self._reading is not None:
            # Broken off each time somebody asks, a long way to catch up would never end.
            self._again = True
        elif self.connector is not None and not isinstance(self._away, AuthFailed | RateLimited):
            self._look.set()
        else:
            # Nothing is read: the fault that was met answers it, or the one that connecting meets now.
            self._standing.question = await self._cache.aread(progress.asked, self.account.id)
            if self.faulted.is_set():
                await self._standing.answer()

    def _read_again(self, reading: asyncio.Future[None]) -> None:
        self._again = False
        self.caught_up.clear()
        self._stale = True
        reading.cancel()

    async def run(self) -> None:
        """Until cancelled: connect, keep the loops going, and connect anew after what should not happen."""
        while True:
            try:
                self.connector = await asyncio.to_thread(self._connect, self.account)
            except OmniError as error:
                await self._rest_unconnected(error)
                continue
            except Exception:
                await self._defect()
                continue
            try:
                await self._loops(self.connector)
            except CacheError as error:
                await self._rest_unwritten(error)
            except LeaseLost:
                # The engine ends us as soon as it notices.
                await self._never.wait()
            except Exception:
                await self._defect()
            finally:
                await self._close(self.connector)

    async def stop(self, task: asyncio.Task[None]) -> None:
        """End `task`, which runs this; a send that has begun gets a moment to end."""
        task.cancel()
        await asyncio.wait([task], timeout=LAST_SEND_SECONDS + CLOSE_SECONDS + 1)

    async def _loops(self, connector: Connector) -> None:
        self.caught_up.clear()
        ingest = Ingest(self._cache, self.account, self._parser)
        runner = OutboxRunner(self._cache, self.account, connector, doubtful=self._doubtful, ask=self._ask)
        self._abilities = None
        await self._note_abilities(connector)
        tasks = [
            asyncio.create_task(self._inbound(connector, ingest), name=f"in {self.account.name}"),
            asyncio.create_task(self._outbox(runner), name=f"out {self.account.name}"),
            asyncio.create_task(self._history(connector, ingest), name=f"history {self.account.name}"),
            asyncio.create_task(
                keep_templates(self._cache, self.account, connector, self.caught_up),
                name=f"templates {self.account.name}",
            ),
        ]
        try:
            # The first loop that ends has met a defect: its exception ends them all.
            done, _running = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _note_abilities(self, connector: Connector) -> None:
        """Store what the back end can do where that is new: some connectors learn it only when it answers."""
        abilities = snapshot.take(connector.capabilities, connector.manifest.channels)
        if abilities != self._abilities:
            await self._cache.awrite(lambda tx: set_capabilities(tx, self.account.id, abilities))
            self._abilities = abilities

    async def _inbound(self, connector: Connector, ingest: Ingest) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._read(connector, ingest, backoff)
                # A stream may end when its server closes it in good order: go on where it stopped, not at once.
                await nap(self._cache.clock, self._cache.clock.now() + backoff.rest(), self._look)
            except _Renewed:
                continue
            except Fault as fault:
                self._away = fault
                self.caught_up.clear()
                self._look.clear()
                self._met.set()
                await self._rest(fault, backoff, self._look)
                self._away = None

    async def _read(self, connector: Connector, ingest: Ingest, backoff: Backoff) -> None:
        """Read the stream to its end; raises `_Renewed` where its lines proved not to be trusted."""
        self._stale = self._again = False
        self._reading = asyncio.ensure_future(self._stream(connector, ingest, backoff))
        try:
            await asyncio.wait([self._reading])
            if self._stale:
                raise _Renewed
            self._reading.result()
        finally:
            reading, self._reading = self._reading, None
            if not reading.done():
                reading.cancel()
                await asyncio.wait([reading])
            if not reading.cancelled():
                reading.exception()

    async def _stream(self, connector: Connector, ingest: Ingest, backoff: Backoff) -> None:
        self._standing.question = await self._cache.aread(progress.asked, self.account.id)
        cursor = await self._cache.aread(inflow.cursor, self.account.id, "")
        stream = cast("AsyncGenerator[Batch, None]", connector.inbound(cursor))
        async with contextlib.aclosing(stream):
            async for batch in stream:
                await ingest.commit(batch)
                await self._note_abilities(connector)
                backoff.clear()
                self._connecting.clear()
                await self._standing.well()
                if batch.caught_up:
                    if not self.caught_up.is_set():
                        self._back.set()
                    self.caught_up.set()
                    self._met.set()
                    await self._standing.answer()
                    if self._again and self._reading is not None:
                        self._read_again(self._reading)

    async def _look_first(self, runner: OutboxRunner) -> None:
        """Where news come only when they are asked for, ask before words leave: somebody may have written meanwhile."""
        if isinstance(runner.connector, Looks) and await runner.words_leave():
            with contextlib.suppress(TimeoutError, Fault):
                async with asyncio.timeout(LOOK_SECONDS):
                    await runner.connector.look()

    async def _in_step(self, runner: OutboxRunner) -> Millis:
        """Let what came in meanwhile be known first: it may hold a reply back. Until when this is so.

        A way in that is closed is tried once more; what shall leave does not depend on its being open.
        """
        renewed, now = -1, self._cache.clock.now()
        while renewed != self._renewed:
            renewed = self._renewed
            if not self.caught_up.is_set() and not isinstance(self._away, AuthFailed | RateLimited):
                self._met.clear()
                self._look.set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IN_STEP_SECONDS):
                        await self._met.wait()
            # What falls due from here on has not been looked for.
            now = self._cache.clock.now()
            if self.caught_up.is_set():
                await self._look_first(runner)
            # Last: the machine may have slept while this waited, and what it knew then is old.
            if self._look_around is not None:
                await self._look_around()
        return now

    async def _outbox(self, runner: OutboxRunner) -> None:
        backoff = Backoff()
        while True:
            self._wake_outbox.clear()
            now = await self._in_step(runner)
            found = await self._unbroken(runner.run(now))
            if found.fault is not None:
                await self._rest_stuck(found.fault, backoff)
                continue
            self.stuck.clear()
            self.passed.set()
            backoff.clear()
            await nap(self._cache.clock, found.next_at, self._wake_outbox)

    async def _history(self, connector: Connector, ingest: Ingest) -> None:
        await self.caught_up.wait()
        if isinstance(connector, Backfills):
            backoff = Backoff(most=15 * MINUTE)
            backfill = Backfill(self._cache, self.account.id, connector, ingest)
            while True:
                try:
                    await backfill.run()
                    await self._standing.still_refused()
                    break
                except Fault as fault:
                    await self._rest(fault, backoff)
        self.filled.set()
        await self._never.wait()

    async def _unbroken(self, work: Coroutine[object, object, Pass]) -> Pass:
        """Run `work`; while we are cancelled it gets a moment to end: half a send is worse than a late stop."""
        task = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task], timeout=LAST_SEND_SECONDS)
            task.cancel()
            raise

    async def _rest(self, fault: Fault, backoff: Backoff, wake: asyncio.Event | None = None) -> None:
        """Write a fault down and wait as it asks for, or until `wake`."""
        now = self._cache.clock.now()
        if isinstance(fault, AuthFailed):
            await self._standing.unwell("auth", fault.message, None)
            # Trying again with the same credentials locks accounts: only a change of the account or a new start does.
            await self._never.wait()
        until: Millis = now + rest_of(fault, backoff)
        # Where nobody answers it is tried every few seconds: nothing that has to be written down each time.
        told = None if isinstance(fault, Unreachable) else until
        await self._standing.unwell(health_of(fault), fault.message, told)
        await nap(self._cache.clock, until, self._never if isinstance(fault, RateLimited) else wake or self._never)

    async def _rest_stuck(self, fault: Fault, backoff: Backoff) -> None:
        """Wait as a fault on the way out asks for; the ops that it keeps here say why, and what comes in comes in."""
        if isinstance(fault, AuthFailed):
            self._standing.refused = fault.message
            await self._standing.unwell("auth", fault.message, None, keeps_out=False)
        self.stuck.set()
        self.passed.set()
        if isinstance(fault, AuthFailed):
            await self._never.wait()
        if not backoff.faults:
            LOG.warning("account %s: nothing leaves now: %s", self.account.name, fault.message)
        until = self._cache.clock.now() + rest_of(fault, backoff)
        self._back.clear()
        await nap(self._cache.clock, until, self._never if isinstance(fault, RateLimited) else self._back)

    async def _rest_unconnected(self, error: OmniError) -> None:
        """The connector could not even be made: its settings, a secret, or the package are missing."""
        await self._standing.unwell("auth" if isinstance(error, ConfigError) else "faulted", error.message, None)
        await asyncio.sleep(HOUR / SECOND)

    async def _rest_unwritten(self, error: CacheError) -> None:
        """The cache cannot be written: what came in is not taken, and nothing leaves, until it can be."""
        LOG.warning("account %s stops: %s", self.account.name, error.message)
        self.faulted.set()
        await asyncio.sleep(self._connecting.rest() / SECOND)
        # A disk tells nobody that there is room again.
        while not await self._cache.writable():  # noqa: ASYNC110
            await asyncio.sleep(UNWRITTEN_SECONDS)

    async def _defect(self) -> None:
        LOG.exception("account %s: an error in the connector", self.account.name)
        until = self._cache.clock.now() + self._connecting.rest()
        await self._standing.unwell("faulted", _("an error in the connector; the log has the details"), until)
        await nap(self._cache.clock, until, self._never)

    async def _close(self, connector: Connector) -> None:
        self.connector = None
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await connector.close()
        except Exception:
            LOG.exception("account %s: the connector did not close", self.account.name)
