"""What becomes of a stored message: taken back, revived, read, moved."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind
from omnitui.store.arriving import fulltext
from omnitui.store.arriving.rollup import anew
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx


def touched(tx: Tx, message_pk: int) -> None:
    """Say that a message changed, in its new revision."""
    message_id, revision = tx.db.execute(
        "UPDATE message SET revision = revision + 1 WHERE pk = ? RETURNING id, revision", (message_pk,)
    ).fetchone()
    tx.changed(ObjectKind.MESSAGE, message_id, revision)


def _exists(tx: Tx, message_pk: int, deleted_at: Millis | None) -> None:
    conversation_pk = tx.db.execute(
        "UPDATE message SET deleted_at = ? WHERE pk = ? RETURNING conversation_pk", (deleted_at, message_pk)
    ).fetchone()[0]
    anew(tx, conversation_pk)
    touched(tx, message_pk)


def bury_message(tx: Tx, message_pk: int, at: Millis) -> bool:
    """Make a message a tombstone; False where it is one already."""
    if tx.db.execute("SELECT 1 FROM message WHERE pk = ? AND deleted_at IS NULL", (message_pk,)).fetchone() is None:
        return False
    fulltext.take_out(tx, message_pk)
    _exists(tx, message_pk, at)
    return True


def revive_message(tx: Tx, message_pk: int) -> bool:
    """Make a tombstone a message again; False where it is none."""
    if tx.db.execute("SELECT 1 FROM message WHERE pk = ? AND deleted_at IS NOT NULL", (message_pk,)).fetchone() is None:
        return False
    _exists(tx, message_pk, None)
    fulltext.put_back(tx, message_pk)
    return True


def edit_message(tx: Tx, message_id: Ulid, text: str) -> None:
    """Give a message another text as its next revision; what it said before is kept."""
    pk = pk_of(tx, "message", message_id)
    fulltext.take_out(tx, pk)
    tx.db.execute(
        "INSERT OR IGNORE INTO message_revision(message_pk, remote_revision, replaced_at, subject, text, quoted,"
        " signature, html, raw) SELECT pk, remote_revision, ?, subject, text, quoted, signature, html, raw"
        " FROM message WHERE pk = ?",
        (tx.now(), pk),
    )
    conversation_pk: int = tx.db.execute(
        "UPDATE message SET remote_revision = remote_revision + 1, edited = 1, html = 0, text = ? WHERE pk = ?"
        " RETURNING conversation_pk",
        (text, pk),
    ).fetchone()[0]
    fulltext.put_back(tx, pk)
    anew(tx, conversation_pk)
    touched(tx, pk)


def delete_message(tx: Tx, account_id: Ulid, external_id: str, at: Millis) -> bool:
    """The back end or the customer took a message back; False where we know no such message."""
    pk = find_message(tx, account_id, external_id)
    if pk is None:
        return False
    bury_message(tx, pk, at)
    return True


def find_message(tx: Tx, account_id: Ulid, external_id: str) -> int | None:
    """The row of a message by the back end's id of it."""
    row = tx.db.execute(
        "SELECT pk FROM message WHERE account_pk = ? AND external_id = ? AND external_id <> ''",
        (pk_of(tx, "account", account_id), external_id),
    ).fetchone()
    return None if row is None else int(row[0])


def set_seen(tx: Tx, message_id: Ulid, seen: bool = True) -> bool:
    """Whether an agent of this profile has read a message; False where nothing changed."""
    row = tx.db.execute(
        "UPDATE message SET seen = ?1 WHERE id = ?2 AND seen <> ?1 RETURNING pk, conversation_pk", (seen, message_id)
    ).fetchone()
    if row is None:
        return False
    anew(tx, row[1])
    touched(tx, row[0])
    return True


def move_message(tx: Tx, message_id: Ulid, conversation_id: Ulid, placement: str = "") -> None:
    """Put a message into another conversation; `placement` says why it lies there, where that is new."""
    pk, target = pk_of(tx, "message", message_id), pk_of(tx, "conversation", conversation_id)
    source: int = tx.db.execute("SELECT conversation_pk FROM message WHERE pk = ?", (pk,)).fetchone()[0]
    if source == target:
        return
    fulltext.take_out(tx, pk)
    tx.db.execute(
        "UPDATE message SET conversation_pk = ?1, placement = CASE ?2 WHEN '' THEN placement ELSE ?2 END WHERE pk = ?3",
        (target, placement, pk),
    )
    fulltext.put_back(tx, pk)
    anew(tx, source)
    anew(tx, target)
    touched(tx, pk)
