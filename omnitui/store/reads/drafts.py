"""What agents are writing and have not sent, and what they wrote before."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind

_FIELDS: Final = "d.id, {conversation}, d.kind, d.text, d.attachments, d.seen_message_id, d.updated_at, d.extra"
_DRAFT: Final = f"""
    SELECT {_FIELDS.format(conversation="c.id")}
    FROM draft d CROSS JOIN conversation c ON c.pk = d.conversation_pk
"""
_NONE: Final = "''"
_FIRST: Final = f"SELECT {_FIELDS.format(conversation=_NONE)} FROM draft d WHERE d.conversation_pk IS NULL"


def drafts(db: sqlite3.Connection, conversation_id: Ulid) -> list[Draft]:
    """The drafts of one conversation: at most a reply and a note."""
    rows = db.execute(
        f"{_DRAFT} WHERE d.conversation_pk = (SELECT pk FROM conversation WHERE id = ?) AND d.deleted_at IS NULL"
        " ORDER BY d.kind",
        (conversation_id,),
    )
    return [_to_draft(row) for row in rows]


def firsts(db: sqlite3.Connection) -> list[Draft]:
    """First messages that are being written: they have no conversation yet; those written at last first."""
    rows = db.execute(f"{_FIRST} AND d.deleted_at IS NULL ORDER BY d.updated_at DESC, d.pk DESC")
    return [_to_draft(row) for row in rows]


def earlier(db: sqlite3.Connection, conversation_id: Ulid, kind: MessageKind) -> list[Draft]:
    """What was sent or thrown away in a conversation (or, without one, of first messages), the last one first."""
    past = "d.kind = ? AND d.deleted_at IS NOT NULL AND d.text <> '' ORDER BY d.deleted_at DESC, d.pk DESC"
    if not conversation_id:
        rows = db.execute(f"{_FIRST} AND {past}", (kind.value,))
    else:
        where = "WHERE d.conversation_pk = (SELECT pk FROM conversation WHERE id = ?)"
        rows = db.execute(f"{_DRAFT} {where} AND {past}", (conversation_id, kind.value))
    return [_to_draft(row) for row in rows]


def _to_draft(row: tuple[Any, ...]) -> Draft:
    own, conversation_id, kind, text, attachments, seen, updated_at, extra = row
    paths = tuple(json.loads(attachments))
    return Draft(own, conversation_id, MessageKind(kind), text, paths, seen, updated_at, json.loads(extra))
