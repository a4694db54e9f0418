"""Receipts: how far a message of ours got, as the back end tells in whatever order."""

from __future__ import annotations

from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import SendState
from omnitui.store import outbox
from omnitui.store.arriving.message_state import find_message, touched
from omnitui.store.arriving.rollup import anew
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx

_PROOF: Final = (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ)
"""Each of them proves those before it."""
_LEFT: Final = (SendState.SENDING, SendState.UNKNOWN)
"""States in which the back end may know more than we do."""


def set_receipt(
    tx: Tx,
    account_id: Ulid,
    state: SendState,
    at: Millis,
    external_id: str = "",
    idempotency_key: str = "",
    reason: str = "",
) -> bool:
    """Take in a receipt; False where we know no such message.

    A message never goes back: a receipt that came late changes nothing. One for a message that we do not know to have
    been accepted proves that it was.
    """
    found = _outbox_row(tx, account_id, external_id, idempotency_key)
    if found is not None:
        op_id, now = found
        for step in _steps(SendState(now), state):
            last = step is state
            # What came back as failed has reached nobody.
            back = False if step is SendState.FAILED else None
            outbox.move(tx, op_id, step, reason=reason if last else "", external_id=external_id, may_have_left=back)
        return True
    pk = find_message(tx, account_id, external_id)
    if pk is None:
        return False
    row = tx.db.execute(
        "SELECT conversation_pk, state FROM message WHERE pk = ? AND direction = 'outgoing'", (pk,)
    ).fetchone()
    if row is None:
        return True
    conversation_pk, known = row
    if known is None or list(_steps(SendState(known), state)):
        tx.db.execute(
            "UPDATE message SET state = ?, state_at = ?, reason = ? WHERE pk = ?", (state.value, at, reason, pk)
        )
        anew(tx, conversation_pk)
        touched(tx, pk)
    return True


def _outbox_row(tx: Tx, account_id: Ulid, external_id: str, idempotency_key: str) -> tuple[Ulid, str] | None:
    account_pk = pk_of(tx, "account", account_id)
    row: tuple[Ulid, str] | None = None
    if idempotency_key:
        row = tx.db.execute(
            "SELECT op.id, o.state FROM outbox o JOIN op ON op.pk = o.op_pk"
            " WHERE o.idempotency_key = ? AND o.account_pk = ?",
            (idempotency_key, account_pk),
        ).fetchone()
    if row is None and external_id:
        row = tx.db.execute(
            "SELECT op.id, o.state FROM message m JOIN outbox o ON o.message_pk = m.pk JOIN op ON op.pk = o.op_pk"
            " WHERE m.account_pk = ? AND m.external_id = ? AND m.external_id <> '' AND op.id = m.op_id",
            (account_pk, external_id),
        ).fetchone()
    return row


def _steps(now: SendState, to: SendState) -> list[SendState]:
    """The legal steps from one state to another that a receipt stands for; none where it came too late."""
    if now.may_become(to):
        return [to]
    if now in _LEFT and to in _PROOF:
        return [SendState.ACCEPTED, to]
    return []
