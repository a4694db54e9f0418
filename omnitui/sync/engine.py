"""The sync of a whole profile: one supervised task per account, following accounts as they come, go and pause."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from omnitui.bus import AgentTypes, Changed
from omnitui.clock import MINUTE, SECOND, Millis
from omnitui.errors import OmniError
from omnitui.ids import Ulid
from omnitui.logs import logger
from omnitui.model.accounts import Account, LedgerEntry
from omnitui.model.states import ObjectKind, SendState
from omnitui.sdk.contract import Connector, Types
from omnitui.store import outbox, progress
from omnitui.store.cache import Cache
from omnitui.store.faults import CacheError
from omnitui.store.reads import accounts as account_reads
from omnitui.store.reads import inbox
from omnitui.store.reads import ledger as ledger_reads
from omnitui.store.writer import Tx
from omnitui.sync.files import LIMIT, Files
from omnitui.sync.indexing import index
from omnitui.sync.lease import BEAT_SECONDS, Lease, LeaseLost
from omnitui.sync.ledger import note_health
from omnitui.sync.naps import nap
from omnitui.sync.outbox import Ask
from omnitui.sync.supervisor import AccountSync
from omnitui.sync.surroundings import Surroundings
from omnitui.text.mail.worker import ParseWorker

LOG = logger(__name__)

LEASE_SECONDS = 1.0
"""How often a follower looks whether the lease has become free."""
WATCH_SECONDS = 1.0
"""How often it is looked whether the machine slept, its network changed, or its clock was set."""
WAKE_EVERY: Millis = 15 * SECOND
"""How often due snoozes are looked for, at the latest."""
SHOW_SECONDS = 5.0
"""How long a back end may take to show that somebody writes."""
QUIET_SECONDS = 0.1


@dataclass(slots=True)
class _Running:
    sync: AccountSync
    task: asyncio.Task[None]


class Follower(Protocol):
    """What follows the cache in the process that syncs, from before anything comes in."""

    async def begin(self) -> None:
        """See how the cache stands, and follow it from there."""
        ...

    async def settle(self) -> None:
        """Wait until all that has come to pass is dealt with."""
        ...

    async def end(self) -> None:
        """Follow it no more."""
        ...


class Engine:
    """Runs the connectors of a profile. Whoever runs it holds the sync lease.

    Args:
        cache: The profile's cache.
        connect: Makes the connector of an account; may block, is called in a thread.
        parser: Parses mail; one of its own unless given.
        wake_due: Wakes due snoozes by ops; called in a thread.
        ask: Asked last whether what an agent wrote may leave.
        follower: Follows the cache while this runs.
        chores: Run beside the accounts, and are cancelled with them; they let no error out.
        settle: Draws the consequences of what has happened; whether there were none, so that `once` may end.
    """

    def __init__(
        self,
        cache: Cache,
        connect: Callable[[Account], Connector],
        *,
        parser: ParseWorker | None = None,
        wake_due: Callable[[], object] | None = None,
        ask: Ask | None = None,
        follower: Follower | None = None,
        chores: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
        settle: Callable[[], Coroutine[Any, Any, bool]] | None = None,
    ) -> None:
        self._cache = cache
        self._connect = connect
        self._parser = parser or ParseWorker()
        self._own_parser = parser is None
        self._wake_due = wake_due
        self._ask = ask
        self._follower = follower
        self._chores = chores
        self._settle = settle
        self._running: dict[Ulid, _Running] = {}
        self._asked: dict[Ulid, int] = {}
        """The newest question of another process that each account knows of."""
        self._changed = asyncio.Event()
        self._moving = asyncio.Lock()
        """Held while tasks are started and ended."""
        self._stop = asyncio.Event()
        self._showing: dict[Ulid, asyncio.Future[None]] = {}
        """By account: what is told just now of somebody who writes."""
        self._doubtful = False
        self._indexing: asyncio.Future[None]
        self._surroundings: Surroundings
        self._looking = asyncio.Lock()
        self._untold: Millis = 0
        """How far the clock was set that what waits has not been told yet."""
        self._told_from: Millis = 0
        """Since when, by the clock as it is now, what begins to wait knows of it."""

    async def run(self, lease: Lease | None = None) -> None:
        """Sync every account that is not paused until `stop`; with a lease, whenever it is ours."""
        self._stop.clear()
        while lease is None or await self._await_lease(lease):
            async with self._following(None, lease) as lost:
                await _first_of(self._stop.wait(), lost)
            if self._stop.is_set():
                return
            LOG.warning("another process has taken over; this one follows")

    def stop(self) -> None:
        """Ask `run` or `once` to end; it does within seconds. To be called on the loop's thread."""
        self._stop.set()

    async def once(
        self,
        accounts: Iterable[Account] | None = None,
        *,
        hold_limit: Millis = 60 * SECOND,
        history_limit: Millis = 10 * MINUTE,
        lease: Lease | None = None,
    ) -> list[LedgerEntry]:
        """Bring accounts in step and empty the outbox, then end.

        Holds that fall due within `hold_limit` are waited for; what is deferred is not. History is loaded for at most
        `history_limit` and goes on the next time.

        Returns:
            The ledger's entry of each account: its health is "ok" where all went well.
        """
        self._stop.clear()
        chosen = None if accounts is None else {account.id for account in accounts}
        latest = self._cache.clock.now() + hold_limit
        async with self._following(chosen, lease) as lost:
            await _first_of(self._settled(latest, history_limit), lost)
            ids = {sync.account.id for sync in await self._syncs()}
        entries = await self._cache.aread(ledger_reads.entries)
        return [entry for entry in entries if entry.scope == "" and entry.account_id in ids]

    async def fetch(self, attachment_id: Ulid, *, limit: int = LIMIT) -> str:
        """Fetch a file that was left at the back end into the blob store; its SHA-256.

        Raises:
            OmniError: It is not known, larger than `limit` bytes, or cannot be had now.
        """
        return await Files(self._cache, self._connect, self._parser, self._connector).fetch(attachment_id, limit=limit)

    def _connector(self, account_id: Ulid) -> Connector | None:
        running = self._running.get(account_id)
        return running.sync.connector if running is not None else None

    async def _await_lease(self, lease: Lease) -> bool:
        while not lease.acquire():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEASE_SECONDS):
                    await self._stop.wait()
                return False
        return True

    @contextlib.asynccontextmanager
    async def _following(self, chosen: set[Ulid] | None, lease: Lease | None) -> AsyncIterator[asyncio.Task[None]]:
        """Keep a task for each account while the body runs, which gets a task that ends when the lease is lost."""
        if lease is not None:
            self._cache.check_lead = lease.check
            self._doubtful = lease.seized
        loop = asyncio.get_running_loop()

        def hop(event: Changed) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._heard, event)

        if self._own_parser:
            # Its process begins with the first mail.
            self._parser = ParseWorker()

        def shown(event: AgentTypes) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._show, event)

        unsubscribe = self._cache.bus.subscribe(Changed, hop)
        forget = self._cache.bus.subscribe(AgentTypes, shown)
        if self._follower is not None:
            await self._follower.begin()
        self._surroundings, self._untold = Surroundings(self._cache.clock), 0
        with contextlib.suppress(CacheError):
            await self._cache.awrite(outbox.anchor, durable=False)
        await self._follow(chosen)
        self._indexing = asyncio.create_task(self._index())
        following, waking = self._keep_following(chosen), self._wake_snoozed()
        beating = asyncio.create_task(_beat(lease))
        watching = asyncio.create_task(self._keep_watch())
        tasks = [self._indexing, asyncio.create_task(following), asyncio.create_task(waking), watching, beating]
        tasks += [asyncio.create_task(chore()) for chore in self._chores]
        try:
            yield beating
        finally:
            unsubscribe()
            forget()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await asyncio.gather(*(self._end(account_id) for account_id in list(self._running)))
            if self._follower is not None:
                await self._follower.end()
            if self._own_parser:
                self._parser.close()
            if lease is not None:
                lease.release()

    async def _index(self) -> None:
        """Make searchable what an earlier process took in and did not come to; no back end is needed for it."""
        try:
            await index(self._cache)
        except OmniError:
            LOG.exception("messages could not be made searchable")

    def _heard(self, event: Changed) -> None:
        kinds = {change.kind for change in event.changes}
        if not event.complete or ObjectKind.ACCOUNT in kinds:
            self._changed.set()
        if not event.complete or ObjectKind.OUTBOX in kinds:
            for one in self._running.values():
                one.sync.wake()

    def _show(self, event: AgentTypes) -> None:
        """Let the customer see that an agent writes, where the back end shows that."""
        connector = self._connector(event.account_id)
        if isinstance(connector, Types) and event.account_id not in self._showing:
            task = asyncio.ensure_future(self._tell(connector, event))
            self._showing[event.account_id] = task
            task.add_done_callback(lambda _done: self._showing.pop(event.account_id, None))

    async def _tell(self, connector: Types, event: AgentTypes) -> None:
        conversation = await self._cache.aread(inbox.conversation, event.conversation_id)
        if conversation is None or not conversation.external_id:
            return
        try:
            async with asyncio.timeout(SHOW_SECONDS):
                await connector.typing(conversation.external_id, event.channel)
        except Exception as error:
            # Nothing is lost by it, and the next keys try again.
            LOG.info("account %s: writing is not shown: %s", event.account_id, type(error).__name__)

    async def _keep_following(self, chosen: set[Ulid] | None) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._follow(chosen)
            except OmniError as error:
                LOG.warning("accounts are not followed for a moment: %s", error.message)
                self._changed.set()
                await asyncio.sleep(LEASE_SECONDS)

    async def _follow(self, chosen: set[Ulid] | None) -> None:
        """Start, restart and end tasks so that they match the accounts as they are."""
        async with self._moving:
            await self._match(chosen)

    async def _match(self, chosen: set[Ulid] | None) -> None:
        accounts = {
            account.id: account
            for account in await self._cache.aread(account_reads.accounts)
            if chosen is None or account.id in chosen
        }
        asked = {account_id: await self._cache.aread(progress.asked, account_id) for account_id in accounts}
        for account_id, one in list(self._running.items()):
            account = accounts.get(account_id)
            if account is None or account.paused or _differs(account, one.sync.account):
                await self._end(account_id)
        for account in accounts.values():
            if account.paused:
                await self._cache.awrite(partial(note_health, account_id=account.id, health="paused"), durable=False)
            elif account.id not in self._running:
                sync = AccountSync(
                    self._cache,
                    account,
                    self._connect,
                    self._parser,
                    doubtful=self._doubtful,
                    question=asked[account.id],
                    ask=self._ask,
                    look_around=self._look_around,
                )
                task = asyncio.create_task(sync.run(), name=f"account {account.name}")
                self._running[account.id] = _Running(sync, task)
                self._asked[account.id] = asked[account.id]
            elif asked[account.id] > self._asked[account.id]:
                self._asked[account.id] = asked[account.id]
                await self._running[account.id].sync.look_anew()

    async def _keep_watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            with contextlib.suppress(OmniError):
                await self._look_around()

    async def _look_around(self) -> None:
        """Deal with what happened to the machine since the last look; when this returns, all of it is dealt with.

        Raises:
            OmniError: What waits could not be told that the clock was set; it is at the next look.
        """
        # Who waits for it may be cancelled: what was looked at is dealt with all the same, and once.
        await asyncio.shield(self._deal())

    async def _deal(self) -> None:
        async with self._looking:
            turn = self._surroundings.look()
            if turn.set_by:
                LOG.info("the clock was set by %d ms", turn.set_by)
                self._told_from = self._told_from + turn.set_by if self._untold else turn.since
                self._untold += turn.set_by
            try:
                if self._untold:
                    await self._cache.awrite(self._shift)
                    self._untold = 0
            except OmniError as error:
                if turn.set_by:
                    LOG.warning("what waits could not be told yet that the clock was set: %s", error.message)
                raise
            finally:
                if turn.set_by:
                    # They nap for the span that was left until a time on the wall.
                    for one in self._running.values():
                        one.sync.wake()
                if turn.cut_off:
                    LOG.info("the machine slept or its network changed: every line is made anew")
                    await asyncio.gather(*(one.sync.renew() for one in self._running.values()), return_exceptions=True)

    def _shift(self, tx: Tx) -> None:
        self._cache.check_lead()
        outbox.shift(tx, self._untold, self._told_from)

    async def _end(self, account_id: Ulid) -> None:
        one = self._running.pop(account_id, None)
        if one is not None:
            await one.sync.stop(one.task)

    async def _wake_snoozed(self) -> None:
        if self._wake_due is None:
            return
        clock = self._cache.clock
        while True:
            try:
                await asyncio.to_thread(self._wake_due)
            except Exception:
                LOG.exception("due snoozes could not be woken")
            await nap(clock, clock.now() + WAKE_EVERY, asyncio.Event())

    async def _syncs(self) -> list[AccountSync]:
        """What runs now; never while an account is just being started anew, because then it would be missing."""
        async with self._moving:
            return [one.sync for one in self._running.values()]

    async def _settled(self, latest: Millis, history_limit: Millis) -> None:
        """Wait until all accounts have caught up or met a fault, and nothing more leaves the outbox before `latest`."""
        history_ends = self._cache.clock.now() + history_limit
        while not self._stop.is_set():
            late = self._cache.clock.now() >= history_ends
            syncs = await self._syncs()
            ready = (late or self._indexing.done()) and all(_ready(sync, late) for sync in syncs)
            if ready and (self._settle is None or await self._settle()) and not await self._leaving(syncs, latest):
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):
                    await self._stop.wait()
        if self._follower is not None:
            stopped = asyncio.create_task(self._stop.wait())
            try:
                await _first_of(self._follower.settle(), stopped)
            finally:
                stopped.cancel()

    async def _leaving(self, syncs: Iterable[AccountSync], latest: Millis) -> bool:
        """Whether an op of an account that can send is still to leave before `latest`."""
        healthy = {sync.account.id for sync in syncs if not (sync.faulted.is_set() or sync.stuck.is_set())}
        # What stands behind an op that waits for a decision does not leave however long one waits.
        heads = await self._cache.aread(outbox.due, latest)
        going = [entry for entry in heads if entry.state is not SendState.DEFERRED]
        return any(entry.account_id in healthy for entry in (*going, *await self._cache.aread(outbox.sending)))


async def _beat(lease: Lease | None) -> None:
    """Show that the holder moves; ends when another process has taken over."""
    if lease is None:
        await asyncio.Event().wait()
        return
    with contextlib.suppress(LeaseLost):
        while True:
            lease.beat()
            await asyncio.sleep(BEAT_SECONDS)


async def _first_of(work: Coroutine[object, object, object], other: asyncio.Task[Any]) -> None:
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task, other], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        task.cancel()


def _ready(sync: AccountSync, late: bool) -> bool:
    """Whether an account has caught up, its history too unless that takes too long, or met a fault."""
    if sync.connector is not None and not sync.passed.is_set():
        return False
    return sync.faulted.is_set() or (sync.caught_up.is_set() and (late or sync.filled.is_set()))


def _differs(account: Account, running: Account) -> bool:
    """Whether a change of the account concerns its connector."""
    return (account.settings, account.secret_ref, account.kind) != (
        running.settings,
        running.secret_ref,
        running.kind,
    )
