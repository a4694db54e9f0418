"""What became of calls, and the call-backs that follow from it; both by ops that `undo` does not reach by itself."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Fields, Op
from omnitui.model.states import CallEnd, ObjectKind, Verb
from omnitui.model.tasks import TaskKind
from omnitui.store import oplog
from omnitui.store.reads.people import LINKED
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx


def put_end(tx: Tx, message_id: Ulid, outcome: CallEnd) -> CallEnd | None:
    """Keep what became of the call that a message tells of; what was known of that before."""
    pk = pk_of(tx, "message", message_id)
    before = tx.db.execute("SELECT outcome FROM call_end WHERE message_pk = ?", (pk,)).fetchone()
    tx.db.execute("INSERT OR REPLACE INTO call_end(message_pk, outcome) VALUES (?, ?)", (pk, outcome.value))
    return CallEnd(before[0]) if before else None


def call_back(tx: Tx, conversation_id: Ulid, missed_at: Millis, within: Millis) -> Op | None:
    """Promise a call-back for a call that was missed; None where one is open, or there was a call since."""
    contact_id, account_id = _whose(tx, conversation_id)
    open_one = tx.db.execute(
        "SELECT 1 FROM task WHERE conversation_pk = ? AND is_open = 1 AND kind = ?",
        (pk_of(tx, "conversation", conversation_id), TaskKind.CALL_BACK.value),
    ).fetchone()
    spoken = tx.db.execute(
        "SELECT 1 FROM conversation c CROSS JOIN message m ON m.conversation_pk = c.pk"
        " CROSS JOIN call_end e ON e.message_pk = m.pk"
        f" WHERE c.contact_pk IN ({LINKED}) AND m.received_at >= ? AND e.outcome = ?",
        (contact_id, missed_at, CallEnd.ANSWERED.value),
    ).fetchone()
    if open_one is not None or spoken is not None:
        return None
    after: dict[str, Json] = {
        "exists": True,
        "conversation_id": conversation_id,
        "kind": TaskKind.CALL_BACK.value,
        "text": "",
        "due_at": missed_at + within,
        "assignee_id": _assignee(tx, conversation_id),
    }
    return _record(tx, tx.ids.new(), {"exists": False}, after, 0, account_id, conversation_id)


def called_back(tx: Tx, conversation_id: Ulid, at: Millis) -> list[Op]:
    """There was a call with the contact: what earlier missed calls promised is done."""
    contact_id, account_id = _whose(tx, conversation_id)
    rows = tx.db.execute(
        "SELECT t.id, t.revision, c.id FROM conversation c CROSS JOIN task t ON t.conversation_pk = c.pk"
        f" WHERE c.contact_pk IN ({LINKED}) AND t.is_open = 1 AND t.kind = ?"
        # Those that a call made: what an agent has promised by hand is ended by hand.
        " AND EXISTS (SELECT 1 FROM op WHERE object_id = t.id AND verb = ? AND base_revision = 0)"
        # And not if there was another one after that.
        " AND (SELECT max(m.received_at) FROM message m CROSS JOIN call_end e ON e.message_pk = m.pk"
        " WHERE m.conversation_pk = c.pk AND m.direction = 'incoming' AND e.outcome <> ?) <= ?",
        (contact_id, TaskKind.CALL_BACK.value, Verb.CALL_BACK.value, CallEnd.ANSWERED.value, at),
    ).fetchall()
    now = tx.now()
    return [
        _record(tx, task_id, {"done_at": None}, {"done_at": now}, revision, account_id, own)
        for task_id, revision, own in rows
    ]


def _whose(tx: Tx, conversation_id: Ulid) -> tuple[Ulid, Ulid]:
    row = tx.db.execute(
        "SELECT p.id, a.id FROM conversation c JOIN contact p ON p.pk = c.contact_pk"
        " JOIN account a ON a.pk = c.account_pk WHERE c.id = ?",
        (conversation_id,),
    ).fetchone()
    return row[0], row[1]


def _assignee(tx: Tx, conversation_id: Ulid) -> Ulid | None:
    row = tx.db.execute(
        "SELECT g.id FROM conversation c JOIN agent g ON g.pk = c.assignee_pk WHERE c.id = ?", (conversation_id,)
    ).fetchone()
    return row[0] if row else None


def _record(
    tx: Tx, task_id: Ulid, before: Fields, after: Fields, revision: int, account_id: Ulid, conversation_id: Ulid
) -> Op:
    own = tx.ids.new()
    (me,) = tx.db.execute("SELECT id FROM agent WHERE me = 1 AND deleted_at IS NULL").fetchone()
    op = oplog.append(
        tx,
        Op(
            *(own, own, tx.now(), me, Verb.CALL_BACK, ObjectKind.TASK, task_id, account_id, before, after, revision),
            conversation_id=conversation_id,
        ),
    )
    oplog.apply(tx, op)
    return op
