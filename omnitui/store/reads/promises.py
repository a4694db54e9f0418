"""When something was promised in conversations, and when it was due: from the ops on their tasks."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from omnitui.clock import Millis
from omnitui.desk.tracing import Cause, Step
from omnitui.ids import Ulid
from omnitui.store.reads.compile import Condition

_OPS: Final = """SELECT o.conversation_pk, o.at, o.object_id, p.after FROM op o
    CROSS JOIN op_payload p ON p.op_pk = o.pk WHERE o.conversation_pk {} AND o.kind = 'task' ORDER BY o.pk"""
_TASKS: Final = """SELECT conversation_pk, id, created_at, CASE WHEN is_open THEN due_at END, due_at, done_at,
    deleted_at FROM task WHERE conversation_pk {}"""

_EVER: Final[Millis] = 1 << 62


class Promise(NamedTuple):
    """A task was made, put off, done or taken away."""

    at: Millis
    task_id: Ulid
    due_at: Millis | None
    """When it is due from then on; None: it is not open."""


class Promises(NamedTuple):
    """Those of one conversation, in order."""

    said: Sequence[Promise] = ()
    unsure: Sequence[tuple[Millis, Millis]] = ()
    """From when until when the log does not say what was due."""


def promises(db: sqlite3.Connection, rows: Condition, now: Millis) -> Mapping[int, Promises]:
    """What was promised in conversations whose row is one of `rows`, where anything was."""
    said = defaultdict[int, list[Promise]](list)
    held: dict[Ulid, dict[str, Any]] = {}
    for pk, at, own, after in db.execute(_OPS.format(rows.sql), rows.values):
        state = held.setdefault(own, {})
        state |= json.loads(after or "{}")
        gone = not state.get("exists", True) or state.get("done_at") is not None
        said[pk].append(Promise(at, own, None if gone else state.get("due_at")))
    last = {one.task_id: one.due_at for some in said.values() for one in some}
    unsure = defaultdict[int, list[tuple[Millis, Millis]]](list)
    for pk, own, made_at, due_now, due_at, *ends in db.execute(_TASKS.format(rows.sql), rows.values):
        if own in last and last[own] == due_now:
            continue
        # The log does not have all of it.
        end = min((at for at in ends if at is not None), default=None)
        said[pk] = [one for one in said[pk] if one.task_id != own]
        said[pk] += [Promise(made_at, own, due_at), *([] if end is None else [Promise(end, own, None)])]
        said[pk].sort(key=lambda one: one.at)
        unsure[pk].append((made_at, now if end is None else end))
    return {pk: Promises(some, unsure.get(pk, ())) for pk, some in said.items()}


def turns(
    own: Sequence[Promise], parts: Iterable[tuple[Millis, Millis, Sequence[Promise]]] = ()
) -> list[tuple[Millis, str, Step]]:
    """When the first open task of a conversation was due, as changes of its field.

    Args:
        own: Its own.
        parts: What was shown as a part of it: since when, until when, what was promised there.
    """
    several = [*parts]
    times = {at for since, until, _some in several for at in (since, until)}
    several.append((0, _EVER, own))
    times |= {one.at for _since, _until, some in several for one in some}
    found: list[tuple[Millis, str, Step]] = []
    before: Millis | None = None
    for at in sorted(times):
        due = dict[Ulid, Millis | None]()
        for since, until, some in several:
            if since <= at < until:
                due.update((one.task_id, one.due_at) for one in some if one.at <= at)
        first = min((one for one in due.values() if one is not None), default=None)
        if first != before:
            found.append((at, "task_due_at", Step(at, before, first, Cause.OP)))
        before = first
    return found
