"""Drafts: what agents are writing, kept with every keystroke; and what they wrote before, for a while."""

from __future__ import annotations

from typing import Final

from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind, ObjectKind
from omnitui.store.rows import pk_of, written
from omnitui.store.writer import Tx

KEPT: Final = 10
"""Drafts of one conversation and kind that can be brought back after they were sent or thrown away."""

_INSERT: Final = """
    INSERT INTO draft(id, conversation_pk, kind, text, attachments, seen_message_id, updated_at, extra)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_RENEW: Final = """
    DO UPDATE SET text = excluded.text, attachments = excluded.attachments, seen_message_id = excluded.seen_message_id,
        updated_at = excluded.updated_at, extra = excluded.extra, revision = revision + 1 RETURNING id, revision"""
_BY_PLACE: Final = f"{_INSERT} ON CONFLICT(conversation_pk, kind) WHERE deleted_at IS NULL {_RENEW}"
_BY_ID: Final = f"{_INSERT} ON CONFLICT(id) {_RENEW}"


def save(tx: Tx, draft: Draft) -> Ulid:
    """Keep a draft as it is now; the id under which it is kept, since a conversation has one of each kind.

    Nothing is kept in a conversation whose contact was erased.
    """
    first = not draft.conversation_id
    if not first and _forgotten(tx, draft.conversation_id):
        return draft.id
    values = (
        draft.id or tx.ids.new(),
        None if first else pk_of(tx, "conversation", draft.conversation_id),
        draft.kind.value,
        draft.text,
        written(list(draft.attachments)),
        draft.seen_message_id,
        draft.updated_at or tx.now(),
        written(dict(draft.extra)),
    )
    draft_id, revision = tx.db.execute(_BY_ID if first else _BY_PLACE, values).fetchone()
    tx.changed(ObjectKind.DRAFT, draft_id, revision)
    if revision == 1 and not first:
        tx.changed(ObjectKind.CONVERSATION, draft.conversation_id)
    return str(draft_id)


def set_aside(tx: Tx, draft: Draft, known: str) -> None:
    """Before a draft of a conversation is saved: let go of the words that stand there, if its author has not seen them.

    They were written in another console, or came back by an undo elsewhere, and can be brought back.

    Args:
        tx: The commit.
        draft: What is to be saved.
        known: What stood there when its author saw it last.
    """
    conversation_pk = pk_of(tx, "conversation", draft.conversation_id)
    there = "conversation_pk = ? AND kind = ? AND deleted_at IS NULL"
    row = tx.db.execute(f"SELECT text FROM draft WHERE {there}", (conversation_pk, draft.kind.value)).fetchone()
    if row is None or row[0] == known or row[0].strip() in draft.text:
        return
    tx.db.execute(
        "INSERT INTO draft(id, deleted_at, conversation_pk, kind, text, attachments, seen_message_id, updated_at,"
        " extra) SELECT ?, ?, conversation_pk, kind, text, attachments, seen_message_id, updated_at, extra FROM draft"
        f" WHERE {there}",
        (tx.ids.new(), tx.now(), conversation_pk, draft.kind.value),
    )
    _forget(tx, conversation_pk, draft.kind)


def _forgotten(tx: Tx, conversation_id: Ulid) -> bool:
    """Whether a conversation's contact was erased while somebody went on writing: nothing of it is kept."""
    row = tx.db.execute(
        "SELECT 1 FROM conversation c JOIN contact p ON p.pk = c.contact_pk"
        " WHERE c.id = ? AND c.deleted_at IS NOT NULL AND p.deleted_at IS NOT NULL",
        (conversation_id,),
    ).fetchone()
    return row is not None


def drop(tx: Tx, conversation_id: Ulid, kind: MessageKind) -> bool:
    """Let go of a draft: it was sent, or nobody wants it; False where there was none. It can be brought back."""
    conversation_pk = pk_of(tx, "conversation", conversation_id)
    row = tx.db.execute(
        "UPDATE draft SET deleted_at = ?, revision = revision + 1 WHERE deleted_at IS NULL AND kind = ?"
        " AND conversation_pk = ? RETURNING id, revision",
        (tx.now(), kind.value, conversation_pk),
    ).fetchone()
    if row is None:
        return False
    _forget(tx, conversation_pk, kind)
    tx.changed(ObjectKind.DRAFT, row[0], row[1])
    tx.changed(ObjectKind.CONVERSATION, conversation_id)
    return True


def drop_first(tx: Tx, draft_id: Ulid) -> bool:
    """The same for the draft of a first message."""
    row = tx.db.execute(
        "UPDATE draft SET deleted_at = ?, revision = revision + 1 WHERE id = ? AND deleted_at IS NULL"
        " AND conversation_pk IS NULL RETURNING kind, revision",
        (tx.now(), draft_id),
    ).fetchone()
    if row is None:
        return False
    _forget(tx, None, MessageKind(row[0]))
    tx.changed(ObjectKind.DRAFT, draft_id, row[1])
    return True


def _forget(tx: Tx, conversation_pk: int | None, kind: MessageKind) -> None:
    """Blank what is too old to be brought back; the tombstones stay."""
    tx.db.execute(
        "UPDATE draft SET text = '', attachments = '[]', extra = '{}' WHERE pk IN ("
        " SELECT pk FROM draft WHERE conversation_pk IS ? AND kind = ? AND deleted_at IS NOT NULL AND text <> ''"
        " ORDER BY deleted_at DESC, pk DESC LIMIT -1 OFFSET ?)",
        (conversation_pk, kind.value, KEPT),
    )
