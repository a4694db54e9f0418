"""Until when agents are away, and whose turn it is in each team, as the cache keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind
from omnitui.store.reads import presence
from omnitui.store.rows import pk_of, written
from omnitui.store.writer import Tx

MOST_TAKEN: Final = 200
"""Turns of a pool that can be given back, the last ones."""


def set_away(tx: Tx, agent_id: Ulid, until: Millis | None) -> None:
    """An agent is away until a time (`presence.NO_END`: with no end), or back: None."""
    pk = pk_of(tx, "agent", agent_id)
    tx.db.execute("UPDATE agent SET away_until = ?, revision = revision + 1 WHERE pk = ?", (until, pk))
    tx.changed(ObjectKind.ACCOUNT, agent_id)


def take_turn(tx: Tx, pool: str, agent_id: Ulid, op_id: Ulid) -> None:
    """An agent of a pool has got a conversation by an op: all others come before them."""
    found = presence.turns(tx.db, pool)
    taken = [*presence.taken(tx.db, pool), (op_id, agent_id, found.get(agent_id, 0))]
    _keep(tx, pool, {**found, agent_id: max(found.values(), default=0) + 1}, taken[-MOST_TAKEN:])


def give_back(tx: Tx, op_id: Ulid) -> None:
    """The turn that was taken with an op is as if it had not been, unless somebody has got one since."""
    for pool in presence.pools(tx.db):
        taken = presence.taken(tx.db, pool)
        if taken and taken[-1][0] == op_id:
            _op, agent_id, before = taken[-1]
            _keep(tx, pool, {**presence.turns(tx.db, pool), agent_id: before}, taken[:-1])


def _keep(tx: Tx, pool: str, turns: Mapping[Ulid, int], taken: Sequence[tuple[Ulid, Ulid, int]]) -> None:
    tx.db.executemany(
        "INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)",
        [(presence.TURNS + pool, written(turns)), (presence.TAKEN + pool, written(taken))],
    )
