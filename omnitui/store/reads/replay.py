"""The stories of conversations, for a rule that is tried on what has happened: one pass, in the order of the cache."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.asof import Asked, Then
from omnitui.desk.backtest import Said, Story
from omnitui.desk.rules import What
from omnitui.desk.terms import Leaf, Query, Text
from omnitui.desk.tracing import Cause, Step, steps
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Priority, Status, Verb
from omnitui.store.reads import compile as compiled
from omnitui.store.reads import oplog
from omnitui.text.analyser import query_terms

PAGE: Final = 1_000
"""Conversations that are read at once."""
_PRIORITY: Final = tuple(one.value for one in Priority)
_SEPARATOR: Final = "\x1f"

Event = tuple[Millis, What, str]

_HEAD: Final = """SELECT c.pk, c.id, c.created_at, c.deleted_at, c.last_incoming_at, c.window_closes_at, c.status,
    c.priority, (SELECT id FROM agent WHERE pk = c.assignee_pk),
    (SELECT group_concat(label, char(31)) FROM label_use WHERE conversation_pk = c.pk AND deleted_at IS NULL),
    c.snoozed_until, c.spam, c.merged, c.muted, c.contact_reason, c.subject, c.channel, a.name, c.csat, c.csat_at
    FROM conversation c CROSS JOIN account a ON a.pk = c.account_pk"""
_SAID: Final = """SELECT received_at, id, role, direction, kind, {}, {}, conversation_pk FROM message
    WHERE conversation_pk {} ORDER BY conversation_pk, received_at, id"""
_FAILED: Final = """SELECT conversation_pk, state_at FROM message WHERE unsettled = 1 AND state = 'failed'
    AND state_at IS NOT NULL AND conversation_pk IN (SELECT value FROM json_each(?)) ORDER BY state_at"""
_FIRST: Final = """WITH first{n} AS MATERIALIZED (SELECT m.conversation_pk AS pk, min(m.received_at) AS at
    FROM message_fts CROSS JOIN message m ON m.pk = message_fts.rowid
    WHERE message_fts.terms MATCH ? AND m.deleted_at IS NULL GROUP BY 1)"""


def count(db: sqlite3.Connection, asked: Asked) -> int:
    """How many conversations the query leaves to be looked at one by one."""
    compiled.prepare(db)
    where = _where(asked)
    row = db.execute(f"SELECT count(*) FROM conversation c WHERE {where.sql}", where.values).fetchone()
    return int(row[0])


def stories(db: sqlite3.Connection, asked: Asked, now: Millis, *, failures: bool = False) -> Iterator[Story]:
    """What came to pass in each conversation that the query could ever have found.

    Args:
        db: A reading connection, in one state of the cache all the while.
        asked: The query; of its leaves that are settled here `Then.known` holds what was found.
        now: The time of the cache.
        failures: Whether it matters which replies failed.
    """
    compiled.prepare(db)
    sql, values = _statement(asked)
    rows = db.execute(sql, values)
    while page := rows.fetchmany(PAGE):
        pks = json.dumps([row[0] for row in page])
        said, failed = _said(db, page, pks, asked), _failed(db, pks) if failures else {}
        ops, reports = _ops(db, pks), _reports(db, pks)
        for row in page:
            pk = row[0]
            found = said.get(pk, ()), ops.get(pk, ()), reports.get(pk, {}), failed.get(pk, ())
            yield _story(row, *found, now, asked.fields)


def _where(asked: Asked) -> compiled.Condition:
    return compiled.conversations(Query(asked.narrowing, hidden=True))


def _statement(asked: Asked) -> tuple[str, tuple[compiled.Value, ...]]:
    """The one statement that finds the conversations, with what it finds out about each on the way."""
    tables, joins, columns = list[str](), list[str](), list[str]()
    before, among = list[compiled.Value](), list[compiled.Value]()
    for number, leaf in enumerate(asked.leaves):
        if isinstance(leaf, Text):
            tables.append(_FIRST.format(n=number).removeprefix("WITH "))
            joins.append(f"LEFT JOIN first{number} ON first{number}.pk = c.pk")
            before.append(query_terms(leaf.text, exact=leaf.exact))
            columns.append(f"first{number}.at")
        else:
            condition = _standing(leaf)
            columns.append(condition.sql)
            among += condition.values
    where = _where(asked)
    head = _HEAD.replace("\n    FROM", "".join(f", {one}" for one in columns) + "\n    FROM", 1)
    begin = f"WITH {', '.join(tables)} " if tables else ""
    sql = f"{begin}{head} {' '.join(joins)} WHERE {where.sql} ORDER BY c.pk"
    return sql, (*before, *among, *where.values)


def _standing(leaf: Leaf) -> compiled.Condition:
    found = compiled.conversations(Query(leaf, hidden=True))
    return compiled.Condition(f"({found.sql})", found.values)


def _said(db: sqlite3.Connection, page: Sequence[tuple[Any, ...]], pks: str, asked: Asked) -> dict[int, list[Said]]:
    first, last = page[0][0], page[-1][0]
    # Rows beside one another are read in one stretch of the index.
    close = last - first < 2 * len(page)
    which = "BETWEEN ? AND ?" if close else "IN (SELECT value FROM json_each(?))"
    sql = _SAID.format("files" if asked.files else "0", "is_unread" if asked.unread else "0", which)
    found: dict[int, list[Said]] = {}
    before, some = 0, list[Said]()
    for row in db.execute(sql, (first, last) if close else (pks,)):
        if row[7] != before:
            before = row[7]
            found[before] = some = []
        if row[2]:
            some.append(row)
    return found


def _failed(db: sqlite3.Connection, pks: str) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = defaultdict(list)
    for pk, at in db.execute(_FAILED, (pks,)):
        found[pk].append((at, What.FAILED, ""))
    return found


def _ops(db: sqlite3.Connection, pks: str) -> dict[int, list[Op]]:
    sql = oplog.OP.replace("SELECT o.id", "SELECT o.conversation_pk, o.id", 1)
    where = (
        "WHERE o.conversation_pk IN (SELECT value FROM json_each(?)) AND o.kind = ? ORDER BY o.conversation_pk, o.pk"
    )
    found: dict[int, list[Op]] = defaultdict(list)
    for row in db.execute(f"{sql} {where}", (pks, ObjectKind.CONVERSATION.value)):
        found[row[0]].append(oplog.to_op(row[1:]))
    return found


def _reports(db: sqlite3.Connection, pks: str) -> dict[int, dict[str, Millis]]:
    rows = db.execute(
        "SELECT conversation_pk, field, at FROM remote_change"
        " WHERE conversation_pk IN (SELECT value FROM json_each(?)) ORDER BY conversation_pk",
        (pks,),
    )
    return {pk: {field: at for _pk, field, at in some} for pk, some in groupby(rows, itemgetter(0))}


def _story(
    row: tuple[Any, ...],
    said: Sequence[Said],
    ops: Sequence[Op],
    reports: Mapping[str, Millis],
    failed: Sequence[Event],
    now: Millis,
    doubted: Iterable[str],
) -> Story:
    (
        _pk, own, created_at, deleted_at, last_incoming, closes, status, priority, assignee_id, labels, snoozed_until,
        spam, merged, muted, reason, subject, channel, account, csat, csat_at, *known,
    ) = row  # fmt: skip
    then = Then(known, created_at)
    then.channel, then.account = channel, account
    then.contact_reason, then.subject = reason, subject
    windows = (last_incoming, closes)
    events: Sequence[Event] = failed
    if csat_at is not None:
        events = [*failed, (csat_at, What.RATED, str(csat))]
    if not ops and not reports:
        # Nothing is known to have changed: where it is otherwise today, somebody unseen did it, nobody knows when.
        otherwise = {
            "status": status != Status.OPEN,
            "priority": priority != Priority.NORMAL.rank,
            "assignee_id": assignee_id is not None,
            "labels": labels is not None,
            "flags": spam or merged or muted,
        }
        unsure = ((created_at, now),) if any(otherwise[name] for name in doubted) else ()
        return Story(own, then, said, (), (), events, unsure, windows, deleted_at)
    current: dict[str, Any] = {
        "status": status,
        "priority": _PRIORITY[priority],
        "assignee_id": assignee_id,
        "labels": sorted(labels.split(_SEPARATOR)) if labels else [],
        "snoozed_until": snoozed_until,
        "flags": [word for word, held in (("spam", spam), ("merged", merged), ("muted", muted)) if held],
        "contact_reason": reason,
        "subject": subject,
    }
    wrote = [one[0] for one in said if one[2] == 1]
    began = min([created_at, *wrote])
    set_by = [op for op in ops if op.object_id == own and op.verb is not Verb.READ]
    traced = {
        name: steps(name, value, set_by, began=began, now=now, wrote=wrote, reported=reports.get(name))
        for name, value in current.items()
    }
    for name in ("contact_reason", "subject"):
        setattr(then, name, traced[name][0].after)
    said, marks = _marked(said, [op for op in ops if op.object_id == own and op.verb is Verb.READ])
    doubt = _doubts({name: traced[name] for name in doubted})
    return Story(own, then, said, _turns(traced), marks, events, doubt, windows, deleted_at)


def _marked(said: Sequence[Said], reads: Sequence[Op]) -> tuple[Sequence[Said], list[tuple[Millis, int]]]:
    """The messages with what was unread as they came, and how that changed when they were marked."""
    if not reads:
        return said, []
    unread = {one[1] for one in said if one[6]}
    marks: list[tuple[Millis, int]] = []
    for op in reversed(reads):
        before, after = set(op.before.get("unread") or ()), set(op.after.get("unread") or ())
        marks.append((op.at, len(after - before) - len(before - after)))
        unread = (unread - (after - before)) | (before - after)
    return [(*one[:6], int(one[1] in unread), one[7]) for one in said], marks[::-1]


def _turns(story_steps: Mapping[str, Iterable[Step]]) -> list[tuple[Millis, str, Step]]:
    """The changes of fields that are known by their time, of steps as they were traced."""
    found = [
        (step.at, field, step)
        for field, steps in story_steps.items()
        for step in steps
        if step.cause not in (Cause.BEGAN, Cause.UNSEEN)
    ]
    found.sort(key=lambda one: one[0])
    return found


def _doubts(story_steps: Mapping[str, Iterable[Step]]) -> list[tuple[Millis, Millis]]:
    """From when until when fields may have been otherwise."""
    return [(one.since, one.at) for steps in story_steps.values() for one in steps if one.cause is Cause.UNSEEN]
