"""What can still be read of a damaged cache, brought into a snapshot of it.

A row is taken where it is believed (`store.recovery.damaged`) and has the same id as the snapshot's. Positions of the
sync, counters and indexes are not taken: the back ends and the rows themselves tell them anew.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence, Set
from functools import partial
from typing import Any, Final

from omnitui.clock import Clock, Millis
from omnitui.i18n import _
from omnitui.ids import Ids, is_ulid
from omnitui.store import rule_journal
from omnitui.store.arriving import blocks, fulltext, rollup
from omnitui.store.forgetting import tombstones
from omnitui.store.recovery.damaged import Source, Table, from_both_ends, plausible, rows_of, table_of
from omnitui.store.recovery.rewriting import write_again
from omnitui.store.tasks import set_due
from omnitui.store.writer import Tx
from omnitui.values import dataclass

_APART: Final = frozenset(
    (
        "change",
        "counter",
        "cursor",
        "ledger",
        "mail_location",
        "message_block",
        "meta",
        "parked",
        "replica",
        "unindexed",
    )
)
"""Tables that say where something stands, or are made of others; of `meta` the orders to forget are taken."""
_FIRST: Final = ("account", "agent", "organization", "contact", "inbox", "conversation", "message", "op")
"""Those that others refer to come first, in this order."""
_AS_IT_WAS: Final = frozenset(("op", "mail_reference", "message_revision", "op_seal"))
"""Rows that never change once they are written."""
_MOVING: Final = frozenset(
    (
        "state",
        "state_at",
        "seen",
        "external_id",
        "reason",
        "deleted_at",
        "conversation_pk",
        "contact_pk",
        "revision",
        "reactions",
    )
)
"""What may change of a message whose text is the same version."""
_WITH_TEXT: Final = ("attachment", "call_end", "message_revision", "mail_reference")
"""Tables whose rows go when a message is erased."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it."""

    kept: dict[str, int]
    """Rows that the snapshot did not have, or had otherwise, by table."""
    gaps: tuple[str, ...]
    """Tables of which some rows could not be read."""
    doubtful: int
    """Messages that may have left: they are `unknown` now."""


def salvage(opened: Callable[[], sqlite3.Connection], target: sqlite3.Connection, clock: Clock) -> Tally:
    """Bring what the damaged file, which `opened` opens, holds beyond `target` into that, in one transaction.

    Both are of the same schema. What waited in the outbox and cannot be read any more may have left since: it becomes
    `unknown`, which the back end or the agent decides.
    """
    damaged = Source(opened)
    kept: Counter[str] = Counter()
    gaps: list[str] = []
    sent: set[int] = set()
    origin = target.execute("SELECT id FROM replica").fetchone()
    tx = Tx(target, clock, Ids(clock), origin[0] if origin else "")
    target.execute("BEGIN IMMEDIATE")
    try:
        if origin is None:
            _take_identity(damaged, target)
        for table in _tables(target):
            taking = _Taking(tx, table)
            for row in rows_of(damaged, table, partial(gaps.append, table.name)):
                if taking.take(row) and table.name == "outbox":
                    sent.add(row[table.names.index("op_pk")])
            kept[table.name] = taking.count
            if table.name == "conversation":
                _let_go(target)
            taking.close()
        kept["meta"] = _take_orders(damaged, target, partial(gaps.append, "meta"))
        kept["message"] += write_again(tx)
        _gather(tx)
        doubtful = doubt(target, tx.now(), but=sent)
        rule_journal.forget(target)
        tx.settle()
        target.execute("COMMIT")
    except BaseException:
        if target.in_transaction:
            target.execute("ROLLBACK")
        raise
    finally:
        damaged.close()
    return Tally({name: count for name, count in kept.items() if count}, tuple(dict.fromkeys(gaps)), doubtful)


def doubt(db: sqlite3.Connection, now: Millis, *, but: Set[int] = frozenset()) -> int:
    """Make what waits in an older outbox `unknown`, since it may have left after that was copied; how many that were.

    Args:
        db: The restored cache, in a transaction.
        now: The time.
        but: Rows of ops whose entry is not from the older outbox.
    """
    waiting = [
        pk
        for (pk,) in db.execute("SELECT op_pk FROM outbox WHERE state IN ('held', 'queued', 'deferred', 'sending')")
        if pk not in but
    ]
    reason = _("the cache was restored: it may have left before that")
    for pk in waiting:
        db.execute(
            "UPDATE outbox SET state = 'unknown', state_at = ?, marked = 1, reason = ? WHERE op_pk = ?",
            (now, reason, pk),
        )
        db.execute(
            "UPDATE message SET state = 'unknown', state_at = ?, reason = ?"
            " WHERE pk = (SELECT message_pk FROM outbox WHERE op_pk = ?)",
            (now, reason, pk),
        )
        db.execute(
            "UPDATE conversation SET send_state = 'unknown' WHERE pk = (SELECT m.conversation_pk FROM outbox o"
            " JOIN message m ON m.pk = o.message_pk WHERE o.op_pk = ?)",
            (pk,),
        )
    return len(waiting)


