"""The steps of one op on its way out, each a commit of who leads: what was decided before may not hold any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from omnitui.ids import Ulid
from omnitui.model.states import SendState
from omnitui.sdk.capabilities import Capabilities
from omnitui.store import outbox as lines
from omnitui.store.cache import Cache
from omnitui.store.failpoints import reach
from omnitui.store.writer import Tx
from omnitui.sync.checks import why_kept_back

T = TypeVar("T")

WAITING: Final = (SendState.HELD, SendState.QUEUED, SendState.DEFERRED)


def leave(tx: Tx, op_id: Ulid, capabilities: Capabilities) -> bool:
    """The last look and the step to `sending`, in one commit; False where it does not leave."""
    entry = lines.entry(tx.db, op_id)
    if entry is None or entry.state not in WAITING:
        return False
    if entry.state is not SendState.QUEUED:
        lines.move(tx, op_id, SendState.QUEUED, due_at=entry.due_at)
    why = why_kept_back(tx.db, entry, capabilities, tx.now())
    if why:
        lines.move(tx, op_id, SendState.BLOCKED, reason=why)
        return False
    lines.move(tx, op_id, SendState.SENDING, attempt=1)
    reach("outbox.checked")
    return True


async def mark(cache: Cache, op_id: Ulid) -> None:
    """What a connector's context calls: note durably that an op passes its point of no return.

    Raises:
        Refused: The op is not being sent (any more): it must not leave.
        LeaseLost: Another process sends now.
    """
    await leading(cache, lambda tx: lines.mark(tx, op_id))
    reach("outbox.marked")


async def leading(cache: Cache, work: Callable[[Tx], T]) -> T:
    """Commit a work if this process still leads as it does so.

    Who takes over writes first of all: what is committed before that is known to it.
    """

    def led(tx: Tx) -> T:
        cache.check_lead()
        return work(tx)

    return await cache.awrite(led)


def requeue(tx: Tx, op_id: Ulid) -> bool:
    """Let an op leave anew that has not left; False where it was marked meanwhile, by a process that woke up."""
    current = lines.entry(tx.db, op_id)
    if current is not None and current.state is SendState.SENDING:
        if current.marked:
            return False
        lines.move(tx, op_id, SendState.QUEUED, due_at=tx.now())
    return True


def block(tx: Tx, op_id: Ulid, why: str) -> None:
    """Keep an op back, unless it was taken back meanwhile."""
    current = lines.entry(tx.db, op_id)
    if current is not None and current.state in WAITING:
        lines.move(tx, op_id, SendState.BLOCKED, reason=why)


def mark_doubtful(tx: Tx, op_id: Ulid) -> None:
    """Mark an op, unless proof has come in meanwhile that it arrived."""
    current = lines.entry(tx.db, op_id)
    if current is not None and current.state is SendState.SENDING:
        lines.mark(tx, op_id)
