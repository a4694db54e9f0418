"""Drafts: what agents are writing, kept with every keystroke."""

from __future__ import annotations

from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind, ObjectKind
from omnitui.store.rows import pk_of, written
from omnitui.store.writer import Tx


def save(tx: Tx, draft: Draft) -> Ulid:
    """Keep a draft as it is now; the id under which it is kept, since a conversation has one of each kind."""
    conversation_pk = pk_of(tx, "conversation", draft.conversation_id)
    draft_id, revision = tx.db.execute(
        "INSERT INTO draft(id, conversation_pk, kind, text, attachments, seen_message_id, updated_at, extra)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(conversation_pk, kind) WHERE deleted_at IS NULL DO UPDATE SET"
        " text = excluded.text, attachments = excluded.attachments, seen_message_id = excluded.seen_message_id,"
        " updated_at = excluded.updated_at, extra = excluded.extra, revision = revision + 1 RETURNING id, revision",
        (
            draft.id or tx.ids.new(),
            conversation_pk,
            draft.kind.value,
            draft.text,
            written(list(draft.attachments)),
            draft.seen_message_id,
            draft.updated_at or tx.now(),
            written(dict(draft.extra)),
        ),
    ).fetchone()
    tx.changed(ObjectKind.DRAFT, draft_id, revision)
    if revision == 1:
        tx.changed(ObjectKind.CONVERSATION, draft.conversation_id)
    return str(draft_id)


def drop(tx: Tx, conversation_id: Ulid, kind: MessageKind) -> bool:
    """Let go of a draft: it was sent, or nobody wants it; False where there was none."""
    row = tx.db.execute(
        "UPDATE draft SET deleted_at = ?, text = '', revision = revision + 1 WHERE deleted_at IS NULL AND kind = ?"
        " AND conversation_pk = ? RETURNING id, revision",
        (tx.now(), kind.value, pk_of(tx, "conversation", conversation_id)),
    ).fetchone()
    if row is None:
        return False
    tx.changed(ObjectKind.DRAFT, row[0], row[1])
    tx.changed(ObjectKind.CONVERSATION, conversation_id)
    return True
