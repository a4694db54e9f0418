"""Tasks: pages of those that are open, by keyset, the first due first; those of a conversation; how many are due."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.tasks import Task, TaskKind
from omnitui.store.reads.merging import AMONG
from omnitui.store.reads.people import LINKED

Key = tuple[Millis, Ulid]
"""Where a page begins: when the task before it is due, and its id."""

_TASK: Final = """
    SELECT t.id, c.id, t.kind, t.text, t.due_at, g.id, g.name, t.done_at, t.created_at, t.revision, p.name, c.channel,
        (SELECT address FROM (SELECT pk, address, channel <> c.channel AS other FROM identity
            WHERE contact_pk = c.contact_pk AND deleted_at IS NULL AND address GLOB '+[0-9]*')
            ORDER BY other, pk LIMIT 1)
    FROM task t CROSS JOIN conversation c ON c.pk = t.conversation_pk CROSS JOIN contact p ON p.pk = c.contact_pk
    LEFT JOIN agent g ON g.pk = t.assignee_pk
"""


def _task(row: tuple[Any, ...]) -> Task:
    own, conversation_id, kind, text, due_at, assignee_id, assignee, *rest = row
    done_at, created_at, revision, contact, channel, number = rest
    return Task(
        *(own, conversation_id, TaskKind(kind), text, due_at, assignee_id, assignee or "", done_at, created_at),
        *(revision, contact, channel, number or ""),
    )


def page(
    db: sqlite3.Connection,
    *,
    agent_id: Ulid | None = None,
    until: Millis | None = None,
    after: Key | None = None,
    limit: int = 128,
) -> list[Task]:
    """Open tasks, the first due first.

    Args:
        db: A reading connection.
        agent_id: Only this agent's, and nobody's.
        until: Only those that are due then.
        after: Only what stands below this key.
        limit: How many at most.
    """
    where = "t.is_open = 1"
    values: list[str | int] = []
    if agent_id is not None:
        where += " AND (t.assignee_pk IS NULL OR t.assignee_pk = (SELECT pk FROM agent WHERE id = ?))"
        values.append(agent_id)
    if until is not None:
        where += " AND t.due_at <= ?"
        values.append(until)
    if after is not None:
        where += " AND (t.due_at, t.id) > (?, ?)"
        values += after
    rows = db.execute(f"{_TASK} WHERE {where} ORDER BY t.due_at, t.id LIMIT ?", (*values, limit))
    return [_task(row) for row in rows]


def task(db: sqlite3.Connection, task_id: Ulid) -> Task | None:
    """The task of that id, open or done; None where there is none, or it was taken away."""
    row = db.execute(f"{_TASK} WHERE t.id = ? AND t.deleted_at IS NULL", (task_id,)).fetchone()
    return _task(row) if row else None


def of_conversation(db: sqlite3.Connection, conversation_id: Ulid, *, done: bool = False) -> list[Task]:
    """The open tasks of a conversation and its parts, the first due first; `done`: those that are done, too."""
    which = "t.deleted_at IS NULL" if done else "t.is_open = 1"
    rows = db.execute(
        f"{_TASK} WHERE t.conversation_pk IN ({AMONG}) AND {which} ORDER BY t.due_at, t.id",
        {"of": conversation_id},
    )
    return [_task(row) for row in rows]


def of_contact(db: sqlite3.Connection, contact_id: Ulid, limit: int = 20) -> list[Task]:
    """The open tasks of a contact and those linked to it, the first due first."""
    rows = db.execute(
        f"{_TASK} WHERE t.is_open = 1 AND t.conversation_pk IN (SELECT pk FROM conversation"
        f" WHERE contact_pk IN ({LINKED}) AND task_due_at IS NOT NULL) ORDER BY t.due_at, t.id LIMIT ?",
        (contact_id, limit),
    )
    return [_task(row) for row in rows]


def mine(db: sqlite3.Connection, limit: int = 100) -> tuple[Millis, ...]:
    """When the open tasks of the profile's agent and of nobody are due, the first first."""
    rows = db.execute(
        "SELECT due_at FROM task WHERE is_open = 1"
        " AND (assignee_pk IS NULL OR assignee_pk = (SELECT pk FROM agent WHERE me = 1 AND deleted_at IS NULL))"
        " ORDER BY due_at LIMIT ?",
        (limit,),
    )
    return tuple(at for (at,) in rows)
