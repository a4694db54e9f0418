"""Ops on their way out: what is due, in the order of each conversation, and each step of their lives."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from omnitui.clock import SECOND, Millis
from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.operations import Fields, OutboxEntry
from omnitui.model.states import ObjectKind, SendState, Verb
from omnitui.store.arriving.message_state import bury_message, touched
from omnitui.store.arriving.newcomers import forget_expected
from omnitui.store.arriving.rollup import anew
from omnitui.store.rows import pk_of, written
from omnitui.store.rule_journal import journal
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended, mended_all

SELECT: Final = """
    SELECT op.id, a.id, c.id, o.verb, o.state, o.idempotency_key, o.due_at, o.attempts, o.reason, o.marked, m.id,
        o.external_id, o.outcomes, o.payload
    FROM outbox o JOIN op ON op.pk = o.op_pk JOIN account a ON a.pk = o.account_pk
    LEFT JOIN conversation c ON c.pk = o.conversation_pk LEFT JOIN message m ON m.pk = o.message_pk"""
"""Rows for `made`."""

# What words wait for: everything unsettled before them. Other verbs do not wait for a decision of the agent's. What is
# to leave at a time of the agent's choosing holds up nothing before that time.
_HEAD: Final = """
    NOT EXISTS (
        SELECT 1 FROM outbox p WHERE p.ahead = 1 AND p.conversation_pk = o.conversation_pk AND p.op_pk < o.op_pk
        AND (p.state NOT IN ('blocked', 'unknown') OR o.verb IN ('reply', 'new'))
        AND NOT (p.state = 'held' AND p.due_at > :now AND coalesce(json_extract(p.payload, '$.scheduled'), 0)))"""


def put(tx: Tx, entry: OutboxEntry) -> None:
    """Queue an op that is in the log already; its message takes on the state, and is on its way by this op."""
    message_pk = pk_of(tx, "message", entry.message_id) if entry.message_id else None
    conversation_pk = pk_of(tx, "conversation", entry.conversation_id) if entry.conversation_id else None
    tx.db.execute(
        "INSERT INTO outbox(op_pk, account_pk, conversation_pk, verb, state, state_at, idempotency_key, due_at,"
        " attempts, reason, marked, message_pk, external_id, outcomes, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            pk_of(tx, "op", entry.op_id),
            pk_of(tx, "account", entry.account_id),
            conversation_pk,
            entry.verb.value,
            entry.state.value,
            tx.now(),
            entry.idempotency_key,
            entry.due_at,
            entry.attempts,
            entry.reason,
            entry.marked,
            message_pk,
            entry.external_id,
            written(dict(entry.outcomes)),
            written(dict(entry.payload)),
        ),
    )
    if message_pk is not None:
        tx.db.execute("UPDATE message SET op_id = ? WHERE pk = ?", (entry.op_id, message_pk))
        _show(tx, message_pk, entry.state, entry.reason, entry.external_id)
    tx.changed(ObjectKind.OUTBOX, entry.op_id)


def move(
    tx: Tx,
    op_id: Ulid,
    to: SendState,
    *,
    reason: str = "",
    due_at: Millis | None = None,
    external_id: str = "",
    outcomes: Mapping[str, str] | None = None,
    attempt: int = 0,
    may_have_left: bool | None = None,
) -> OutboxEntry:
    """Take one step in the life of an op; its message and conversation show it.

    Args:
        tx: The work's transaction.
        op_id: The op.
        to: The next state.
        reason: Why, in the back end's own words; an empty one clears the last.
        due_at: When it may leave, for held, queued and deferred ones.
        external_id: What the back end calls the message now.
        outcomes: What it said per recipient; None keeps what is there.
        attempt: How many tries this counts as; -1 takes back the one that was counted.
        may_have_left: Whether a copy may have left by now, in this try or an earlier one; None keeps what is known.

    Raises:
        NotFound: The op is not in the outbox.
        Refused: The step is not one that can follow.
    """
    now = entry(tx.db, op_id)
    if now is None:
        raise NotFound(_("There is no operation {id} in the outbox.").format(id=op_id))
    if not now.state.may_become(to):
        raise Refused(
            _("An operation that is {state} cannot become {to}.").format(state=_(now.state.value), to=_(to.value))
        )
    reason, outcomes = mended(reason), mended_all(outcomes)
    tx.db.execute(
        "UPDATE outbox SET state = ?, state_at = ?, reason = ?, due_at = ?, external_id = ?, outcomes = ?,"
        " attempts = ?, marked = ? WHERE op_pk = ?",
        (
            to.value,
            tx.now(),
            reason,
            now.due_at if due_at is None else due_at,
            external_id or now.external_id,
            written(dict(now.outcomes if outcomes is None else outcomes)),
            now.attempts + attempt,
            now.marked if may_have_left is None else may_have_left,
            pk_of(tx, "op", op_id),
        ),
    )
    if now.message_id is not None:
        _show(tx, pk_of(tx, "message", now.message_id), to, reason, external_id)
    if to is SendState.FAILED and now.message_id is not None and now.conversation_id is not None:
        message_pk = pk_of(tx, "message", now.message_id)
        journal(tx).failed(pk_of(tx, "conversation", now.conversation_id), message_pk, pk_of(tx, "op", op_id))
    tx.changed(ObjectKind.OUTBOX, op_id)
    moved = entry(tx.db, op_id)
    assert moved is not None
    return moved


def renew(tx: Tx, op_id: Ulid, payload: Fields) -> None:
    """Put another payload under an op that has not left: its author knows more by now."""
    tx.db.execute("UPDATE outbox SET payload = ? WHERE op_pk = ?", (written(dict(payload)), pk_of(tx, "op", op_id)))


def ask(tx: Tx, op_id: Ulid) -> None:
    """Note that the back end is to be asked about an op of which nobody knows whether it arrived."""
    _ask(tx, op_id, "json_set(payload, '$.asked', 1)")
    tx.changed(ObjectKind.OUTBOX, op_id)


def answered(tx: Tx, op_id: Ulid) -> None:
    """Note that it was asked."""
    _ask(tx, op_id, "json_remove(payload, '$.asked')")


def _ask(tx: Tx, op_id: Ulid, payload: str) -> None:
    tx.db.execute(
        f"UPDATE outbox SET payload = {payload} WHERE op_pk = ? AND state = 'unknown'", (pk_of(tx, "op", op_id),)
    )


def asked(db: sqlite3.Connection) -> list[OutboxEntry]:
    """Ops of which nobody knows whether they arrived, and of which the back end is to be asked."""
    rows = db.execute(
        f"{SELECT} WHERE o.state = 'unknown' AND o.ahead = 1 AND json_extract(o.payload, '$.asked') = 1"
        " ORDER BY o.op_pk"
    )
    return [made(row) for row in rows]


_TIMED: Final = "waiting = 1 AND NOT coalesce(json_extract(payload, '$.scheduled'), 0)"
"""What waits for a span of time; a time of the agent's choosing is one by the clock on the wall."""


