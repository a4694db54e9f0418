"""Which conversations were shown as one, and when: from the ops that merged them and cut them apart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.tracing import Step, steps, value_at
from omnitui.ids import Ulid, encode
from omnitui.model.states import ObjectKind
from omnitui.store.reads import merging, oplog

FIELD: Final = "merged_into"


def chain(db: sqlite3.Connection, conversation_id: Ulid, now: Millis) -> list[Step]:
    """What a conversation was a part of, step by step."""
    ops = [op for op in oplog.about(db, conversation_id) if op.kind is ObjectKind.CONVERSATION and FIELD in op.after]
    head = merging.head(db, conversation_id)
    return steps(FIELD, None if head == conversation_id else head, ops, began=0, now=now)


def head_at(db: sqlite3.Connection, conversation_id: Ulid, at: Millis, now: Millis) -> Ulid | None:
    """What a conversation was a part of at a time; None where it stood alone."""
    found: Ulid | None = value_at(chain(db, conversation_id, now), at).value
    return found


def wrote_in_parts(db: sqlite3.Connection, conversation_id: Ulid, ids: Iterable[Ulid], now: Millis) -> list[Millis]:
    """When customers wrote in these conversations while they were parts of one."""
    found: list[Millis] = []
    for part in ids:
        told = chain(db, part, now)
        for step, end in zip(told, [*(one.at for one in told[1:]), now], strict=True):
            if step.after == conversation_id:
                rows = db.execute(
                    "SELECT received_at FROM message WHERE conversation_pk = (SELECT pk FROM conversation WHERE id = ?)"
                    " AND received_at > ? AND received_at <= ? AND role = 1",
                    (part, step.at, end),
                )
                found += [at for (at,) in rows]
    return found


def moved(db: sqlite3.Connection, at: Millis) -> dict[Ulid, set[Ulid]]:
    """Conversations of which others became parts, or ceased to be, after a time; with those."""
    rows = db.execute(
        "SELECT o.object_id, p.before, p.after FROM op o CROSS JOIN op_payload p ON p.op_pk = o.pk"
        " WHERE o.id >= ? AND o.verb IN ('merge', 'split')",
        (encode(at + 1, 0),),
    )
    found: dict[Ulid, set[Ulid]] = {}
    for part, before, after in rows:
        for stored in (before, after):
            if head := json.loads(stored or "{}").get(FIELD):
                found.setdefault(head, set()).add(part)
    return found


def members_at(
    db: sqlite3.Connection, conversation_id: Ulid, ids: Iterable[Ulid], at: Millis, now: Millis
) -> list[Ulid]:
    """A conversation and its parts at a time, `ids` being those that `moved` names."""
    parts = {*merging.parts(db, conversation_id), *ids}
    return [conversation_id, *sorted(one for one in parts if head_at(db, one, at, now) == conversation_id)]
