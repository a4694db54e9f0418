"""How a conversation or contact came to be as it is: its ops, its customer's words, the last reports."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.tracing import DEFAULTS, Step, standing_on, steps
from omnitui.ids import Ulid, is_ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Op
from omnitui.model.states import Flag, ObjectKind
from omnitui.store.oplog import current
from omnitui.store.reads import merging, oplog, wholes

UNTRACED = frozenset({"unread", "may_belong_to", "exists", "message", "mail"})
"""Fields of ops that are no facts about the object by themselves."""

_CALLED: Final = """
    WITH told(id) AS MATERIALIZED (SELECT DISTINCT value FROM json_each(?))
    SELECT c.id, coalesce(nullif(c.subject, ''), nullif(p.name, ''), c.snippet)
        FROM told CROSS JOIN conversation c ON c.id = told.id LEFT JOIN contact p ON p.pk = c.contact_pk
    UNION ALL SELECT p.id, p.name FROM told CROSS JOIN contact p ON p.id = told.id
    UNION ALL SELECT l.id, p.name || ' = ' || o.name FROM told CROSS JOIN link l ON l.id = told.id
        JOIN contact p ON p.pk = l.contact_pk JOIN contact o ON o.pk = l.other_pk
"""


def traces(
    db: sqlite3.Connection, conversation_id: Ulid, now: Millis, parts: Iterable[Ulid] | None = None
) -> dict[str, list[Step]]:
    """How each field of a conversation came to be as it is.

    Args:
        db: A reading connection.
        conversation_id: Which.
        now: The time of the cache.
        parts: What is or was shown as a part of it; what is now, where not given.

    Raises:
        NotFound: There is none.
    """
    ops = [op for op in oplog.about(db, conversation_id) if op.kind is ObjectKind.CONVERSATION]
    names = [*DEFAULTS, *sorted({name for op in ops for name in op.after} - DEFAULTS.keys() - UNTRACED)]
    values, _revision = current(db, ObjectKind.CONVERSATION, conversation_id, names)
    # Of which conversation it is a part, is a field of its own.
    values["flags"] = [flag for flag in values["flags"] if flag != Flag.MERGED]
    pk, created = db.execute("SELECT pk, created_at FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
    wrote = [
        at for (at,) in db.execute("SELECT received_at FROM message WHERE conversation_pk = ? AND role = 1", (pk,))
    ]
    said = merging.parts(db, conversation_id) if parts is None else parts
    opened = [*wrote, *wholes.wrote_in_parts(db, conversation_id, said, now)]
    reports: dict[str, Millis] = dict(
        db.execute("SELECT field, at FROM remote_change WHERE conversation_pk = ?", (pk,)).fetchall()
    )
    began = min([created, *wrote])
    return {
        name: steps(
            name, values[name], ops, began=began, now=now, wrote=opened, reported=reports.get(name)
        )
        for name in names
    }  # fmt: skip


def contact_traces(db: sqlite3.Connection, contact_id: Ulid, now: Millis) -> dict[str, list[Step]]:
    """The same for what is known of a contact. Raises NotFound."""
    ops = [op for op in oplog.about(db, contact_id) if op.kind is ObjectKind.CONTACT]
    names = ["name", "organization", "segment", "language", "time_zone", "about"]
    values, _revision = current(db, ObjectKind.CONTACT, contact_id, names)
    (created,) = db.execute("SELECT created_at FROM contact WHERE id = ?", (contact_id,)).fetchone()
    return {name: steps(name, values[name], ops, began=created, now=now) for name in names}


def agent_traces(db: sqlite3.Connection, agent_id: Ulid, now: Millis) -> dict[str, list[Step]]:
    """The same for whether an agent is away, since that was first said. Raises NotFound."""
    ops = [op for op in oplog.about(db, agent_id) if op.kind is ObjectKind.AGENT]
    values, _revision = current(db, ObjectKind.AGENT, agent_id, ["away_until"])
    began = ops[0].at if ops else now
    return {name: steps(name, value, ops, began=began, now=now) for name, value in values.items()}


def later(db: sqlite3.Connection, op: Op) -> list[Op]:
    """The ops that stand on an op: those that set its fields again after it and still hold."""
    ops = oplog.about(db, op.object_id)
    after = ops[next((at for at, one in enumerate(ops) if one.id == op.id), len(ops)) + 1 :]
    return standing_on(op, after, frozenset(one.undoes for one in ops if one.undoes))


def agents(db: sqlite3.Connection) -> Mapping[Ulid, str]:
    """The names of all agents, those that have gone included, and the titles of incidents."""
    return dict(db.execute("SELECT id, name FROM agent UNION ALL SELECT id, title FROM incident").fetchall())


def called(db: sqlite3.Connection, ops: Iterable[Op] = (), values: Iterable[Json] = ()) -> Mapping[Ulid, str]:
    """The same, with what conversations, contacts and links are called of which ops or values tell."""
    told = [value for op in ops for value in (op.object_id, *op.before.values(), *op.after.values())]
    ids = json.dumps([value for value in (*told, *values) if isinstance(value, str) and is_ulid(value)])
    return {**agents(db), **dict(db.execute(_CALLED, (ids,)).fetchall())}


def done_between(db: sqlite3.Connection, conversation_id: Ulid, since: Millis, until: Millis | None) -> Sequence[Op]:
    """What was done with a conversation and its parts after a time and up to another, or now, oldest first."""
    sql = f"{oplog.OP} WHERE o.conversation_pk IN ({merging.AMONG}) AND o.at > :since AND o.at <= :end ORDER BY o.pk"
    end = 1 << 62 if until is None else until
    rows = db.execute(sql, {"of": conversation_id, "since": since, "end": end})
    return [oplog.to_op(row) for row in rows]
