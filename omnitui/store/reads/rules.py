"""What rules have before them: what happened, what is due; and what they did."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.querying.terms import Query
from omnitui.desk.rules.rule import DEEPEST, Happened, Link, Past, What
from omnitui.ids import Ulid
from omnitui.store.reads.compile import conversations, prepare
from omnitui.store.reads.merging import AMONG
from omnitui.store.rule_journal import AGREEMENT
from omnitui.values import dataclass

_ENOUGH: Final = 64
"""Firings of a rule on a conversation that are looked at: more than may be in a span, and the last."""


@dataclass(frozen=True, slots=True)
class State:
    """How a rule stands."""

    name: str
    since_at: Millis | None = None
    """In force since; None: it is not."""
    since_pk: int = 0
    """The last event before that."""
    cut_at: Millis | None = None
    """When it was switched off for firing too often."""
    cut_why: str = ""
    failed_at: Millis | None = None
    failed_why: str = ""
    """Why it could not do what it says, the last time that it could not."""
    times: str = ""
    next_at: Millis | None = None
    """When its time comes next, of those times."""
    reached: int = 0
    """The last row that was looked at for a time that has come."""
    tried_at: Millis | None = None
    tried_digest: str = ""
    """See `omnitui.desk.rules.rule.Rule.digest`: what was tried."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that rules are to be asked about."""

    happened: Happened
    pk: int = 0
    """Its row among the events; 0 for a timer."""
    asked: str = ""
    """The last rule that was asked already."""
    cause: int | None = None
    """The firing that led to it."""
    name: str = ""
    """Whose timer it is; empty for events and agreements."""
    clock: str = ""
    due_at: Millis = 0
    row: int = 0
    """The conversation's, which may be a part of the one that is shown."""
    begun_at: Millis = 0
    """When the account that it happened in was added: what came to it before is history."""


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that fired."""

    id: Ulid
    """The group of its ops, and the first of them."""
    name: str
    conversation_id: Ulid
    at: Millis
    why: str
    undone: bool = False
    cause: Ulid | None = None
    """The firing that led to it."""


_EVENT: Final = """
    SELECT e.what, c.id, e.at, e.subject, e.was, (SELECT id FROM message WHERE pk = e.message_pk), e.firing_pk,
        a.created_at, e.conversation_pk"""
_PLACE: Final = """
    JOIN conversation k ON k.pk = e.conversation_pk JOIN conversation c ON c.pk = coalesce(k.merged_pk, k.pk)
    JOIN account a ON a.pk = k.account_pk"""


def events(db: sqlite3.Connection, limit: int) -> list[Waiting]:
    """What happened and was not looked at yet, the first first; of a part, where it is shown."""
    rows = db.execute(f"{_EVENT}, e.pk, e.asked FROM rule_event e {_PLACE} ORDER BY e.pk LIMIT ?", (limit,))
    return [_waiting(row, pk=row[9], asked=row[10]) for row in rows.fetchall()]


_RINGS: Final = "(e.name = ? OR e.name IN (SELECT name FROM rule_state WHERE since_at IS NOT NULL))"
"""Whether a timer is an agreement's, or its rule is in force: one with a fault keeps its timers until it is mended."""


def timers(db: sqlite3.Connection, now: Millis, limit: int) -> list[Waiting]:
    """What is due, the first first."""
    rows = db.execute(
        f"{_EVENT}, e.name, e.clock, e.due_at FROM rule_timer e {_PLACE} WHERE e.due_at <= ? AND {_RINGS}"
        " ORDER BY e.due_at, e.conversation_pk, e.name, e.clock LIMIT ?",
        (now, AGREEMENT, limit),
    )
    return [_waiting(row, name=row[9], clock=row[10], due_at=row[11]) for row in rows.fetchall()]


def stands(db: sqlite3.Connection, waiting: Waiting) -> bool:
    """Whether something waits still as it was read."""
    if waiting.pk:
        row = db.execute("SELECT 1 FROM rule_event WHERE pk = ? AND asked = ?", (waiting.pk, waiting.asked)).fetchone()
    else:
        row = db.execute(
            "SELECT 1 FROM rule_timer WHERE name = ? AND clock = ? AND conversation_pk = ? AND due_at = ?",
            (waiting.name, waiting.clock, waiting.row, waiting.due_at),
        ).fetchone()
    return row is not None


def next_due(db: sqlite3.Connection) -> Millis | None:
    """When something is to be looked at next: a timer, or a time that comes again."""
    found: Millis | None = db.execute(
        f"SELECT min(at) FROM (SELECT min(due_at) AS at FROM rule_timer e WHERE {_RINGS} UNION ALL"
        " SELECT min(next_at) FROM rule_state WHERE since_at IS NOT NULL)",
        (AGREEMENT,),
    ).fetchone()[0]
    return found


def _waiting(row: Any, **fields: Any) -> Waiting:
    what, conversation_id, at, subject, was, message_id, cause, begun_at, pk = row[:9]
    happened = Happened(What(what), conversation_id, at, subject, was, message_id)
    return Waiting(happened, cause=cause, begun_at=begun_at, row=pk, **fields)


def states(db: sqlite3.Connection) -> dict[str, State]:
    """How rules stand, by name."""
    rows = db.execute(
        "SELECT name, since_at, since_pk, cut_at, cut_why, failed_at, failed_why, times, next_at, reached, tried_at,"
        " tried_digest FROM rule_state ORDER BY name"
    )
    return {row[0]: State(*row) for row in rows.fetchall()}


