"""The stories of conversations, for a rule that is tried on what has happened: one pass, the newest rows first.

Of each table only what the rule can ask for is read, and no messages of what nothing has changed in a way that the
query asks for: there are millions.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from omnitui.clock import Millis
from omnitui.desk.querying.asof import Asked, Then
from omnitui.desk.querying.terms import Leaf, Mentions, Query, Text
from omnitui.desk.rules.retelling import turned
from omnitui.desk.rules.rule import What
from omnitui.desk.rules.stories import FILES, INCOMING, NOTE, ROLE, SHIFT, UNREAD, Event, Said, Story
from omnitui.desk.tracing import Cause, Step, steps
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Priority, Status, Verb
from omnitui.store.reads import compile as compiled
from omnitui.store.reads import oplog
from omnitui.store.reads.gathered import Gathered, Piece, Stay, turns, within
from omnitui.store.reads.promises import Promise, Promises, promises
from omnitui.store.reads.promises import turns as due_turns
from omnitui.text.analyser import query_terms

PAGE: Final = 1_000
"""Conversations that are read at once."""
_PRIORITY: Final = tuple(one.value for one in Priority)
_OPEN: Final = Status.OPEN.value
_NORMAL: Final = Priority.NORMAL.rank
_FLAGS: Final = ("spam", "muted")

_AMONG: Final = "c.id IN (SELECT value FROM json_each(?))"
_OTHERWISE: Final[Mapping[str, Callable[[tuple[Any, ...], bool], bool]]] = {
    "status": lambda row, _labelled: row[6] != _OPEN,
    "priority": lambda row, _labelled: row[7] != _NORMAL,
    "assignee_id": lambda row, _labelled: row[8] is not None,
    "labels": lambda _row, labelled: labelled,
    "flags": lambda row, _labelled: row[11] or row[12] or row[13],
}
"""Whether a field is not as it is at first, in a row of _HEAD."""

_HEAD: Final = """SELECT c.pk, c.id, c.created_at, c.deleted_at, c.last_incoming_at, c.window_closes_at, c.status,
    c.priority, c.assignee_pk, c.incident_pk, c.snoozed_until, c.spam, c.merged, c.muted, c.contact_reason, c.subject,
    c.channel, c.account_pk, c.csat, c.csat_at{} FROM conversation c"""
_PLACE: Final = 50
"""By how much the place of a conversation among those that are asked for is shifted, beside its messages."""
_MESSAGE: Final = (1 << _PLACE) - 1
_SAID: Final = f"""SELECT json_group_array((e.key << {_PLACE}) | (received_at << {SHIFT}) | (role & {ROLE})
    | (kind = 'note') * {NOTE} | (direction = 'incoming') * {INCOMING}{{}})
    FROM json_each(?) e CROSS JOIN message ON conversation_pk = e.value WHERE role"""
_SAID_ALSO: Final = ((f" | (files > 0) * {FILES}", "files"), (f" | is_unread * {UNREAD}", "unread"))
_OWN: Final = "SELECT id, role, is_unread FROM message WHERE conversation_pk = ? ORDER BY received_at, id"
_FAILED: Final = """SELECT conversation_pk, state_at FROM message WHERE unsettled = 1 AND state = 'failed'
    AND state_at IS NOT NULL AND conversation_pk {} ORDER BY state_at"""
_FIRST: Final = """first{n} AS MATERIALIZED (SELECT m.conversation_pk AS pk, min(m.received_at) AS at
    FROM message_fts CROSS JOIN message m ON m.pk = message_fts.rowid
    WHERE message_fts.terms MATCH ? AND m.deleted_at IS NULL GROUP BY 1)"""
_NAMED: Final = """first{n} AS MATERIALIZED (SELECT m.conversation_pk AS pk, min(m.received_at) AS at FROM {named}
    GROUP BY 1)"""


def count(db: sqlite3.Connection, asked: Asked) -> int:
    """How many conversations the query leaves to be looked at one by one."""
    compiled.prepare(db)
    where = _where(asked, Gathered(db, 0))
    row = db.execute(f"SELECT count(*) FROM conversation c WHERE {where.sql}", where.values).fetchone()
    return int(row[0])


def stories(
    db: sqlite3.Connection, asked: Asked, now: Millis, heard: Collection[What] = ()
) -> Generator[Story | None, None, None]:
    """What came to pass in each conversation that the query could ever have found; None: nothing that it asks for.

    Args:
        db: A reading connection, in one state of the cache all the while.
        asked: The query; of its leaves that are settled here `Then.known` holds what was found.
        now: The time of the cache.
        heard: What matters beside messages and what changed in the conversations themselves.
    """
    compiled.prepare(db)
    teller = _Teller(db, asked, now, heard)
    sql, values = _statement(asked, _where(asked, teller.gathered))
    rows = db.execute(sql, values)
    # While one page is told, the messages of the next are read: SQLite needs a third of the time, and no Python.
    with ThreadPoolExecutor(1, "replay") as beside:
        ahead: _Page | None = None
        while page := rows.fetchmany(PAGE):
            coming = teller.open(page, beside)
            yield from teller.tell(ahead) if ahead is not None else ()
            ahead = coming
        yield from teller.tell(ahead) if ahead is not None else ()


def _where(asked: Asked, gathered: Gathered) -> compiled.Condition:
    found = compiled.conversations(Query(asked.narrowing, hidden=True))
    if not gathered.stays:
        return found
    # What it had of its parts, it may have no more.
    return compiled.Condition(f"({found.sql}) OR {_AMONG}", (*found.values, json.dumps([*gathered.stays])))


def _statement(asked: Asked, where: compiled.Condition) -> tuple[str, tuple[compiled.Value, ...]]:
    """The one statement that finds the conversations, with what it finds out about each on the way."""
    tables, joins, columns = list[str](), list[str](), list[str]()
    before, among = list[compiled.Value](), list[compiled.Value]()
    for number, leaf in enumerate(asked.leaves):
        if isinstance(leaf, Text | Mentions):
            table, found = _first(number, leaf)
            tables.append(table)
            before += found
            joins.append(f"LEFT JOIN first{number} ON first{number}.pk = c.pk")
            columns.append(f"first{number}.at")
        else:
            condition = _standing(leaf)
            columns.append(condition.sql)
            among += condition.values
    head = _HEAD.format("".join(f", {one}" for one in columns))
    begin = f"WITH {', '.join(tables)} " if tables else ""
    sql = f"{begin}{head} {' '.join(joins)} WHERE {where.sql} ORDER BY c.pk DESC"
    return sql, (*before, *among, *where.values)


def _first(number: int, leaf: Text | Mentions) -> tuple[str, tuple[compiled.Value, ...]]:
    """When something first stood in the messages of each conversation."""
    if isinstance(leaf, Text):
        return _FIRST.format(n=number), (query_terms(leaf.text, exact=leaf.exact),)
    named = compiled.naming(leaf.agent)
    return _NAMED.format(n=number, named=named.sql), named.values


def _standing(leaf: Leaf) -> compiled.Condition:
    found = compiled.conversations(Query(leaf, hidden=True))
    return compiled.Condition(f"({found.sql})", found.values)


class _Page(NamedTuple):
    """Rows of _HEAD with what belongs to them."""

    begun: Sequence[tuple[tuple[Any, ...], Then]]
    ops: Mapping[int, Sequence[Op]]
    reports: Mapping[int, Mapping[str, Millis]]
    promised: Mapping[int, Promises]
    labels: Mapping[int, list[str]]
    failed: Mapping[int, Sequence[Event]]
    changed: frozenset[int]
    wanted: frozenset[int]
    """Those in which the query may have held."""
    said: Future[dict[int, list[Said]]]


class _Teller:
    """Tells stories, page by page."""

    def __init__(self, db: sqlite3.Connection, asked: Asked, now: Millis, heard: Collection[What]) -> None:
        self._db = db
        self._asked = asked
        self._heard = frozenset(heard)
        self._now = now
        self._agents = dict[int, Ulid](db.execute("SELECT pk, id FROM agent").fetchall())
        self._incidents = dict[int, Ulid](db.execute("SELECT pk, id FROM incident").fetchall())
        self._accounts = dict[int, str](db.execute("SELECT pk, name FROM account").fetchall())
        self._can = {pk: json.loads(held) for pk, held in db.execute("SELECT pk, capabilities FROM account")}
        self.gathered = Gathered(db, now)
        self._first = [number for number, leaf in enumerate(asked.leaves) if isinstance(leaf, Text)]
        self._otherwise = [_OTHERWISE[name] for name in asked.fields if name in _OTHERWISE]
        asks = {"files": asked.files, "unread": asked.unread}
        self._said_sql = _SAID.replace("{}", "".join(sql for sql, name in _SAID_ALSO if asks[name]), 1)

    def open(self, rows: Sequence[tuple[Any, ...]], beside: Executor) -> _Page:
        """Read what changed in a page of rows, and have their messages read."""
        every = _rows([row[0] for row in rows])
        ops, reports = self._ops(every), self._reports(every)
        promised = promises(self._db, every, self._now) if self._asked.tasks else {}
        begun = [(row, self._begin(row)) for row in rows]
        steady, gathered = self._asked.steady, self.gathered
        moved = {row[0] for row in rows if row[1] in gathered.stays or row[1] in gathered.turns}
        changed = ops.keys() | reports.keys() | promised.keys() | moved
        wanted = [row[0] for row, then in begun if row[0] in changed or steady(then)]
        labels, failed = self._labels(every), self._failed(every)
        said = beside.submit(self._said, wanted)
        return _Page(begun, ops, reports, promised, labels, failed, frozenset(changed), frozenset(wanted), said)

    def tell(self, page: _Page) -> Iterator[Story | None]:
        """The stories of a page."""
        said = page.said.result()
        for row, then in page.begun:
            pk = row[0]
            if pk not in page.wanted:
                yield None
                continue
            events = [*page.failed.get(pk, ()), *self._rated(row)]
            doubts = self._untold(row, then) if self._asked.windows else []
            if pk in page.changed:
                found = said.get(pk, ()), page.labels.get(pk, []), page.ops.get(pk, ()), page.reports.get(pk, {})
                yield self._story(row, then, *found, events, doubts, page.promised.get(pk, Promises()))
            else:
                doubts += self._unsure(row, pk in page.labels)
                yield Story(row[1], then, said.get(pk, ()), (), (), events, doubts, row[3])

    def _begin(self, row: tuple[Any, ...]) -> Then:
        """A conversation as it began, as far as its own row says."""
        then = Then(row[20:], row[2])
        then.contact_reason, then.subject, then.channel = row[14], row[15], row[16]
        then.account = self._accounts[row[17]]
        then.window_kept = row[4], row[5]
        if self._asked.windows:
            then.window = self._window(row).get("window")
        return then

    def _window(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """What the connector of a conversation says of its channel."""
        can = self._can[row[17]] or {}
        found: dict[str, Any] = can.get(row[16]) or can.get("") or {}
        return found

    def _untold(self, row: tuple[Any, ...], then: Then) -> list[tuple[Millis, Millis]]:
        """Where the back end says when a window closes, only what it said last is known."""
        told = self._window(row).get("window_told") or (then.window is None and row[5] is not None)
        return [(row[2], row[4])] if told and row[4] is not None else []

    def _said(self, pks: Sequence[int]) -> dict[int, list[Said]]:
        """The messages of conversations, by their time."""
        if not pks:
            return {}
        (packed,) = self._db.execute(self._said_sql, (json.dumps(pks),)).fetchone()
        found = dict[int, list[Said]]()
        before, some = -1, list[Said]()
        for one in sorted(json.loads(packed)):
            place = one >> _PLACE
            if place != before:
                before = place
                found[pks[place]] = some = []
            some.append(one & _MESSAGE)
        return found

    def _failed(self, rows: compiled.Condition) -> dict[int, list[Event]]:
        found = defaultdict[int, list[Event]](list)
        if What.FAILED in self._heard:
            for pk, at in self._db.execute(_FAILED.format(rows.sql), rows.values):
                found[pk].append((at, What.FAILED, "", ""))
        return found

    def _rated(self, row: tuple[Any, ...]) -> list[Event]:
        if What.RATED not in self._heard or row[19] is None:
            return []
        return [(row[19], What.RATED, str(row[18]), "")]

    def _ops(self, rows: compiled.Condition) -> dict[int, list[Op]]:
        sql = oplog.OP.replace("SELECT o.id", "SELECT o.conversation_pk, o.id", 1)
        where = f"WHERE o.conversation_pk {rows.sql} AND o.kind = ? ORDER BY o.conversation_pk, o.pk"
        found = defaultdict[int, list[Op]](list)
        for row in self._db.execute(f"{sql} {where}", (*rows.values, ObjectKind.CONVERSATION.value)):
            found[row[0]].append(oplog.to_op(row[1:]))
        return found

    def _reports(self, rows: compiled.Condition) -> dict[int, dict[str, Millis]]:
        found = defaultdict[int, dict[str, Millis]](dict)
        sql = f"SELECT conversation_pk, field, at FROM remote_change WHERE conversation_pk {rows.sql}"
        for pk, field, at in self._db.execute(sql, rows.values):
            found[pk][field] = at
        return found

    def _labels(self, rows: compiled.Condition) -> dict[int, list[str]]:
        found = defaultdict[int, list[str]](list)
        sql = f"SELECT conversation_pk, label FROM label_use WHERE conversation_pk {rows.sql} AND deleted_at IS NULL"
        for pk, label in self._db.execute(sql, rows.values):
            found[pk].append(label)
        return found

    def _unsure(self, row: tuple[Any, ...], labelled: bool) -> list[tuple[Millis, Millis]]:
        """Nothing is known to have changed: where it is otherwise today, somebody unseen did it, nobody knows when."""
        return [(row[2], self._now)] if any(test(row, labelled) for test in self._otherwise) else []

    def _story(
        self,
        row: tuple[Any, ...],
        then: Then,
        said: Sequence[Said],
        labels: list[str],
        ops: Sequence[Op],
        reports: Mapping[str, Millis],
        events: Sequence[Event],
        doubts: list[tuple[Millis, Millis]],
        promised: Promises,
    ) -> Story:
        """The story of what somebody changed."""
        own = row[1]
        said, marks = self._marked(row, said, ops)
        pieces = [self._piece(stay) for stay in self.gathered.stays.get(own, ())]
        joined, joined_marks, joined_events = within(pieces)
        traced = self._traced(row, said, joined, labels, ops, reports)
        for name in ("contact_reason", "subject"):
            setattr(then, name, traced[name][0].after)
        changes = [*_turns(traced), *self.gathered.turns.get(own, ()), *self._due(promised, own)]
        if pieces:
            changes += turns(Piece(0, 0, said, marks, then.known), pieces, self._first, self._now)
            then.whole = True
            changes += self._closing(row, then, said)
            said, marks = sorted([*said, *joined]), sorted([*marks, *joined_marks])
        doubts += [*_doubts({name: traced[name] for name in self._asked.fields}), *promised.unsure]
        return Story(own, then, said, changes, marks, [*events, *joined_events], doubts, row[3])

    def _traced(
        self,
        row: tuple[Any, ...],
        said: Sequence[Said],
        joined: Sequence[Said],
        labels: Iterable[str],
        ops: Sequence[Op],
        reports: Mapping[str, Millis],
    ) -> dict[str, list[Step]]:
        """How each field of a conversation came to be as it is; words of its parts, `joined`, open it again, too."""
        current: dict[str, Any] = {
            "status": row[6],
            "priority": _PRIORITY[row[7]],
            "assignee_id": self._agents.get(row[8]),
            "incident_id": self._incidents.get(row[9]),
            "labels": sorted(labels),
            "snoozed_until": row[10],
            "flags": [word for word, held in zip(_FLAGS, (row[11], row[13]), strict=True) if held],
            "contact_reason": row[14],
            "subject": row[15],
        }
        own_words = [one >> SHIFT for one in said if one & ROLE == 1]
        began = min([row[2], *own_words[:1]])
        wrote = sorted([*own_words, *(one >> SHIFT for one in joined if one & ROLE == 1)])
        set_by = [op for op in ops if op.object_id == row[1] and op.verb is not Verb.READ]
        return {
            name: steps(name, value, set_by, began=began, now=self._now, wrote=wrote, reported=reports.get(name))
            for name, value in current.items()
        }

    def _closing(self, row: tuple[Any, ...], then: Then, said: Sequence[Said]) -> Iterator[tuple[Millis, str, Step]]:
        """When the reply window of a whole closes: what comes into its parts opens none."""
        came = [one >> SHIFT for one in said if one & INCOMING and not one & NOTE] if then.window is not None else []
        for at in came:
            closes = row[5] if at == came[-1] and row[5] is not None else at + (then.window or 0)
            yield at, "closes_at", Step(at, None, closes, Cause.REPORTED)

    def _piece(self, stay: Stay) -> Piece:
        """What a part had, and what became of it."""
        sql, values = _statement(self._asked, compiled.Condition("c.id = ?", (stay.part,)))
        row = self._db.execute(sql, values).fetchone()
        rows = _rows([row[0]])
        ops, events = self._ops(rows).get(row[0], ()), self._failed(rows).get(row[0], [])
        said, marks = self._marked(row, self._said([row[0]]).get(row[0], []), ops)
        labels, reports = self._labels(rows).get(row[0], []), self._reports(rows).get(row[0], {})
        traced = _turns(self._traced(row, said, (), labels, ops, reports))
        told = [(at, *one) for at, field, step in traced for one in turned(field, step.before, step.after)]
        events = [*events, *self._rated(row), *(one for one in told if one[1] in self._heard)]
        return Piece(stay.since, stay.until, said, marks, row[20:], events)

    def _due(self, promised: Promises, own: Ulid) -> list[tuple[Millis, str, Step]]:
        """When something was due that was promised in a conversation or its parts."""
        if not self._asked.tasks:
            return []
        parts = list[tuple[Millis, Millis, Sequence[Promise]]]()
        for stay in self.gathered.stays.get(own, ()):
            rows = compiled.Condition("IN (SELECT pk FROM conversation WHERE id = ?)", (stay.part,))
            for found in promises(self._db, rows, self._now).values():
                parts.append((stay.since, stay.until, found.said))
        return due_turns(promised.said, parts)

    def _marked(
        self, row: tuple[Any, ...], said: Sequence[Said], ops: Sequence[Op]
    ) -> tuple[Sequence[Said], list[tuple[Millis, int]]]:
        """The messages with what was unread as they came, and how that changed when they were marked."""
        reads = [op for op in ops if op.object_id == row[1] and op.verb is Verb.READ] if self._asked.unread else []
        if not reads:
            return said, []
        rows = self._db.execute(_OWN, (row[0],)).fetchall()
        unread = {own for own, _role, held in rows if held}
        marks: list[tuple[Millis, int]] = []
        for op in reversed(reads):
            before, after = set(op.before.get("unread") or ()), set(op.after.get("unread") or ())
            marks.append((op.at, len(after - before) - len(before - after)))
            unread = (unread - (after - before)) | (before - after)
        shown = [own for own, role, _held in rows if role]
        came = [one & ~UNREAD | (UNREAD if own in unread else 0) for one, own in zip(said, shown, strict=True)]
        return came, marks[::-1]


def _rows(pks: Sequence[int]) -> compiled.Condition:
    """Rows, the last one first; those beside one another are read in one stretch of an index."""
    if pks[0] - pks[-1] < 2 * len(pks):
        return compiled.Condition("BETWEEN ? AND ?", (pks[-1], pks[0]))
    return compiled.Condition("IN (SELECT value FROM json_each(?))", (json.dumps(pks),))


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
