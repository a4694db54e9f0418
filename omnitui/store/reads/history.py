"""The history pane: the messages of a conversation, or of everything with one contact, in pages by keyset."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from omnitui.ids import Ulid
from omnitui.model.conversations import Attachment, Message
from omnitui.model.revisions import Revision
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.store.arriving.reactions import standing
from omnitui.store.reads.assembly import maker
from omnitui.store.reads.inbox import Key
from omnitui.store.reads.merging import AMONG, parts, way
from omnitui.store.reads.people import LINKED

MESSAGE: Final = """
    SELECT m.id, c.id, a.id, m.direction, m.kind, m.state, m.author, coalesce(g.id, p.id), m.sent_at, m.received_at,
        m.text, m.subject, m.external_id, m.remote_revision, m.quoted, m.signature, m.html, m.raw, m.reason,
        m.placement, m.edited, m.deleted_at, m.auto, m.addressees, m.copied,
        CASE WHEN m.files > 0 THEN (
            SELECT json_group_array(json_array(f.id, f.name, f.media_type, f.size, f.sha256, f.inline, f.content_id,
                json(f.remote)))
            FROM (SELECT * FROM attachment WHERE message_pk = m.pk AND deleted_at IS NULL ORDER BY pk) f) END,
        m.op_id, m.answers, m.reactions
    FROM message m CROSS JOIN conversation c ON c.pk = m.conversation_pk CROSS JOIN account a ON a.pk = m.account_pk
    LEFT JOIN agent g ON g.pk = m.agent_pk LEFT JOIN contact p ON p.pk = m.contact_pk
"""
"""The start of every statement that reads messages for `to_message`."""

_STANDS: Final = """(m.deleted_at IS NULL OR m.op_id IS NULL OR (m.kind <> 'note' AND m.state <> 'canceled')
    OR NOT EXISTS (SELECT 1 FROM op WHERE op.undoes = m.op_id))"""

_message: Final = maker(Message)
DIRECTIONS: Final = {str(one): one for one in Direction}
KINDS: Final = {str(one): one for one in MessageKind}
_STATE: Final[dict[str | None, SendState | None]] = {None: None, **{str(one): one for one in SendState}}


def to_message(row: tuple[Any, ...]) -> Message:
    """A row of MESSAGE as the model has it."""
    (
        own, conversation_id, account_id, direction, kind, state, author, author_id, sent_at, received_at, text,
        subject, external_id, revision, quoted, signature, html, raw, reason, placement, edited, deleted_at, auto,
        addressees, copied, files, op_id, answers, reactions,
    ) = row  # fmt: skip
    return _message(
        own, conversation_id, account_id, DIRECTIONS[direction], KINDS[kind], _STATE[state], author, author_id, sent_at,
        received_at, text, subject, external_id, revision, quoted, signature, html == 1, raw, reason, placement,
        edited == 1, deleted_at is not None, auto == 1, _texts(addressees), _texts(copied),
        _files(own, files) if files else (), op_id, answers,
        () if reactions == "[]" else standing(reactions),
    )  # fmt: skip


def page(
    db: sqlite3.Connection,
    conversation_id: Ulid,
    *,
    after: Key | None = None,
    before: Key | None = None,
    limit: int = 50,
) -> list[Message]:
    """Messages of a conversation, the oldest first: the newest page, the one after a key, or the one before a key.

    Those of its parts are among them. A key is the received time and the id of a message. Deleted ones are there,
    marked; what its author undid before it had left is not: the op log has it.
    """
    return _page(db, conversation_id, after, before, limit, AMONG if parts(db, conversation_id) else "")


def timeline(
    db: sqlite3.Connection, contact_id: Ulid, *, after: Key | None = None, before: Key | None = None, limit: int = 50
) -> list[Message]:
    """Like `page`, over all conversations of a contact and of those linked to it, in one order."""
    among = f"SELECT pk FROM conversation WHERE deleted_at IS NULL AND contact_pk IN ({LINKED.replace('?', ':of')})"
    return _page(db, contact_id, after, before, limit, among)


def message(db: sqlite3.Connection, message_id: Ulid) -> Message | None:
    """One message."""
    row = db.execute(f"{MESSAGE} WHERE m.id = ?", (message_id,)).fetchone()
    return to_message(row) if row else None


def newest_incoming(db: sqlite3.Connection, conversation_id: Ulid) -> list[Ulid]:
    """The id of the customer's newest message, in a list; an empty one where they wrote none."""
    rows = db.execute(
        "SELECT m.id FROM message m WHERE m.conversation_pk = (SELECT pk FROM conversation WHERE id = ?)"
        " AND m.direction = 'incoming' AND m.role > 0 ORDER BY m.received_at DESC, m.id DESC LIMIT 1",
        (way(db, conversation_id),),
    )
    return [own for (own,) in rows]


def first_unread(db: sqlite3.Connection, conversation_id: Ulid) -> Ulid | None:
    """The oldest message of a conversation that no agent of this profile has read."""
    row = db.execute(
        f"SELECT m.id FROM message m WHERE m.conversation_pk IN ({AMONG})"
        " AND m.is_unread = 1 ORDER BY m.received_at, m.id LIMIT 1",
        {"of": conversation_id},
    ).fetchone()
    return row[0] if row else None


def revisions(db: sqlite3.Connection, message_id: Ulid) -> list[Revision]:
    """What a message said before it was edited, the oldest first; without what it says now."""
    rows = db.execute(
        "SELECT r.remote_revision, r.replaced_at, r.subject, r.text, r.quoted, r.signature FROM message_revision r"
        " WHERE r.message_pk = (SELECT pk FROM message WHERE id = ?) ORDER BY r.remote_revision",
        (message_id,),
    )
    return [Revision(message_id, *row) for row in rows]


def _page(
    db: sqlite3.Connection, of: Ulid, after: Key | None, before: Key | None, limit: int, among: str = ""
) -> list[Message]:
    """A page of the messages of a conversation, or of all those that `among` selects."""
    values: dict[str, Any] = {"of": of, "limit": limit}
    where = _STANDS
    if after is not None:
        where += " AND (m.received_at, m.id) > (:after_at, :after_id)"
        values |= {"after_at": after[0], "after_id": after[1]}
    if before is not None:
        where += " AND (m.received_at, m.id) < (:before_at, :before_id)"
        values |= {"before_at": before[0], "before_id": before[1]}
    way = "DESC" if after is None else "ASC"
    order = f"ORDER BY m.received_at {way}, m.id {way} LIMIT :limit"
    if among:
        # Each conversation gives its nearest messages by its index: to sort ten thousand of a contact takes 40 ms.
        near = f"SELECT m.pk FROM message m WHERE m.conversation_pk = k.pk AND {where} {order}"
        where = (
            f"m.pk IN (SELECT n.pk FROM conversation k CROSS JOIN message n ON n.pk IN ({near})"
            f" WHERE k.pk IN ({among}))"
        )
    else:
        where = f"m.conversation_pk = (SELECT pk FROM conversation WHERE id = :of) AND {where}"
    rows = db.execute(f"{MESSAGE} WHERE {where} {order}", values).fetchall()
    if after is None:
        rows.reverse()
    return [to_message(row) for row in rows]


def _texts(stored: str) -> tuple[str, ...]:
    return () if stored == "[]" else tuple(json.loads(stored))


def _files(message_id: Ulid, stored: str) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(own, message_id, name, media_type, size, sha256, inline == 1, content_id, remote)
        for own, name, media_type, size, sha256, inline, content_id, remote in json.loads(stored)
    )
