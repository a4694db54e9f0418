"""The op log, newest first: what agents did, what can be undone, and whether the chain is whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.errors import NotFound
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Reach, Verb
from omnitui.store.chain import verify
from omnitui.store.reads.merging import AMONG

OP: Final = """
    SELECT o.id, o.group_id, o.at, g.id, o.verb, o.kind, o.object_id, coalesce(a.id, ''), p.before, p.after,
        o.base_revision, o.reach, coalesce(p.reason, ''), o.undoes, o.redoes, c.id, o.digest
    FROM op o CROSS JOIN agent g ON g.pk = o.author_pk LEFT JOIN account a ON a.pk = o.account_pk
    LEFT JOIN conversation c ON c.pk = o.conversation_pk LEFT JOIN op_payload p ON p.op_pk = o.pk
"""
"""The start of every statement that reads ops for `to_op`."""
# What a rule did is taken back by its id: `u` right after one's own act means that act.
_BY_HAND: Final = (
    "{op}.verb NOT IN ('read', 'wake', 'erase', 'call', 'call_back')"
    " AND NOT EXISTS (SELECT 1 FROM rule_firing f WHERE f.id = {op}.group_id)"
)


def to_op(row: tuple[Any, ...]) -> Op:
    """A row of OP as the model has it; the texts of erased ones are empty."""
    return Op(
        id=row[0],
        group_id=row[1],
        at=row[2],
        author_id=row[3],
        verb=Verb(row[4]),
        kind=ObjectKind(row[5]),
        object_id=row[6],
        account_id=row[7],
        before=json.loads(row[8] or "{}"),
        after=json.loads(row[9] or "{}"),
        base_revision=row[10],
        reach=Reach(row[11]),
        reason=row[12],
        undoes=row[13],
        redoes=row[14],
        conversation_id=row[15],
        digest=row[16],
    )


def log(
    db: sqlite3.Connection,
    conversation_id: Ulid | None = None,
    *,
    before: Ulid | None = None,
    author_id: Ulid | None = None,
    verb: Verb | None = None,
    since: Millis | None = None,
    until: Millis | None = None,
    limit: int = 100,
) -> list[Op]:
    """The newest ops, of one conversation with its parts or of all; `before` an op for the next page.

    Those of one agent, of one verb, at or after `since` and before `until`, where these are given.
    """
    conditions, values = ["1"], list[Any]()
    if conversation_id is not None:
        conditions.append(f"o.conversation_pk IN ({AMONG.replace(':of', '?')})")
        values += [conversation_id, conversation_id]
    if before is not None:
        conditions.append("o.pk < (SELECT pk FROM op WHERE id = ?)")
        values.append(before)
    for condition, value in (
        ("o.author_pk = (SELECT pk FROM agent WHERE id = ?)", author_id),
        ("o.verb = ?", verb and verb.value),
        ("o.at >= ?", since),
        ("o.at < ?", until),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    sql = f"{OP} WHERE {' AND '.join(conditions)} ORDER BY o.pk DESC LIMIT ?"
    return [to_op(row) for row in db.execute(sql, (*values, limit))]


def about(db: sqlite3.Connection, object_id: Ulid) -> list[Op]:
    """The ops on one object, oldest first."""
    return [to_op(row) for row in db.execute(f"{OP} WHERE o.object_id = ? ORDER BY o.pk", (object_id,))]


def op(db: sqlite3.Connection, op_id: Ulid) -> Op:
    """One op.

    Raises:
        NotFound: There is none of that id.
    """
    row = db.execute(f"{OP} WHERE o.id = ?", (op_id,)).fetchone()
    if row is None:
        raise NotFound(_("There is no op “{ref}”.").format(ref=op_id))
    return to_op(row)


def group(db: sqlite3.Connection, op_or_group_id: Ulid) -> list[Op]:
    """The ops of one act in the order in which they were done, by the act's id or that of any of its ops."""
    rows = db.execute(
        f"{OP} WHERE o.group_id = coalesce((SELECT group_id FROM op WHERE id = ?1), ?1) ORDER BY o.pk",
        (op_or_group_id,),
    )
    return [to_op(row) for row in rows]


def undone(db: sqlite3.Connection, op_id: Ulid) -> bool:
    """Whether an op was undone. A redo is an act of its own and leaves this as it is."""
    return db.execute("SELECT 1 FROM op WHERE undoes = ? LIMIT 1", (op_id,)).fetchone() is not None


def erased(db: sqlite3.Connection, op_id: Ulid) -> bool:
    """Whether an op's texts were erased, or it is itself an erasure: it has no inverse."""
    row = db.execute(
        "SELECT 1 FROM op o LEFT JOIN op_payload p ON p.op_pk = o.pk"
        " WHERE o.id = ? AND (o.verb = 'erase' OR p.erased_at IS NOT NULL)",
        (op_id,),
    ).fetchone()
    return row is not None


def undone_by(db: sqlite3.Connection, op_id: Ulid) -> Op | None:
    """The newest op that undid an op; None where it stands."""
    row = db.execute(f"{OP} WHERE o.undoes = ? ORDER BY o.pk DESC LIMIT 1", (op_id,)).fetchone()
    return None if row is None else to_op(row)


def last_undoable(db: sqlite3.Connection, author_id: Ulid, left: Iterable[Ulid] = ()) -> list[Op]:
    """The ops of an agent's newest act that has not been undone, is no undo and none of those that are to be left.

    What is done by itself is no act.
    """
    return _newest(
        db,
        f"o.undoes IS NULL AND {_BY_HAND.format(op='o')}"
        " AND NOT EXISTS (SELECT 1 FROM op_payload p WHERE p.op_pk = o.pk AND p.erased_at IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM op u WHERE u.undoes = o.id)",
        author_id,
        left,
    )


def last_redoable(db: sqlite3.Connection, author_id: Ulid) -> list[Op]:
    """The ops of an agent's newest undo that was not redone, unless the agent did something new after it."""
    return _newest(
        db,
        "o.undoes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM op r WHERE r.redoes = o.undoes AND r.pk > o.pk)"
        " AND NOT EXISTS (SELECT 1 FROM op n WHERE n.pk > o.pk AND n.author_pk = o.author_pk"
        f" AND n.undoes IS NULL AND n.redoes IS NULL AND {_BY_HAND.format(op='n')})",
        author_id,
    )


def _newest(db: sqlite3.Connection, condition: str, author_id: Ulid, left: Iterable[Ulid] = ()) -> list[Op]:
    row = db.execute(
        "SELECT o.group_id FROM op o WHERE o.author_pk = (SELECT pk FROM agent WHERE id = ?)"
        f" AND o.group_id NOT IN (SELECT value FROM json_each(?)) AND {condition} ORDER BY o.pk DESC LIMIT 1",
        (author_id, json.dumps([*left])),
    ).fetchone()
    return group(db, row[0]) if row else []


def verify_chain(db: sqlite3.Connection) -> bool:
    """Whether no op of the log was changed, removed or put between others after it was written."""
    return verify(db).fault is None