def shift(tx: Tx, by: Millis, since: Millis) -> None:
    """The clock was set by so much: what waits for a span of time waits as long as it was to.

    What began to wait between `since` and now began by the clock as it is now.
    """
    _told(
        tx,
        "UPDATE outbox SET due_at = due_at + ?1, state_at = state_at + ?1"
        f" WHERE state_at NOT BETWEEN ?2 AND ?3 AND {_TIMED}",
        by,
        since,
        tx.now(),
    )


def anchor(tx: Tx) -> None:
    """What began to wait by a clock that was ahead of today's begins anew."""
    _told(
        tx,
        "UPDATE outbox SET due_at = ?1 + max(0, due_at - state_at), state_at = ?1"
        f" WHERE state_at > ?1 + {_AHEAD} AND {_TIMED}",
        tx.now(),
    )


_AHEAD: Final[Millis] = SECOND


def _told(tx: Tx, update: str, *values: Millis) -> None:
    pks = [row[0] for row in tx.db.execute(f"{update} RETURNING op_pk", values).fetchall()]
    for (op_id,) in tx.db.execute(f"SELECT id FROM op WHERE pk IN ({', '.join('?' * len(pks))})", pks).fetchall():
        tx.changed(ObjectKind.OUTBOX, op_id)


def mark(tx: Tx, op_id: Ulid) -> None:
    """Note that an op passes its point of no return: from here on a copy may have left. Commit it durably.

    Raises:
        Refused: The op is not being sent.
    """
    done = tx.db.execute(
        "UPDATE outbox SET marked = 1 WHERE op_pk = (SELECT pk FROM op WHERE id = ?) AND state = 'sending'", (op_id,)
    )
    if not done.rowcount:
        raise Refused(_("The operation is not being sent."))


