"""The newest messages of a query that names no text: found by walking, or from the few that can be meant."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.querying.matching import fold
from omnitui.desk.querying.terms import And, From, Query
from omnitui.store.reads import compile as compiled
from omnitui.store.reads.compile import Condition
from omnitui.store.reads.inbox import Key
from omnitui.store.reads.merging import headed, with_parts

FEW: Final = 500
"""So many conversations or people are asked for their messages; of more, the newest messages are walked through."""

_MESSAGES: Final = """
    SELECT m.received_at, m.id, m.pk FROM message m CROSS JOIN conversation c ON c.pk = m.conversation_pk
    WHERE m.deleted_at IS NULL AND m.kind <> 'activity' AND
"""


def newest(
    db: sqlite3.Connection, query: Query, limit: int, before: Key | None = None
) -> list[tuple[Millis, str, int]]:
    """Received time, id and row of the newest messages, newest first.

    Args:
        db: A reading connection, prepared.
        query: What to find, without texts at its top.
        limit: How many at most.
        before: Received time and id of a message; only older ones are found.
    """
    condition = older(compiled.messages(query), before)
    for column, pks in (("conversation_pk", _conversations(db, query)), ("contact_pk", _senders(db, query))):
        if pks is not None:
            among = f"m.{column} IN (SELECT value FROM json_each(?))"
            condition = Condition(f"{among} AND ({condition.sql})", (json.dumps(pks), *condition.values))
            break
    sql = f"{headed(db, _MESSAGES)} {condition.sql} ORDER BY m.received_at DESC, m.id DESC LIMIT ?"
    return db.execute(sql, (*condition.values, limit)).fetchall()


def older(condition: Condition, before: Key | None) -> Condition:
    """`condition` on messages that also stand below a key."""
    if before is None:
        return condition
    sql = f"({condition.sql}) AND m.received_at <= ? AND (m.received_at, m.id) < (?, ?)"
    return Condition(sql, (*condition.values, before[0], *before))


def _conversations(db: sqlite3.Connection, query: Query) -> list[int] | None:
    """The few conversations that the query can mean; None where they are many."""
    about = tuple(part for part in compiled.parts(query.node) if compiled.of_conversation(part))
    condition = compiled.conversations(Query(And(about), query.hidden)) if about else None
    few = None if condition is None else _few(db, "conversation c", condition)
    return None if few is None else with_parts(db, few)


def _senders(db: sqlite3.Connection, query: Query) -> list[int] | None:
    """The few people whose messages the query can mean; None where they are many, or agents of ours."""
    for part in compiled.parts(query.node):
        if isinstance(part, From):
            name = fold(part.text)
            if _few(db, "agent", Condition(f"instr({compiled.folded('name')}, ?)", (name,))) == []:
                return _few(db, "contact", Condition("instr(sought, ?)", (name,)))
    return None


def _few(db: sqlite3.Connection, table: str, condition: Condition) -> list[int] | None:
    rows = db.execute(f"SELECT pk FROM {table} WHERE {condition.sql} LIMIT ?", (*condition.values, FEW + 1)).fetchall()
    return [pk for (pk,) in rows] if len(rows) <= FEW else None
