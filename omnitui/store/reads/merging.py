"""Conversations that are shown as one: the head, whose row is in the lists, and its parts, which are hidden.

Nothing is moved: every message lies in its own conversation, so that a merge can be taken back at any time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.store.reads.inbox import CONVERSATION, to_conversation
from omnitui.store.reads.people import LINKED

AMONG: Final = (
    "SELECT pk FROM conversation WHERE id = :of UNION ALL SELECT p.pk FROM conversation h CROSS JOIN"
    " conversation p ON p.merged_pk = h.pk WHERE h.id = :of AND p.deleted_at IS NULL"
)
"""A conversation, named `:of`, and its parts."""
MOST: Final = 100
"""Conversations that are offered."""
_JOIN: Final = "CROSS JOIN conversation c ON c.pk = m.conversation_pk"
_HEADED: Final = (
    "CROSS JOIN conversation k ON k.pk = m.conversation_pk"
    " CROSS JOIN conversation c ON c.pk = coalesce(k.merged_pk, k.pk)"
)


def head(db: sqlite3.Connection, conversation_id: Ulid) -> Ulid:
    """What a conversation is a part of; itself where it is none."""
    row = db.execute(
        "SELECT h.id FROM conversation c CROSS JOIN conversation h ON h.pk = c.merged_pk WHERE c.id = ?",
        (conversation_id,),
    ).fetchone()
    return row[0] if row else conversation_id


def parts(db: sqlite3.Connection, conversation_id: Ulid) -> list[Ulid]:
    """The parts of a conversation, the oldest first; none where it stands alone."""
    rows = db.execute(
        "SELECT p.id FROM conversation h CROSS JOIN conversation p ON p.merged_pk = h.pk"
        " WHERE h.id = ? AND p.deleted_at IS NULL ORDER BY p.id",
        (conversation_id,),
    )
    return [own for (own,) in rows]


def members(db: sqlite3.Connection, ids: Iterable[Ulid]) -> list[Ulid]:
    """Conversations, each followed by its parts."""
    return [one for own in ids for one in (own, *parts(db, own))]


def way(db: sqlite3.Connection, conversation_id: Ulid, answers: Ulid | None = None) -> Ulid:
    """By which conversation a reply goes: that of the message it answers, else where the customer wrote last."""
    row = (
        db.execute(
            f"SELECT c.id FROM conversation c CROSS JOIN message m ON m.conversation_pk = c.pk WHERE c.pk IN ({AMONG})"
            " AND m.deleted_at IS NULL AND (m.id = :answers OR m.direction = 'incoming' AND m.role > 0)"
            " ORDER BY m.id = :answers DESC, m.received_at DESC, m.id DESC LIMIT 1",
            {"of": conversation_id, "answers": answers or ""},
        ).fetchone()
        if parts(db, conversation_id)
        else None
    )
    return row[0] if row else conversation_id


def candidates(db: sqlite3.Connection, conversation_id: Ulid) -> list[Conversation]:
    """Conversations that may be merged with one: of its contact, of those linked to it or with one of its addresses."""
    rows = db.execute(
        f"{CONVERSATION} WHERE c.is_shown = 1 AND c.id <> :of AND c.contact_pk IN ("
        f"SELECT q.pk FROM contact q WHERE q.pk IN ({LINKED.replace('?', ':contact')})"
        " UNION SELECT same.contact_pk FROM contact own CROSS JOIN identity i ON i.contact_pk = own.pk"
        " CROSS JOIN identity same ON same.address = i.address"
        " WHERE own.id = :contact AND i.deleted_at IS NULL AND same.deleted_at IS NULL)"
        " ORDER BY c.last_activity_at DESC, c.id DESC LIMIT :most",
        {"of": conversation_id, "contact": _contact(db, conversation_id), "most": MOST},
    )
    return [to_conversation(row) for row in rows]


def of_contacts(db: sqlite3.Connection, contact_ids: Sequence[Ulid]) -> list[Conversation]:
    """The conversations of contacts that may be merged with another one, the newest first."""
    rows = db.execute(
        f"{CONVERSATION} WHERE c.is_shown = 1 AND c.contact_pk IN"
        " (SELECT pk FROM contact WHERE id IN (SELECT value FROM json_each(?)))"
        " ORDER BY c.last_activity_at DESC, c.id DESC LIMIT ?",
        (json.dumps(list(contact_ids)), MOST),
    )
    return [to_conversation(row) for row in rows]


def _contact(db: sqlite3.Connection, conversation_id: Ulid) -> Ulid:
    row = db.execute(
        "SELECT p.id FROM conversation c CROSS JOIN contact p ON p.pk = c.contact_pk WHERE c.id = ?", (conversation_id,)
    ).fetchone()
    return row[0] if row else ""


def any_merged(db: sqlite3.Connection) -> bool:
    """Whether any conversations are merged: otherwise nobody has to look whose parts there are."""
    return db.execute("SELECT 1 FROM conversation WHERE merged_pk IS NOT NULL LIMIT 1").fetchone() is not None


def headed(db: sqlite3.Connection, sql: str) -> str:
    """A statement about messages `m` and their conversations `c`, with what those are a part of in their place."""
    return sql.replace(_JOIN, _HEADED) if any_merged(db) else sql


def with_parts(db: sqlite3.Connection, pks: Sequence[int]) -> list[int]:
    """Rows of conversations, with those of their parts."""
    found = db.execute(
        "SELECT pk FROM conversation WHERE merged_pk IN (SELECT value FROM json_each(?))", (json.dumps(pks),)
    )
    return [*pks, *(pk for (pk,) in found)] if any_merged(db) else [*pks]
