"""What the clocks of a conversation go by: the policies in force, and what happened in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.promises.agreements import load
from omnitui.desk.promises.sla import Event, Policy, Said, clocks, soonest
from omnitui.desk.querying.parsing import parse
from omnitui.ids import Ulid
from omnitui.model.states import Status
from omnitui.store.reads.compile import conversations, prepare
from omnitui.values import dataclass

IN_FORCE: Final = "sla"
"""The name in `meta` of the policies in force."""
SWEPT: Final = "sla_swept"
"""The name in `meta` of how far the clocks were set since those came into force; absent when all are."""

ORIGIN: Final = "sla_origin"
"""The name in `meta` of what these were made from."""

MOST: Final = 100
"""Conversations that are warned of at once."""
_ALARMED: Final = "SELECT id FROM conversation WHERE {0} > ?1 AND {0} <= ?2"
_ASKED: Final = "SELECT received_at FROM message WHERE conversation_pk = ?1 AND role = 1 AND received_at"
_ANSWERED: Final = "SELECT received_at FROM message WHERE conversation_pk = ?1 AND role = 2 AND received_at"
_BEGUN: Final = "SELECT received_at FROM message WHERE conversation_pk = ?1 AND received_at"
_ENDED: Final = (Status.RESOLVED, Status.CLOSED)


@dataclass(frozen=True, slots=True)
class Alarms:
    """What fell due in a span of time."""

    risks: frozenset[Ulid] = frozenset()
    """Conversations of which a warning fell due."""
    late: frozenset[Ulid] = frozenset()
    """Those of which an agreement was broken."""
    coming: Millis | None = None
    """When the next of either falls due."""


def in_force(db: sqlite3.Connection) -> str:
    """The policies in force as text, see `omnitui.desk.promises.agreements`; "" for none."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (IN_FORCE,)).fetchone()
    return str(row[0]) if row else ""


def origin(db: sqlite3.Connection) -> str:
    """What the policies in force were made from, as whoever read them put it; "" for nothing."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (ORIGIN,)).fetchone()
    return str(row[0]) if row else ""


def swept(db: sqlite3.Connection) -> int | None:
    """The last row whose clocks were set since the policies came into force; None when all are."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (SWEPT,)).fetchone()
    return int(row[0]) if row else None


def policy_of(db: sqlite3.Connection, conversation_id: Ulid) -> Policy | None:
    """The policy that a conversation is under, also one that is over."""
    known = load(in_force(db))
    chosen, values = choice(db, known)
    prepare(db)
    row = db.execute(f"SELECT {chosen} FROM conversation c WHERE c.id = ?", (*values, conversation_id)).fetchone()
    return None if row is None or row[0] is None else known[row[0]]


def choice(db: sqlite3.Connection, policies: tuple[Policy, ...]) -> tuple[str, tuple[str | int, ...]]:
    """SQL for the number of the first policy that a conversation is under, and what its question marks stand for."""
    if not policies:
        return "NULL", ()
    row = db.execute("SELECT id FROM agent WHERE me = 1 AND deleted_at IS NULL").fetchone()
    me = str(row[0]) if row else ""
    found = [_condition(policy.query, me) for policy in policies]
    cases = " ".join(f"WHEN {sql} THEN {number}" for number, (sql, _values) in enumerate(found))
    return f"CASE {cases} END", tuple(value for _sql, values in found for value in values)


@lru_cache(maxsize=64)
def _condition(text: str, me: Ulid) -> tuple[str, tuple[str | int, ...]]:
    from datetime import UTC

    # Policies say nothing that hangs on the time: their reader refuses it.
    condition = conversations(parse(text, now=0, me=me, zone=UTC))
    return condition.sql, condition.values


def events(db: sqlite3.Connection, conversation_pk: int) -> list[Event]:
    """What of a conversation decides about the clocks that run: a few of its messages, and its statuses."""
    pk = conversation_pk
    status, created_at, last_incoming_at, answered_at, unanswered_since = db.execute(
        "SELECT status, created_at, last_incoming_at, answered_at, unanswered_since FROM conversation WHERE pk = ?",
        (pk,),
    ).fetchone()
    pks = _members(db, pk)
    found = _statuses(db, pks, status, created_at)
    if last_incoming_at is not None:
        first = _first(db, f"{_ASKED} >= 0", pks)
        found += [] if first is None else [Event(first, Said.ASKED)]
    if answered_at is not None:
        first = _first(db, f"{_ANSWERED} >= 0", pks)
        found += [Event(at, Said.ANSWERED) for at in sorted({answered_at, answered_at if first is None else first})]
    if unanswered_since is not None:
        found.append(Event(unanswered_since, Said.ASKED))
        found += _again(db, pks, [one for one in found if isinstance(one.what, Status)], answered_at or 0)
    return found


