"""What came to pass after a place in the cache: messages that came in, replies that left, conversations resolved.

Rows are told apart by their keys, which grow: to know what is new, nothing has to be written down.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import Verb
from omnitui.values import dataclass

_OPEN: Final = "SELECT op_pk FROM outbox WHERE ahead = 1 UNION ALL SELECT op_pk FROM outbox WHERE state = 'failed'"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that has left."""

    op_id: Ulid
    message_id: Ulid
    conversation_id: Ulid


def newest(db: sqlite3.Connection) -> tuple[int, int]:
    """The newest rows: of a message, of a conversation."""
    return _newest(db, "message"), _newest(db, "conversation")


def standing_ops(db: sqlite3.Connection) -> tuple[int, frozenset[int]]:
    """The newest op in the outbox, and those that are not done with."""
    return _newest(db, "outbox", "op_pk"), frozenset(pk for (pk,) in db.execute(_OPEN))


def synced(db: sqlite3.Connection) -> dict[Ulid, Millis]:
    """When each account that was ever synced was so last."""
    rows = db.execute(
        "SELECT a.id, l.last_sync_at FROM ledger l JOIN account a ON a.pk = l.account_pk"
        " WHERE l.scope = '' AND l.last_sync_at IS NOT NULL"
    )
    return dict(rows.fetchall())


def received(db: sqlite3.Connection, after: int) -> list[tuple[int, Ulid, Ulid, Ulid, Millis]]:
    """Row, id, conversation, account and received time of each message that came in after a row."""
    return db.execute(
        "SELECT m.pk, m.id, c.id, a.id, m.received_at FROM message m CROSS JOIN conversation c"
        " ON c.pk = m.conversation_pk CROSS JOIN account a ON a.pk = m.account_pk WHERE m.pk > ?"
        " AND m.direction = 'incoming' AND m.kind NOT IN ('activity', 'note') AND m.deleted_at IS NULL ORDER BY m.pk",
        (after,),
    ).fetchall()


def is_newest(db: sqlite3.Connection, message_id: Ulid, messages: Collection[Ulid]) -> bool:
    """Whether nothing later came in on a message's account, by the back end's own clock; `messages` do not count."""
    later = db.execute(
        "SELECT 1 FROM message own CROSS JOIN message m ON m.received_at > own.received_at WHERE own.id = ?"
        " AND m.account_pk = own.account_pk AND m.direction = 'incoming' AND m.kind NOT IN ('activity', 'note')"
        " AND m.deleted_at IS NULL AND m.id NOT IN (SELECT value FROM json_each(?)) LIMIT 1",
        (message_id, json.dumps(list(messages))),
    )
    return later.fetchone() is None


def sent(
    db: sqlite3.Connection, were_open: Collection[int], after: int, verbs: Iterable[Verb]
) -> tuple[list[Sent], int, frozenset[int]]:
    """Messages that left, of ops that were open or were made after a row; with how the outbox stands now."""
    rows = db.execute(
        "SELECT o.id, m.id, c.id FROM outbox b CROSS JOIN op o ON o.pk = b.op_pk"
        " CROSS JOIN message m ON m.pk = b.message_pk CROSS JOIN conversation c ON c.pk = m.conversation_pk"
        " WHERE b.op_pk IN (SELECT value FROM json_each(?1) UNION SELECT op_pk FROM outbox WHERE op_pk > ?2)"
        " AND b.state IN ('accepted', 'delivered', 'read') AND b.verb IN (SELECT value FROM json_each(?3))"
        " ORDER BY b.op_pk",
        (json.dumps(list(were_open)), after, json.dumps([verb.value for verb in verbs])),
    )
    return [Sent(*row) for row in rows], *standing_ops(db)


def statuses(db: sqlite3.Connection, ids: Iterable[Ulid]) -> list[tuple[int, Ulid, Ulid, Millis, bool]]:
    """Row, id, account, last activity of conversations, and whether they are resolved."""
    rows: list[tuple[Any, ...]] = db.execute(
        "SELECT c.pk, c.id, a.id, c.last_activity_at, c.status = 'resolved' FROM conversation c"
        " CROSS JOIN account a ON a.pk = c.account_pk WHERE c.id IN (SELECT value FROM json_each(?)) ORDER BY c.pk",
        (json.dumps(list(ids)),),
    ).fetchall()
    return [(pk, own, account_id, at, is_resolved == 1) for pk, own, account_id, at, is_resolved in rows]


def resolved(db: sqlite3.Connection) -> set[Ulid]:
    """All conversations that are resolved."""
    return {own for (own,) in db.execute("SELECT id FROM conversation WHERE is_resolved = 1")}


def _newest(db: sqlite3.Connection, table: str, column: str = "pk") -> int:
    row = db.execute(f"SELECT coalesce(max({column}), 0) FROM {table}").fetchone()
    return int(row[0])
