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
"""Turns of a pool that can be given back, or taken again, the last ones."""


def set_away(tx: Tx, agent_id: Ulid, until: Millis | None) -> None:
    """An agent is away until a time (`NO_END`: with no end), or back: None."""
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
        last = next((one for one in reversed(taken) if one[2] is not None), None)
        if last is not None and last[0] == op_id:
            _op, agent_id, before = last
            turns = {**presence.turns(tx.db, pool), agent_id: before or 0}
            _keep(tx, pool, turns, [(op_id, agent_id, None) if one is last else one for one in taken])


def take_again(tx: Tx, op_id: Ulid, again: Ulid) -> None:
    """The op that a turn was taken with is done `again` by another one: so is the turn, where it was given back."""
    for pool in presence.pools(tx.db):
        taken, turns = presence.taken(tx.db, pool), presence.turns(tx.db, pool)
        for place, (op, agent_id, before) in enumerate(taken):
            if op == op_id and before is not None:
                _keep(tx, pool, turns, [*taken[:place], (again, agent_id, before), *taken[place + 1 :]])
            elif op == op_id:
                _keep(tx, pool, turns, [*taken[:place], *taken[place + 1 :]])
                take_turn(tx, pool, agent_id, again)


def _keep(tx: Tx, pool: str, turns: Mapping[Ulid, int], taken: Sequence[presence.Taken]) -> None:
    tx.db.executemany(
        "INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)",
        [(presence.TURNS + pool, written(turns)), (presence.TAKEN + pool, written(taken))],
    )
