"""The change sequence: what each commit changed, so that every process can follow every other."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Final

from omnitui.bus import Changed
from omnitui.ids import Ulid
from omnitui.model.operations import Change
from omnitui.model.states import ObjectKind
from omnitui.store.groups import groups, marks
from omnitui.store.reads.assembly import maker

KEPT: Final = 20_000
"""Rows of the sequence that stay; whoever is farther behind reads everything anew."""


_change: Final = maker(Change)

Touched = dict[tuple[ObjectKind, Ulid], int]
"""Changed objects and their new revisions."""


@cache
def _append(rows: int) -> str:
    return f"INSERT INTO change(kind, object_id, revision) VALUES {marks(3, rows)}"


def last_seq(db: sqlite3.Connection) -> int:
    """The newest place in the sequence; 0 before the first change."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'change'").fetchone()
    return int(row[0]) if row else 0


def append(db: sqlite3.Connection, touched: Touched) -> tuple[Change, ...]:
    """Add changes to the sequence, in the writer's transaction, and drop the oldest rows."""
    # Plain values: sqlite3 looks for an adapter of anything else.
    rows = [(kind.value, object_id, revision) for (kind, object_id), revision in touched.items()]
    for some in groups(rows):
        db.execute(_append(len(some)), list(chain.from_iterable(some)))
    last = last_seq(db)
    first = last - len(touched) + 1
    # Now and then only: one range of old rows at the left end of the table costs almost nothing.
    if last // 1000 != (first - 1) // 1000:
        db.execute("DELETE FROM change WHERE seq <= ?", (last - KEPT,))
    return tuple([_change(seq, *key, revision) for seq, (key, revision) in enumerate(touched.items(), first)])


def since(db: sqlite3.Connection, seq: int, limit: int = KEPT) -> Changed | None:
    """All changes after `seq` as one event; None where there are none."""
    rows = db.execute(
        "SELECT seq, kind, object_id, revision FROM change WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit + 1)
    ).fetchall()
    if not rows:
        last = last_seq(db)
        return Changed(last, (), complete=False) if last > seq else None
    changes = [Change(number, ObjectKind(kind), object_id, revision) for number, kind, object_id, revision in rows]
    if len(rows) > limit:
        return joined(changes[:limit], complete=False, seq=last_seq(db))
    # Up to the last row that was read: another process may have committed since.
    return joined(changes, complete=rows[0][0] == seq + 1)


def joined(changes: Sequence[Change], *, complete: bool = True, seq: int | None = None) -> Changed:
    """Changes as one event, each object once."""
    newest = {(change.kind, change.object_id): change for change in changes}
    return Changed(changes[-1].seq if seq is None else seq, tuple(newest.values()), complete)
