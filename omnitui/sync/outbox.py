"""The way out: takes what is due from the outbox, looks once more, hands it to the connector, writes down the truth.

One commit makes an op `sending`; only then may the connector begin. What becomes of an interrupted one is decided at
the next start by whether it was marked past its point of no return, and by the back end's idempotency class.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from omnitui.clock import MINUTE, SECOND, Millis, steady_of
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.model.accounts import Account
from omnitui.model.operations import OutboxEntry
from omnitui.model.states import SendState, Verb
from omnitui.sdk.capabilities import Idempotency
from omnitui.sdk.contract import Connector
from omnitui.sdk.faults import AuthFailed, Deferred, Fault, RateLimited, Unreachable
from omnitui.sdk.outbound import Accepted, Found, Outcome, Reconciled, Rejected, Unknowable, Unknown
from omnitui.sdk.outbound import NotFound as Missing
from omnitui.store import outbox as lines
from omnitui.store.cache import Cache
from omnitui.store.failpoints import reach
from omnitui.store.faults import CacheError
from omnitui.store.reads import outbox as outbox_reads
from omnitui.store.writer import Tx
from omnitui.sync import steps
from omnitui.sync.backoff import jittered, rest_after
from omnitui.sync.checks import WRITTEN
from omnitui.sync.lease import LeaseLost
from omnitui.sync.parcels import pack, settle_accepted

T = TypeVar("T")

LOG = logger(__name__)

Ask = Callable[[OutboxEntry], Awaitable[str]]
"""Says why something must not leave; "" where it may."""


MOST_REST: Millis = 10 * MINUTE
"""The longest wait between two tries of one op."""
MOST_DEFECTS = 5
"""After so many tries an op that the connector fails on is a failed one."""
INSIST_SECONDS = 1.0
"""How often it is tried to write down what a back end has said."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over the outbox found."""

    next_at: Millis | None = None
    """When the next op may leave; None when nothing waits for time alone."""
    fault: Fault | None = None
    """What concerns the account as a whole."""


