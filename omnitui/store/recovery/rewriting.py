"""Replies and notes whose rows were lost, written again from the ops that made them."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from omnitui.errors import OmniError
from omnitui.store import oplog
from omnitui.store.arriving import rollup
from omnitui.store.reads.oplog import about
from omnitui.store.writer import Tx

_MADE: Final = "('reply', 'note', 'new')"
_LOST: Final = f"""
    SELECT o.pk, o.object_id FROM op o WHERE o.kind = 'message' AND o.verb IN {_MADE} AND o.undoes IS NULL
    AND o.redoes IS NULL AND NOT EXISTS (SELECT 1 FROM message WHERE id = o.object_id) ORDER BY o.pk"""


def write_again(tx: Tx) -> int:
    """Make every message that an op made and that is not here; how many those were.

    What the outbox knows of its way out it shows again. Without its conversation a message stays away.
    """
    count = 0
    for op_pk, message_id in tx.db.execute(_LOST).fetchall():
        # What an op carries may be damaged itself, or of a conversation that is gone.
        with suppress(OmniError, KeyError, ValueError, TypeError):
            for op in about(tx.db, message_id):
                oplog.apply(tx, op)
        row = tx.db.execute("SELECT pk, conversation_pk FROM message WHERE id = ?", (message_id,)).fetchone()
        if row is not None:
            _tie(tx, op_pk, *row)
            count += 1
    tx.settle()
    return count


def _tie(tx: Tx, op_pk: int, message_pk: int, conversation_pk: int) -> None:
    tx.db.execute("UPDATE outbox SET message_pk = ? WHERE op_pk = ? AND message_pk IS NULL", (message_pk, op_pk))
    tx.db.execute(
        "UPDATE message SET (state, state_at, reason) = (SELECT state, state_at, reason FROM outbox WHERE op_pk = ?1)"
        " WHERE pk = ?2 AND EXISTS (SELECT 1 FROM outbox WHERE op_pk = ?1)",
        (op_pk, message_pk),
    )
    # A copy may have come in from the back end already.
    tx.db.execute(
        "UPDATE OR IGNORE message SET external_id = (SELECT external_id FROM outbox WHERE op_pk = ?1)"
        " WHERE pk = ?2 AND external_id = '' AND EXISTS (SELECT 1 FROM outbox WHERE op_pk = ?1)",
        (op_pk, message_pk),
    )
    rollup.anew(tx, conversation_pk)
