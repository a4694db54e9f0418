"""Which agents are away, whose turn it is, and how much each has."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.querying.terms import Query
from omnitui.ids import Ulid
from omnitui.store.reads import compile as compiled

TURNS: Final = "turns:"
"""What the names in `meta` begin with of the turns of a team."""
TAKEN: Final = "taken:"
"""The same of the turns that were taken last, which can be given back."""
Taken = tuple[Ulid, Ulid, int | None]
"""A turn: the op by which it was taken, whose, and how late they were before; None: it was given back."""


def away(db: sqlite3.Connection, now: Millis) -> dict[Ulid, Millis]:
    """The agents who are away at `now`, and until when."""
    return dict(db.execute("SELECT id, away_until FROM agent WHERE away_until > ?", (now,)).fetchall())


def mine(db: sqlite3.Connection) -> Millis | None:
    """Until when the profile's agent said that they are away; it may have passed."""
    row = db.execute("SELECT away_until FROM agent WHERE me = 1 AND deleted_at IS NULL").fetchone()
    return row[0] if row else None


def turns(db: sqlite3.Connection, pool: str) -> dict[Ulid, int]:
    """How late each agent of a pool got one: the higher, the later; not named: never yet."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (TURNS + pool,)).fetchone()
    return json.loads(row[0]) if row else {}


def pools(db: sqlite3.Connection) -> list[str]:
    """The pools in which turns were taken."""
    rows = db.execute("SELECT name FROM meta WHERE name BETWEEN ?1 AND ?1 || char(1114111)", (TAKEN,)).fetchall()
    return [str(name).removeprefix(TAKEN) for (name,) in rows]


def taken(db: sqlite3.Connection, pool: str) -> list[Taken]:
    """The turns that were taken last in a pool, the last one last."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (TAKEN + pool,)).fetchone()
    return [(op, agent, before) for op, agent, before in json.loads(row[0])] if row else []


def loads(db: sqlite3.Connection) -> dict[Ulid, int]:
    """How many open conversations each agent has who has any."""
    # The + keeps SQLite from walking all that agents ever had, by its index: what is open is less.
    rows = db.execute(
        "SELECT g.id, n FROM (SELECT assignee_pk, count(*) AS n FROM conversation"
        " WHERE is_open = 1 AND +assignee_pk IS NOT NULL GROUP BY +assignee_pk) JOIN agent g ON g.pk = assignee_pk"
    )
    return dict(rows.fetchall())


def fits(db: sqlite3.Connection, query: Query, conversation_id: Ulid) -> bool:
    """Whether a conversation is found by a query."""
    condition = compiled.conversations(query)
    compiled.prepare(db)
    sql = f"SELECT 1 FROM conversation c WHERE c.id = ? AND ({condition.sql})"
    return db.execute(sql, (conversation_id, *condition.values)).fetchone() is not None