@dataclass(slots=True)
class OutboxRunner:
    """Sends the ops of one account."""

    cache: Cache
    account: Account
    connector: Connector
    random: random.Random = field(default_factory=random.Random)
    doubtful: bool = False
    """Whether the process that left ops as `sending` lives: what the back end does not know yet may still reach it."""
    ask: Ask | None = None
    """Asked last about what an agent wrote to a customer."""
    resume_at: Millis = 0
    """Not before this time does the back end want to hear from us again; counted by the steady clock."""

    async def words_leave(self) -> bool:
        """Whether something that an agent wrote to a customer is due."""
        due = await self.cache.aread(lines.due, self.cache.clock.now())
        return any(entry.account_id == self.account.id and entry.verb is Verb.REPLY for entry in due)

    async def settle(self) -> None:
        """Decide about every op that an earlier process left as `sending`.

        Raises:
            Fault: The back end could not be asked; the rest is still `sending`.
        """
        left = [entry for entry in await self.cache.aread(lines.sending) if entry.account_id == self.account.id]
        for entry in left:
            if not entry.marked and await self._write(partial(steps.requeue, op_id=entry.op_id)):
                continue
            try:
                await self._resolve(entry, _("interrupted while it was being sent"), doubtful=self.doubtful)
            except (Fault, CacheError, LeaseLost):
                raise
            except Exception:
                await self._after_defect(entry)
        self.doubtful = False

    async def answer(self) -> None:
        """Ask the back end about every op of which an agent wants to know whether it arrived.

        Raises:
            Fault: It cannot be asked now; it is at the next pass.
        """
        for entry in await self.cache.aread(lines.asked):
            if entry.account_id != self.account.id:
                continue
            try:
                answer = await self.connector.reconcile(await pack(self.cache, entry))
            except (Fault, CacheError, LeaseLost):
                raise
            except Exception:
                LOG.exception("%s: an error when %s was asked for", self.account.id, entry.op_id)
                answer = Unknowable(_("an error in the connector; the log has the details"))
            await self._write(partial(self._answered, entry=entry, answer=answer))

    def _answered(self, tx: Tx, entry: OutboxEntry, answer: Reconciled) -> None:
        current = lines.entry(tx.db, entry.op_id)
        if current is None or current.state is not SendState.UNKNOWN:
            return
        lines.answered(tx, entry.op_id)
        match answer:
            case Found(external_id):
                settle_accepted(tx, self.account, entry, Accepted(external_id))
            case Missing():
                reason = _("the back end does not have it")
                lines.move(tx, entry.op_id, SendState.QUEUED, reason=reason, due_at=tx.now(), may_have_left=False)
            case Unknowable(reason):
                lines.doubt(tx, entry.op_id, reason or _("the back end cannot tell"))

    async def run(self, now: Millis | None = None) -> Pass:
        """Send all that was due at `now`, each conversation in its order; the present time unless given."""
        if now is None:
            now = self.cache.clock.now()
        if self._silent_for() > 0:
            return Pass(await self._next_at(now))
        try:
            await self.settle()
            await self.answer()
        except Fault as fault:
            self._note(fault)
            return Pass(await self._next_at(now), fault)
        while self._silent_for() <= 0:
            # Set back meanwhile, the clock has taken with it the times that ops wait for.
            now = min(now, self.cache.clock.now())
            due = [entry for entry in await self.cache.aread(lines.due, now) if entry.account_id == self.account.id]
            if not due:
                break
            for entry in due:
                try:
                    await self._send(entry)
                except Fault as fault:
                    self._note(fault)
                    return Pass(await self._next_at(now), fault)
                except (CacheError, LeaseLost):
                    raise
                except Exception:
                    await self._after_defect(entry)
        return Pass(await self._next_at(now))

    def _note(self, fault: Fault) -> None:
        if isinstance(fault, RateLimited):
            # A thousandth more than asked: clocks count whole ones.
            self.resume_at = max(self.resume_at, steady_of(self.cache.clock)() + fault.after + 1)

    def _silent_for(self) -> Millis:
        """How long the back end still wants to hear nothing from us."""
        return self.resume_at - steady_of(self.cache.clock)()

    async def _next_at(self, now: Millis) -> Millis | None:
        now = min(now, self.cache.clock.now())
        waiting = [
            entry.due_at
            for entry in await self.cache.aread(outbox_reads.entries, steps.WAITING)
            if entry.account_id == self.account.id
        ]
        # What is due and yet did not go stands behind another op of its conversation, whose change wakes us.
        later = [due_at for due_at in waiting if due_at > now]
        if (silence := self._silent_for()) > 0 and waiting:
            return max(now + silence, min(later, default=0))
        return min(later, default=None)

    async def _send(self, entry: OutboxEntry) -> None:
        """Send one. Raises faults that concern the whole account."""
        capabilities = self.connector.capabilities(str(entry.payload.get("channel", "")))
        reach("outbox.taken")
        if self.ask is not None and entry.verb in WRITTEN and (why := await self.ask(entry)):
            await self.cache.awrite(lambda tx: steps.block(tx, entry.op_id, why))
            return
        if not await self._write(lambda tx: steps.leave(tx, entry.op_id, capabilities)):
            return
        reach("outbox.sending")
        try:
            parcel = await pack(self.cache, entry)
            outcome = await self.connector.perform(parcel)
        except RateLimited as fault:
            await self._defer(entry, fault, not_before=self.cache.clock.now() + fault.after + 1)
            raise
        except (AuthFailed, Unreachable) as fault:
            # Where nobody answers nothing was tried on the op itself.
            uncounted = -1 if isinstance(fault, Unreachable) else 0
            now = self.cache.clock.now()
            await self._not_left(entry, SendState.QUEUED, reason=fault.message, due_at=now, attempt=uncounted)
            raise
        except Deferred as fault:
            await self._defer(entry, fault)
            return
        except Fault as fault:
            await self._defer(entry, fault)
            raise
        except (CacheError, LeaseLost):
            # It stays `sending`: whoever can write settles it like one that a dead process left.
            raise
        except OmniError as error:
            current = await self.cache.aread(lines.entry, entry.op_id)
            left = current is not None and current.marked
            await self._move(entry, SendState.UNKNOWN if left else SendState.FAILED, reason=error.message)
            return
        reach("outbox.performed")
        try:
            await self._write_down(entry, outcome)
        except (Fault, CacheError, LeaseLost):
            raise
        except Exception:
            # It may have left, whatever the answer that cannot be written down said.
            await self._write(lambda tx: steps.mark_doubtful(tx, entry.op_id))
            raise

    async def _write_down(self, entry: OutboxEntry, outcome: Outcome) -> None:
        match outcome:
            case Accepted():
                await self._insist(lambda tx: settle_accepted(tx, self.account, entry, outcome))
                reach("outbox.settled")
            case Rejected(reason, outcomes):
                await self._not_left(entry, SendState.FAILED, reason=reason, outcomes=outcomes)
            case Unknown(reason):
                # A connector need not have marked it, but a copy may have left: from here on only proof frees it.
                # Where the back end cannot be asked now it stays `sending`, and is settled by the next pass.
                await self._write(lambda tx: steps.mark_doubtful(tx, entry.op_id))
                await self._resolve(entry, reason)

    async def _insist(self, work: Callable[[Tx], object]) -> None:
        """Write down what the back end has said, as soon as the disk takes it: nobody may be able to ask again."""
        while True:
            try:
                await self.cache.awrite(work)
                return
            except CacheError as error:
                LOG.warning("what the back end said cannot be written down yet: %s", error.message)
                await asyncio.sleep(INSIST_SECONDS)

    async def _write(self, work: Callable[[Tx], T]) -> T:
        return await steps.leading(self.cache, work)

    async def _resolve(self, entry: OutboxEntry, reason: str, *, doubtful: bool = False) -> None:
        """An op of which a copy may have left: retry, ask, or say that it is not known."""
        channel = str(entry.payload.get("channel", ""))
        idempotency = self.connector.capabilities(channel).idempotency
        if idempotency is Idempotency.DEDUPLICATED:
            await self._move(entry, SendState.QUEUED, reason=reason, due_at=self._retry_at(entry))
            return
        answer: Reconciled | None = None
        if idempotency is Idempotency.FINDABLE:
            try:
                answer = await self.connector.reconcile(await pack(self.cache, entry))
            except Fault as fault:
                why = _("it may have arrived, and nobody can tell now: {reason}").format(reason=fault.message)
                await self._write(lambda tx: lines.doubt(tx, entry.op_id, why))
                raise
        reach("outbox.reconciled")
        match answer:
            case Found(external_id):
                await self.cache.awrite(lambda tx: settle_accepted(tx, self.account, entry, Accepted(external_id)))
            case Missing() if doubtful:
                why = _("another omnitui stood still while it sent this, and may still send it")
                await self._move(entry, SendState.UNKNOWN, reason=why)
            case Missing():
                due_at = self._retry_at(entry)
                await self._move(entry, SendState.QUEUED, reason=reason, due_at=due_at, may_have_left=False)
            case _:
                why = answer.reason if answer is not None and answer.reason else reason
                await self._move(entry, SendState.UNKNOWN, reason=why)

    async def _defer(self, entry: OutboxEntry, fault: Fault, *, not_before: Millis = 0) -> None:
        due_at = max(self._retry_at(entry), not_before)
        await self._not_left(entry, SendState.DEFERRED, reason=fault.message, due_at=due_at)

    async def _after_defect(self, entry: OutboxEntry) -> None:
        """The connector or we failed on one op: without a mark nothing left, with one nobody knows. Others go on."""
        LOG.exception("%s: an error on the way out of %s %s", self.account.id, entry.verb, entry.op_id)
        current = await self.cache.aread(lines.entry, entry.op_id)
        reason = _("an error in the connector; the log has the details")
        if current is None or current.state is not SendState.SENDING:
            await self._write(lambda tx: steps.block(tx, entry.op_id, reason))
        elif current.marked:
            await self._move(entry, SendState.UNKNOWN, reason=reason)
        elif current.attempts >= MOST_DEFECTS:
            await self._move(entry, SendState.FAILED, reason=reason)
        else:
            await self._move(entry, SendState.DEFERRED, reason=reason, due_at=self._retry_at(entry))

    def _retry_at(self, entry: OutboxEntry) -> Millis:
        return self.cache.clock.now() + jittered(rest_after(entry.attempts, SECOND, MOST_REST), self.random)

    async def _not_left(
        self,
        entry: OutboxEntry,
        to: SendState,
        *,
        reason: str,
        due_at: Millis | None = None,
        outcomes: Mapping[str, str] | None = None,
        attempt: int = 0,
    ) -> None:
        """`_move` after a try in which nothing left; of an earlier one `entry`, from before the try, knows better."""
        await self._move(
            entry,
            to,
            reason=reason,
            due_at=due_at,
            outcomes=outcomes,
            attempt=attempt,
            may_have_left=entry.marked,
        )

    async def _move(
        self,
        entry: OutboxEntry,
        to: SendState,
        *,
        reason: str = "",
        due_at: Millis | None = None,
        outcomes: Mapping[str, str] | None = None,
        attempt: int = 0,
        may_have_left: bool | None = None,
    ) -> None:
        def step(tx: Tx) -> None:
            current = lines.entry(tx.db, entry.op_id)
            if current is None or current.state is not SendState.SENDING:
                # Proof has come in meanwhile: a copy of it was found at the back end.
                return
            lines.move(
                tx,
                entry.op_id,
                to,
                reason=reason,
                due_at=due_at,
                outcomes=outcomes,
                attempt=attempt,
                may_have_left=may_have_left,
            )

        await self._write(step)
        reach("outbox.settled")
