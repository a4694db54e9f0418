"""Tasks made and changed; each conversation's row says when the first of its open ones, or of its parts', is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.states import ObjectKind
from omnitui.model.tasks import TaskKind
from omnitui.store.arriving.rollup import settle
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx

_SETS: Final[Mapping[str, Callable[[Tx, Json], dict[str, Json]]]] = {
    "kind": lambda _tx, value: {"kind": TaskKind(value).value},
    "text": lambda _tx, value: {"text": str(value or "")},
    "due_at": lambda _tx, value: {"due_at": int(value)},
    "assignee_id": lambda tx, value: {"assignee_pk": pk_of(tx, "agent", value) if value else None},
    "done_at": lambda _tx, value: {"done_at": value},
}
FIELDS: Final = tuple(_SETS)
"""What ops may set of a task."""


def put_task(tx: Tx, task_id: Ulid, conversation_id: Ulid, fields: Mapping[str, Json]) -> None:
    """Make a task, or bring back one that was taken away."""
    tx.db.execute(
        "INSERT INTO task(id, conversation_pk, kind, created_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT(id) DO UPDATE SET deleted_at = NULL",
        (task_id, pk_of(tx, "conversation", conversation_id), TaskKind.FOLLOW_UP.value, tx.now()),
    )
    change_task(tx, task_id, {name: value for name, value in fields.items() if name in _SETS})


def change_task(tx: Tx, task_id: Ulid, fields: Mapping[str, Json]) -> None:
    """Set fields of a task; those not named stay."""
    values: dict[str, Json] = {}
    for name, value in fields.items():
        if name not in _SETS:
            raise Refused(_("A task has no field {name}.").format(name=name))
        values |= _SETS[name](tx, value)
    sets = "".join(f"{name} = ?, " for name in values)
    _changed(tx, task_id, f"{sets}revision = revision + 1", *values.values())


def drop_task(tx: Tx, task_id: Ulid) -> None:
    """Take a task away; a tombstone stays."""
    _changed(tx, task_id, "deleted_at = coalesce(deleted_at, ?), revision = revision + 1", tx.now())


def revive_task(tx: Tx, task_id: Ulid) -> None:
    """Bring a task back that was taken away."""
    _changed(tx, task_id, "deleted_at = NULL, revision = revision + 1")


def _changed(tx: Tx, task_id: Ulid, sets: str, *values: Json) -> None:
    pk = pk_of(tx, "task", task_id)
    conversation_pk, revision = tx.db.execute(
        f"UPDATE task SET {sets} WHERE pk = ? RETURNING conversation_pk, revision", (*values, pk)
    ).fetchone()
    tx.changed(ObjectKind.TASK, task_id, revision)
    set_due(tx, conversation_pk)


def set_due(tx: Tx, conversation_pk: int) -> None:
    """Have a conversation's row say what is due, and that of the one that it is a part of."""
    settle(tx, conversation_pk)
    own, revision, head = tx.db.execute(
        "UPDATE conversation SET task_due_at = (SELECT min(due_at) FROM task WHERE is_open = 1 AND conversation_pk IN"
        " (SELECT ?1 UNION ALL SELECT pk FROM conversation WHERE merged_pk = ?1 AND deleted_at IS NULL)),"
        " revision = revision + 1 WHERE pk = ?1 RETURNING id, revision, merged_pk",
        (conversation_pk,),
    ).fetchone()
    tx.changed(ObjectKind.CONVERSATION, own, revision)
    if head is not None:
        set_due(tx, head)
