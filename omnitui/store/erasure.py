"""Erasure: the words of a message gone from every place of the cache, while the log's chain stays whole."""

from __future__ import annotations

from typing import Final

from omnitui.ids import Ulid
from omnitui.store.message_state import bury_message
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx

_BLANK: Final = """
    UPDATE message SET author = '', subject = '', addressees = '[]', copied = '[]', reason = '', text = '', quoted = '',
        signature = '', raw = '', files = 0 WHERE pk = ?;
    DELETE FROM message_revision WHERE message_pk = ?;
    DELETE FROM attachment WHERE message_pk = ?;
    DELETE FROM mail_reference WHERE message_pk = ?;
    UPDATE mail SET in_reply_to = '', refs = '[]', participants = '[]', sender = '', reply_to = '[]'
        WHERE message_pk = ?;
    UPDATE outbox SET payload = '{}', outcomes = '{}', reason = '' WHERE message_pk = ?"""


def erase(tx: Tx, message_id: Ulid) -> tuple[str, ...]:
    """Erase a message's words; a tombstone stays.

    Returns:
        The blobs that nothing refers to any more; the caller drops them once this is committed.
    """
    pk = pk_of(tx, "message", message_id)
    # Freed pages keep their bytes otherwise.
    tx.db.execute("PRAGMA secure_delete = ON")
    bury_message(tx, pk, tx.now())
    blobs = {
        row[0]
        for row in tx.db.execute(
            "SELECT raw FROM message WHERE pk = ?1 UNION SELECT raw FROM message_revision WHERE message_pk = ?1"
            " UNION SELECT sha256 FROM attachment WHERE message_pk = ?1",
            (pk,),
        )
        if row[0]
    }
    for statement in _BLANK.split(";"):
        tx.db.execute(statement, (pk,))
    tx.db.execute(
        "UPDATE op_payload SET before = '{}', after = '{}', reason = '', erased_at = ? WHERE erased_at IS NULL"
        " AND op_pk IN (SELECT pk FROM op WHERE object_id = ?)",
        (tx.now(), message_id),
    )
    tx.settle()
    # A deleted word stays in the index's segments until they are merged.
    tx.db.execute("INSERT INTO message_fts(message_fts) VALUES ('optimize')")
    tx.db.execute("PRAGMA secure_delete = OFF")
    return tuple(sorted(blob for blob in blobs if not _used(tx, blob)))


def _used(tx: Tx, sha256: str) -> bool:
    row = tx.db.execute(
        "SELECT 1 FROM message WHERE raw = ?1 UNION ALL SELECT 1 FROM message_revision WHERE raw = ?1"
        " UNION ALL SELECT 1 FROM attachment WHERE sha256 = ?1 LIMIT 1",
        (sha256,),
    ).fetchone()
    return row is not None
