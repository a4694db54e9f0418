"""What an agent decides about an op in the outbox that did not leave by itself."""

from __future__ import annotations

from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import ANYWAY, OutboxEntry
from omnitui.model.states import SendState
from omnitui.store import outbox
from omnitui.store.reads import outbox as outbox_reads
from omnitui.store.reads.replying import reply_target
from omnitui.store.writer import Tx


def retry(tx: Tx, op_id: Ulid, *, anyway: bool = False) -> None:
    """Send a deferred, failed or blocked op now; `anyway`: without asking the hooks that may keep it back."""
    _expect(tx, op_id, SendState.DEFERRED, SendState.FAILED, SendState.BLOCKED)
    _release(tx, op_id, anyway=anyway)


def settle(tx: Tx, op_id: Ulid, *, sent: bool) -> None:
    """An op of which nobody knows whether it arrived did, or it goes again."""
    entry = outbox_reads.entry(tx.db, op_id)
    if entry is not None and entry.state is SendState.SENDING and in_doubt(entry):
        outbox.move(tx, op_id, SendState.UNKNOWN, reason=entry.reason)
    _expect(tx, op_id, SendState.UNKNOWN)
    if sent:
        outbox.move(tx, op_id, SendState.ACCEPTED)
    else:
        _release(tx, op_id)


def in_doubt(entry: OutboxEntry) -> bool:
    """Whether nobody knows if an op arrived, and nobody can tell now."""
    stuck = entry.state is SendState.SENDING and entry.marked and bool(entry.reason)
    return stuck or entry.state is SendState.UNKNOWN


def ask(tx: Tx, op_id: Ulid) -> None:
    """Have the back end asked whether an op arrived of which nobody knows it."""
    _expect(tx, op_id, SendState.UNKNOWN)
    outbox.ask(tx, op_id)


def _expect(tx: Tx, op_id: Ulid, *states: SendState) -> None:
    entry = outbox_reads.entry(tx.db, op_id)
    if entry is None:
        raise NotFound(_("there is no op {id} in the outbox").format(id=op_id))
    if entry.state not in states:
        raise Refused(_("this op is {state}").format(state=entry.state.value))


def _release(tx: Tx, op_id: Ulid, *, anyway: bool = False) -> None:
    """Let an op go: its author knows by now what stands in the conversation."""
    entry = outbox_reads.entry(tx.db, op_id)
    target = reply_target(tx.db, entry.conversation_id) if entry and entry.conversation_id else None
    renewed: dict[str, Json] | None = None
    if entry and target and "seen" in entry.payload:
        renewed = {
            **entry.payload,
            "seen": target.newest_id,
            "seen_at": target.newest_at,
            "status": target.status.value,
        }
    elif entry and "fields" in entry.payload:
        renewed = {**entry.payload, "forced": True}
    if entry and anyway:
        renewed = {**(renewed or entry.payload), ANYWAY: True}
    outbox.move(tx, op_id, SendState.QUEUED, due_at=tx.now())
    if renewed is not None:
        outbox.renew(tx, op_id, renewed)
