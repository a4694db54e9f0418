"""Whether a customer was asked how satisfied they are, and what came of it."""

from __future__ import annotations

import sqlite3
from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import SendState
from omnitui.store.reads.people import LINKED
from omnitui.values import dataclass

_LEFT: Final = (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ)
_ASKED: Final = """
    SELECT c.id, op.at, json_extract(p.after, '$.csat.until'), json_extract(p.after, '$.csat.quiet'), m.state, c.csat_at
    FROM conversation c CROSS JOIN op ON op.conversation_pk = c.pk AND op.verb IN ('reply', 'new')
    CROSS JOIN op_payload p ON p.op_pk = op.pk CROSS JOIN message m ON m.op_id = op.id
    WHERE {which} AND json_extract(p.after, '$.csat.until') IS NOT NULL
    AND m.deleted_at IS NULL AND coalesce(m.state, '') NOT IN ('canceled', 'failed')
    ORDER BY op.at DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Question:
    """A customer was asked, or will be as soon as it leaves."""

    conversation_id: Ulid
    at: Millis
    until: Millis
    """Up to when an answer counts."""
    quiet: bool
    """Whether nothing but a score leaves the conversation as it stands."""
    left: bool
    """Whether the back end has it."""
    answered: bool


def asked(db: sqlite3.Connection, conversation_id: Ulid) -> Question | None:
    """The last question in a conversation."""
    return _question(db, "c.id = ?", conversation_id)


def asked_contact(db: sqlite3.Connection, contact_id: Ulid) -> Question | None:
    """The last question to a person, in whichever conversation."""
    return _question(db, f"c.contact_pk IN ({LINKED})", contact_id)


def silent_since(db: sqlite3.Connection, conversation_id: Ulid, at: Millis) -> bool:
    """Whether the customer has said nothing in a conversation since a time."""
    row = db.execute(
        "SELECT 1 FROM conversation c CROSS JOIN message m ON m.conversation_pk = c.pk"
        " WHERE c.id = ? AND m.received_at > ? AND m.role = 1 LIMIT 1",
        (conversation_id, at),
    ).fetchone()
    return row is None


def _question(db: sqlite3.Connection, which: str, value: Ulid) -> Question | None:
    row = db.execute(_ASKED.format(which=which), (value,)).fetchone()
    if row is None:
        return None
    own, at, until, quiet, state, rated_at = row
    return Question(own, at, until, bool(quiet), state in _LEFT, rated_at is not None and rated_at >= at)
