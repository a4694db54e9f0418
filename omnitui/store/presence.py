"""Which agents are away, and whose turn it is in each team, as the cache keeps it."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind
from omnitui.store.reads import presence
from omnitui.store.rows import written
from omnitui.store.writer import Tx


def set_away(tx: Tx, agent_id: Ulid, until: Millis | None) -> None:
    """An agent is away until a time (`presence.NO_END`: with no end), or back: None. What is over is forgotten."""
    found = {one: at for one, at in presence.away(tx.db, tx.now()).items() if one != agent_id}
    if until is not None:
        found[agent_id] = until
    _put(tx, presence.AWAY, found)
    tx.changed(ObjectKind.ACCOUNT, agent_id)


def take_turn(tx: Tx, pool: str, agent_id: Ulid) -> None:
    """An agent of a pool has got a conversation: all others come before them."""
    found = presence.turns(tx.db, pool)
    _put(tx, presence.TURNS + pool, {**found, agent_id: max(found.values(), default=0) + 1})


def _put(tx: Tx, name: str, value: dict[Ulid, int]) -> None:
    tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (name, written(value)))