class _Taking:
    """Takes rows of one table."""

    def __init__(self, tx: Tx, table: Table) -> None:
        self._tx = tx
        self._db = tx.db
        self._table = table
        self.count = 0
        self._conversations: set[int] = set()
        where = " AND ".join(f'"{name}" = ?' for name in table.key)
        names = ", ".join(f'"{name}"' for name in table.names)
        marks = ", ".join("?" * len(table.names))
        self._key = [table.names.index(name) for name in table.key]
        self._find = f"SELECT {names} FROM {table.name} WHERE {where}"
        self._insert = f"INSERT INTO {table.name}({names}) VALUES ({marks})"
        self._update = f"UPDATE {table.name} SET {{}} WHERE {where}"

    def take(self, row: Sequence[Any]) -> bool:
        """Bring one row in, where it says more than what is there; whether it was believed."""
        if not plausible(self._table, row):
            return False
        values = dict(zip(self._table.names, row, strict=True))
        key = [row[position] for position in self._key]
        there = self._db.execute(self._find, key).fetchone()
        try:
            done = (
                self._new(values) if there is None else self._again(dict(zip(values, there, strict=True)), values, key)
            )
        except sqlite3.IntegrityError:
            return False  # another row has its id or name
        self.count += done
        return True

    def close(self) -> None:
        """Let lists, blocks and the index know of the messages."""
        for pk in self._conversations:
            rollup.anew(self._tx, pk)
        self._tx.settle()

    def _new(self, values: dict[str, Any]) -> bool:
        for column, parent in self._table.parents:
            known = (
                values[column] is None
                # One of the same table may come later.
                or parent == self._table.name
                or self._db.execute(f"SELECT 1 FROM {parent} WHERE pk = ?", (values[column],)).fetchone()
            )
            if not known:
                if next(one for one in self._table.columns if one.name == column).needed:
                    return False
                values[column] = None
        self._db.execute(self._insert, tuple(values.values()))
        if self._table.name == "message":
            blocks.note_time(self._tx, values["pk"], values["received_at"])
            fulltext.later(self._tx, values["pk"])
            self._conversations.add(values["conversation_pk"])
        return True

    def _again(self, there: dict[str, Any], values: dict[str, Any], key: list[Any]) -> bool:
        name = self._table.name
        if name in _AS_IT_WAS or there.get("id") != values.get("id"):
            return False
        if name == "op_payload" and values["erased_at"] is None:
            return False
        if name == "message" and not _newer_text(there, values):
            values = {**there, **{column: values[column] for column in _MOVING}}
        changed = {column: value for column, value in values.items() if there[column] != value}
        if not changed:
            return False
        if name == "message":
            fulltext.take_out(self._tx, values["pk"])
        sets = ", ".join(f'"{column}" = ?' for column in changed)
        self._db.execute(self._update.format(sets), (*changed.values(), *key))
        if name == "message":
            if values["deleted_at"] is not None and not values["text"]:
                for table in _WITH_TEXT:
                    self._db.execute(f"DELETE FROM {table} WHERE message_pk = ?", key)
            else:
                fulltext.later(self._tx, values["pk"])
            self._conversations |= {there["conversation_pk"], values["conversation_pk"]}
        return True


def _let_go(db: sqlite3.Connection) -> None:
    """Let go of conversations that are not there, and of parts that have parts: rows of two ages meet."""
    known, free = (
        "(SELECT pk FROM conversation)",
        "UPDATE conversation SET merged_pk = NULL, merged = 0 WHERE merged_pk",
    )
    db.execute(f"UPDATE conversation SET may_belong_to_pk = NULL WHERE may_belong_to_pk NOT IN {known}")
    db.execute(f"{free} NOT IN {known}")
    db.execute(f"{free} IN (SELECT pk FROM conversation WHERE merged_pk IS NOT NULL)")


def _gather(tx: Tx) -> None:
    """Have the rows of conversations say again what parts and tasks do, which may be of another age."""
    for (pk,) in tx.db.execute(
        "SELECT merged_pk FROM conversation WHERE merged_pk IS NOT NULL"
        " UNION SELECT pk FROM conversation WHERE task_due_at IS NOT NULL"
        " UNION SELECT conversation_pk FROM task WHERE is_open = 1"
    ).fetchall():
        set_due(tx, pk)
        rollup.anew(tx, pk)


def _newer_text(there: dict[str, Any], values: dict[str, Any]) -> bool:
    erased = values["deleted_at"] is not None and values["text"] == values["author"] == ""
    return bool(erased or values["remote_revision"] > there["remote_revision"])


def _take_identity(damaged: Source, target: sqlite3.Connection) -> None:
    """Give a new cache the identity of the damaged one, where that can be read."""
    try:
        for row in damaged.execute("SELECT pk, id, created_at FROM replica").fetchall():
            if isinstance(row[1], str) and is_ulid(row[1]):
                target.execute("INSERT OR IGNORE INTO replica(pk, id, created_at) VALUES (?, ?, ?)", row)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        damaged.renew()


def _take_orders(damaged: Source, target: sqlite3.Connection, missed: Callable[[], None]) -> int:
    """Take what says that something was erased, or is to be; how many rows the snapshot did not have like that."""
    lost: list[None] = []

    def miss() -> None:
        lost.append(None)
        missed()

    read = from_both_ends(damaged, table_of(target, "meta"), "name, value", miss)
    rows = {name: value for name, value in read if isinstance(name, str) and isinstance(value, str)}
    return tombstones.bring(target, rows, whole=not lost)


def _tables(db: sqlite3.Connection) -> list[Table]:
    names = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if name not in _APART and not name.startswith(("sqlite_", "message_fts"))
    ]
    order = {name: number for number, name in enumerate(_FIRST)}
    return [table_of(db, name) for name in sorted(names, key=lambda name: (order.get(name, len(order)), name))]