def doubt(tx: Tx, op_id: Ulid, reason: str) -> None:
    """Say of an op that is still `sending` or `unknown`, and may have arrived, why nobody can tell now."""
    now, reason = entry(tx.db, op_id), mended(reason)
    if now is None or now.state not in (SendState.SENDING, SendState.UNKNOWN) or now.reason == reason:
        return
    tx.db.execute("UPDATE outbox SET reason = ? WHERE op_pk = ?", (reason, pk_of(tx, "op", op_id)))
    if now.message_id is not None:
        _show(tx, pk_of(tx, "message", now.message_id), now.state, reason, now.external_id)
    tx.changed(ObjectKind.OUTBOX, op_id)


def entry(db: sqlite3.Connection, op_id: Ulid) -> OutboxEntry | None:
    """An op's entry; None for ops that never enter the outbox."""
    row = db.execute(f"{SELECT} WHERE op.id = ?", (op_id,)).fetchone()
    return None if row is None else made(row)


def due(db: sqlite3.Connection, now: Millis) -> list[OutboxEntry]:
    """What may leave now: of each conversation only the head of its line."""
    rows = db.execute(
        f"{SELECT} WHERE o.waiting = 1 AND o.due_at <= :now AND {_HEAD} ORDER BY o.due_at, o.op_pk", {"now": now}
    )
    return [made(row) for row in rows]


def sending(db: sqlite3.Connection) -> list[OutboxEntry]:
    """What was being sent when the process that sent it ended, or is being sent just now."""
    rows = db.execute(f"{SELECT} WHERE o.state = 'sending' AND o.ahead = 1 ORDER BY o.op_pk")
    return [made(row) for row in rows]


def made(row: Sequence[Any]) -> OutboxEntry:
    """A row of `SELECT` as an entry."""
    return OutboxEntry(
        op_id=row[0],
        account_id=row[1],
        conversation_id=row[2],
        verb=Verb(row[3]),
        state=SendState(row[4]),
        idempotency_key=row[5],
        due_at=row[6],
        attempts=row[7],
        reason=row[8],
        marked=bool(row[9]),
        message_id=row[10],
        external_id=row[11],
        outcomes=json.loads(row[12]),
        payload=json.loads(row[13]),
    )


def _show(tx: Tx, message_pk: int, state: SendState, reason: str, external_id: str) -> None:
    """Let the message show how far it got."""
    account_pk, conversation_pk, known = tx.db.execute(
        "SELECT account_pk, conversation_pk, external_id FROM message WHERE pk = ?", (message_pk,)
    ).fetchone()
    if external_id and external_id != known:
        forget_expected(tx)
        _claim(tx, message_pk, account_pk, external_id)
    tx.db.execute(
        "UPDATE message SET state = ?, state_at = ?, reason = ?, external_id = ? WHERE pk = ?",
        (state.value, tx.now(), reason, external_id or known, message_pk),
    )
    anew(tx, conversation_pk)
    touched(tx, message_pk)


def _claim(tx: Tx, message_pk: int, account_pk: int, external_id: str) -> None:
    """Take an external id over from a copy that came in before we knew it for our own message."""
    row = tx.db.execute(
        "SELECT pk FROM message WHERE account_pk = ? AND external_id = ? AND external_id <> '' AND pk <> ?",
        (account_pk, external_id, message_pk),
    ).fetchone()
    if row is not None:
        bury_message(tx, row[0], tx.now())
        tx.db.execute("UPDATE message SET external_id = '' WHERE pk = ?", (row[0],))
        tx.db.execute("UPDATE mail_location SET message_pk = ? WHERE message_pk = ?", (message_pk, row[0]))