def past(db: sqlite3.Connection, name: str, conversation_id: Ulid, cause: int | None) -> Past:
    """What is known of a rule on a conversation, and of what led to its being set off there."""
    fired = db.execute(
        f"SELECT f.at FROM rule_firing f WHERE f.conversation_pk IN ({AMONG}) AND f.name = :name"
        " ORDER BY f.at DESC LIMIT :most",
        {"of": conversation_id, "name": name, "most": _ENOUGH},
    ).fetchall()
    answered = db.execute(
        "SELECT f.at FROM conversation c CROSS JOIN conversation o ON o.contact_pk = c.contact_pk"
        " CROSS JOIN rule_firing f ON f.conversation_pk = o.pk AND f.name = ? AND f.replied = 1"
        " WHERE c.id = ? ORDER BY f.at DESC LIMIT ?",
        (name, conversation_id, _ENOUGH),
    ).fetchall()
    return Past([at for (at,) in fired], [at for (at,) in answered], chain(db, cause))


def chain(db: sqlite3.Connection, cause: int | None) -> tuple[Link, ...]:
    """The firings that led to something, the newest first."""
    found: list[Link] = []
    while cause is not None and len(found) < DEEPEST:
        name, conversation_id, cause = db.execute(
            "SELECT f.name, c.id, f.firing_pk FROM rule_firing f JOIN conversation k ON k.pk = f.conversation_pk"
            " JOIN conversation c ON c.pk = coalesce(k.merged_pk, k.pk) WHERE f.pk = ?",
            (cause,),
        ).fetchone() or ("", "", None)
        found.append(Link(name, conversation_id))
    return tuple(found)


def answered(
    db: sqlite3.Connection, conversation_id: Ulid, message_id: Ulid | None
) -> tuple[bool, str, frozenset[str]] | None:
    """What would be answered: whether a machine wrote it, the blob of its raw form, and who wrote it.

    That is the message of that id, else the newest that came in. None where there is no such conversation. A score that
    was asked for is marked automatic: as a message it wants no answer, but no machine wrote it.
    """
    row = db.execute(
        "SELECT coalesce(m.auto AND NOT (?2 IS NULL AND EXISTS (SELECT 1 FROM conversation"
        " WHERE pk = coalesce(c.merged_pk, c.pk) AND csat_at = m.received_at)), 0),"
        " coalesce(m.raw, ''), coalesce(l.sender, ''), coalesce((SELECT address FROM"
        " identity WHERE contact_pk = c.contact_pk AND channel = c.channel AND deleted_at IS NULL ORDER BY pk LIMIT 1),"
        " '') FROM conversation c LEFT JOIN message m ON m.pk = (SELECT pk FROM message WHERE conversation_pk IN"
        " (SELECT pk FROM conversation WHERE pk = c.pk OR merged_pk = c.pk) AND direction = 'incoming'"
        " AND kind NOT IN ('note', 'activity') AND deleted_at IS NULL"
        " ORDER BY id = ?2 DESC, received_at DESC, id DESC LIMIT 1)"
        " LEFT JOIN mail l ON l.message_pk = m.pk WHERE c.id = ?1",
        (conversation_id, message_id),
    ).fetchone()
    return None if row is None else (bool(row[0]), row[1], frozenset(row[2:]) - {""})


def holds(db: sqlite3.Connection, query: Query, conversation_id: Ulid) -> bool:
    """Whether a conversation is found by a query now."""
    condition = conversations(query)
    prepare(db)
    row = db.execute(
        f"SELECT 1 FROM conversation c WHERE c.id = ? AND ({condition.sql})", (conversation_id, *condition.values)
    ).fetchone()
    return row is not None


def found_by(db: sqlite3.Connection, query: Query, after: int, limit: int) -> list[tuple[int, Ulid]]:
    """Rows and ids of the conversations that a query finds, behind a row, in the order of rows."""
    condition = conversations(query)
    prepare(db)
    rows: list[tuple[int, Ulid]] = db.execute(
        f"SELECT c.pk, c.id FROM conversation c WHERE c.pk > ? AND ({condition.sql}) ORDER BY c.pk LIMIT ?",
        (after, *condition.values, limit),
    ).fetchall()
    return rows


def firings(
    db: sqlite3.Connection, name: str = "", *, conversation_id: Ulid | None = None, limit: int = 100
) -> list[Firing]:
    """What fired last, the newest first: of one rule, of one conversation, or of all."""
    # Each is looked up in the index of its own; a rule that fires seldom may have its last one far back.
    where = " AND f.name = ?1" if name else ""
    where += " AND f.conversation_pk = (SELECT pk FROM conversation WHERE id = ?2)" if conversation_id else ""
    rows = db.execute(
        "SELECT f.id, f.name, c.id, f.fired_at, f.why, EXISTS (SELECT 1 FROM op o JOIN op u ON u.undoes = o.id"
        " WHERE o.group_id = f.id), (SELECT id FROM rule_firing WHERE pk = f.firing_pk)"
        f" FROM rule_firing f JOIN conversation c ON c.pk = f.conversation_pk WHERE 1{where} ORDER BY f.pk DESC"
        " LIMIT ?3",
        (name, conversation_id, limit),
    )
    return [
        Firing(own, rule, conversation, at, why, bool(undone), cause)
        for own, rule, conversation, at, why, undone, cause in rows.fetchall()
    ]


def tally(db: sqlite3.Connection) -> dict[str, tuple[int, Millis]]:
    """How often each rule has fired, and when last."""
    rows = db.execute("SELECT name, count(*), max(fired_at) FROM rule_firing GROUP BY name").fetchall()
    return {name: (count, last) for name, count, last in rows}


def agreement(waiting: Waiting) -> bool:
    """Whether a timer is an agreement's, which all rules may listen to."""
    return not waiting.pk and waiting.name == AGREEMENT
