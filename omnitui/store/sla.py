"""When the clocks of conversations are due, kept in their rows (`omnitui.desk.promises.sla` says when that is).

The policies in force lie in the cache itself, so that every process sets the same clocks. What a work changes in a
conversation sets its clocks anew at the end of that work, at a cost that does not grow with the conversation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.promises.agreements import load
from omnitui.desk.promises.sla import Clock, Policy, clocks, soonest
from omnitui.model.states import ObjectKind, Status, What
from omnitui.store.reads import sla as reads
from omnitui.store.reads.compile import prepare
from omnitui.store.rule_journal import journal
from omnitui.store.writer import Tx

_COLUMNS: Final = "sla_policy, sla_target, sla_due_at, sla_warn_at, sla_left"
_NOTHING: Final = ("", "", None, None, None)
_OVER: Final = (Status.RESOLVED.value, Status.CLOSED.value)
Row = tuple[str, str, Millis | None, Millis | None, Millis | None]


class Clocks:
    """The conversations whose clocks a work has to set anew."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._pks: set[int] = set()
        self.policies = load(reads.in_force(tx.beside))

    def touch(self, pk: int) -> None:
        if self.policies:
            self._pks.add(pk)

    def close(self) -> None:
        pks, self._pks = self._pks, set()
        if pks:
            set_clocks(self._tx, pks, self.policies)


def touch(tx: Tx, conversation_pk: int) -> None:
    """Set the clocks of a conversation anew when the work ends: something in it is another now."""
    found = tx.closing.get("sla")
    if not isinstance(found, Clocks):
        found = Clocks(tx)
        tx.closing["sla"] = found
    found.touch(conversation_pk)


def touch_contact(tx: Tx, contact_pk: int) -> None:
    """`touch` for what a contact has that is not over: policies may ask for the person."""
    if load(reads.in_force(tx.beside)):
        rows = tx.db.execute(
            "SELECT pk FROM conversation WHERE contact_pk = ? AND status NOT IN (?, ?)", (contact_pk, *_OVER)
        )
        for (pk,) in rows.fetchall():
            touch(tx, pk)


def note_status(tx: Tx, conversation_pk: int, status: str, at: Millis) -> None:
    """Keep that a conversation got a status, by which clocks are paused and ended; not before the one that it had."""
    tx.db.execute(
        "INSERT INTO status_change(conversation_pk, at, status) VALUES (?1, max(?2, coalesce("
        "(SELECT at FROM status_change WHERE conversation_pk = ?1 ORDER BY pk DESC LIMIT 1), 0)), ?3)",
        (conversation_pk, at, status),
    )


def set_clocks(tx: Tx, pks: Iterable[int], policies: tuple[Policy, ...], *, tell: bool = False) -> int:
    """Compute when conversations are due, and keep it; how many are due otherwise now.

    `tell`: nobody else says that they have changed.
    """
    prepare(tx.db)
    chosen, values = reads.choice(tx.db, policies)
    rows = tx.db.execute(
        f"SELECT c.pk, c.id, c.status, {chosen}, {_COLUMNS} FROM conversation c"
        " WHERE c.pk IN (SELECT value FROM json_each(?))",
        (*values, json.dumps(sorted(pks))),
    ).fetchall()
    changed, now = 0, tx.now()
    for pk, own, status, number, *kept in rows:
        wanted: Row = _NOTHING
        if number is not None and status not in _OVER:
            policy = policies[number]
            clock = soonest(clocks(reads.events(tx.db, pk), policy, now))
            wanted = _row(policy, clock)
        if wanted != tuple(kept):
            more = ", revision = revision + 1" if tell else ""
            revision = tx.db.execute(
                f"UPDATE conversation SET ({_COLUMNS}) = (?, ?, ?, ?, ?){more} WHERE pk = ? RETURNING revision",
                (*wanted, pk),
            ).fetchone()[0]
            tx.changed(ObjectKind.CONVERSATION, own, revision)
            due_before, due = kept[2], wanted[2]
            warned_before, warned = (None if one[3] == one[2] else one[3] for one in (kept, wanted))
            told = ((What.WARNED, warned_before, warned), (What.BREACHED, due_before, due))
            journal(tx).clocks(pk, told, swept=tell)
            changed += 1
    return changed


def put_in_force(tx: Tx, text: str) -> bool:
    """Take policies (`omnitui.desk.promises.agreements.dump`; "" for none) into force; False where they are already.

    Every conversation has to be gone through then, see `sweep`.
    """
    if reads.in_force(tx.db) == text:
        return False
    for name, value in ((reads.IN_FORCE, text), (reads.SWEPT, "0")):
        tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (name, value))
    return True


def note_origin(tx: Tx, origin: str) -> None:
    """Keep what the policies in force were made from, see `reads.sla.origin`."""
    tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (reads.ORIGIN, origin))


def sweep(tx: Tx, most: int) -> bool:
    """Set the clocks of the next `most` conversations, after other policies came into force; False where all are done.

    Where it has got to is kept: any process goes on with it.
    """
    reached = reads.swept(tx.db)
    if reached is None:
        return False
    pks = [
        pk for (pk,) in tx.db.execute("SELECT pk FROM conversation WHERE pk > ? ORDER BY pk LIMIT ?", (reached, most))
    ]
    if pks:
        set_clocks(tx, pks, load(reads.in_force(tx.db)), tell=True)
        tx.db.execute("UPDATE meta SET value = ? WHERE name = ?", (str(pks[-1]), reads.SWEPT))
    else:
        tx.db.execute("DELETE FROM meta WHERE name = ?", (reads.SWEPT,))
    return bool(pks)


def _row(policy: Policy, clock: Clock | None) -> Row:
    if clock is None:
        return (policy.name, "", None, None, None)
    if clock.due_at is None:
        return (policy.name, clock.target.value, None, None, clock.left)
    warn = clock.warnings[0] if clock.warnings else clock.due_at
    return (policy.name, clock.target.value, clock.due_at, warn, None)