def _members(db: sqlite3.Connection, pk: int) -> list[int]:
    """A conversation, and those that are shown as parts of it."""
    rows = db.execute("SELECT pk FROM conversation WHERE merged_pk = ? AND deleted_at IS NULL", (pk,))
    return [pk, *(part for (part,) in rows)]


def _first(db: sqlite3.Connection, sql: str, pks: Iterable[int], *values: Millis) -> Millis | None:
    """The earliest of what a statement finds in each of the conversations."""
    found = (db.execute(f"{sql} ORDER BY received_at LIMIT 1", (pk, *values)).fetchone() for pk in pks)
    return min((row[0] for row in found if row is not None), default=None)


def story(db: sqlite3.Connection, conversation_id: Ulid) -> list[Event]:
    """Everything that happened in a conversation and its parts, as far as clocks hear it."""
    row = db.execute("SELECT pk, status, created_at FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        return []
    pk, status, created_at = row
    pks = _members(db, pk)
    said = db.execute(
        "SELECT received_at, role FROM message WHERE conversation_pk IN (SELECT value FROM json_each(?))"
        " AND role IN (1, 2) ORDER BY received_at",
        (json.dumps(pks),),
    )
    found = [Event(at, Said.ASKED if role == 1 else Said.ANSWERED) for at, role in said]
    return [*_statuses(db, pks, status, created_at), *found]


def alarms(db: sqlite3.Connection, since: Millis, now: Millis) -> Alarms:
    """What was to be warned of after `since` and up to `now`, of the profile's agent and of nobody; and what comes."""
    known = load(in_force(db))
    if not known:
        return Alarms()
    ours = "is_shown = 1 AND (assignee_pk IS NULL OR assignee_pk = (SELECT pk FROM agent WHERE me = 1))"
    late = {own for (own,) in db.execute(f"{_ALARMED.format('sla_due_at')} AND {ours} LIMIT ?3", (since, now, MOST))}
    risks = {own for (own,) in db.execute(f"{_ALARMED.format('sla_warn_at')} AND {ours} LIMIT ?3", (since, now, MOST))}
    coming = [
        db.execute(f"SELECT min({column}) FROM conversation WHERE {column} > ?", (now,)).fetchone()[0]
        for column in ("sla_warn_at", "sla_due_at")
    ]
    if any(len(policy.warn) > 1 for policy in known):
        for own, warnings in _further(db, known, now, ours):
            risks |= {own} if any(since < at <= now for at in warnings) else set()
            coming += [at for at in warnings if at > now]
    return Alarms(frozenset(risks - late), frozenset(late), min((at for at in coming if at is not None), default=None))


def _further(
    db: sqlite3.Connection, known: tuple[Policy, ...], now: Millis, ours: str
) -> Iterator[tuple[Ulid, tuple[Millis, ...]]]:
    """All warnings of the clocks that were warned of once and are not due yet, of those due first."""
    policies = {policy.name: policy for policy in known}
    rows = db.execute(
        f"SELECT pk, id, sla_policy FROM conversation WHERE sla_due_at > ?1 AND sla_warn_at <= ?1 AND {ours}"
        " ORDER BY sla_due_at LIMIT ?2",
        (now, MOST),
    ).fetchall()
    for pk, own, name in rows:
        clock = soonest(clocks(events(db, pk), policies[name], now)) if name in policies else None
        if clock is not None:
            yield own, clock.warnings


def _statuses(db: sqlite3.Connection, pks: Sequence[int], status: str, created_at: Millis) -> list[Event]:
    sql = "SELECT at, status FROM status_change WHERE conversation_pk = ? ORDER BY pk"
    rows = db.execute(sql, (pks[0],)).fetchall()
    first = _first(db, f"{_BEGUN} >= 0", pks)
    begun = created_at if first is None else min(created_at, first)
    found = [Event(at, Status(word)) for at, word in rows]
    if not found:
        return [Event(begun, Status(status))]
    if found[0].at > begun:
        found.insert(0, Event(begun, Status.OPEN))
    if found[-1].what != status:
        found.append(Event(found[-1].at, Status(status)))
    return found


def _again(db: sqlite3.Connection, pks: Sequence[int], statuses: list[Event], since: Millis) -> list[Event]:
    """Who wrote first after each time that the conversation was resolved, and before it was opened again."""
    found: list[Event] = []
    ended_at: Millis | None = None
    for status in statuses:
        if status.what in _ENDED:
            ended_at = status.at if ended_at is None else ended_at
        elif ended_at is not None:
            first = _first(db, f"{_ASKED} BETWEEN ?2 AND ?3", pks, max(ended_at, since), status.at)
            found += [] if first is None else [Event(first, Said.ASKED)]
            ended_at = None
    return found
