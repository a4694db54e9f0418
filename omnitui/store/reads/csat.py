"""Whether a customer was asked how satisfied they are, and what came of it; conversations shown as one are one."""

from __future__ import annotations

import sqlite3
from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import SendState
from omnitui.store.reads.merging import AMONG
from omnitui.store.reads.people import LINKED
from omnitui.values import dataclass

_LEFT: Final = (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ)
_ASKED: Final = """
    SELECT h.id, op.at, json_extract(p.after, '$.csat.until'), json_extract(p.after, '$.csat.quiet'), m.state,
        h.csat_at, m.external_id, (SELECT rfc_id FROM mail WHERE message_pk = m.pk)
    FROM conversation c CROSS JOIN op ON op.conversation_pk = c.pk AND op.verb IN ('reply', 'new')
    CROSS JOIN op_payload p ON p.op_pk = op.pk CROSS JOIN message m ON m.op_id = op.id
    CROSS JOIN conversation h ON h.pk = coalesce(c.merged_pk, c.pk)
    WHERE {which} AND json_extract(p.after, '$.csat.until') IS NOT NULL
    AND m.deleted_at IS NULL AND coalesce(m.state, '') NOT IN ('canceled', 'failed')
    ORDER BY op.at DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Question:
    """A customer was asked, or will be as soon as it leaves."""

    conversation_id: Ulid
    """Where it is shown: what the conversation is a part of, where it is one."""
    at: Millis
    until: Millis
    """Up to when an answer counts."""
    quiet: bool
    """Whether nothing but a score leaves the conversation as it stands."""
    left: bool
    """Whether the back end has it."""
    answered: bool
    names: frozenset[str]
    """What an answer may name it by: the back end's id of it, its Message-ID."""


def asked(db: sqlite3.Connection, conversation_id: Ulid) -> Question | None:
    """The last question in a conversation."""
    return _question(db, f"c.pk IN ({AMONG})", conversation_id)


def asked_contact(db: sqlite3.Connection, contact_id: Ulid) -> Question | None:
    """The last question to a person, in whichever conversation."""
    return _question(db, f"c.contact_pk IN ({LINKED.replace('?', ':of')})", contact_id)


def said_since(db: sqlite3.Connection, conversation_id: Ulid, at: Millis, role: int) -> bool:
    """Whether somebody has said something in a conversation since a time: the customer by role 1, an agent by 2."""
    row = db.execute(
        f"SELECT 1 FROM message m WHERE m.conversation_pk IN ({AMONG}) AND m.received_at > :at AND m.role = :role"
        " LIMIT 1",
        {"of": conversation_id, "at": at, "role": role},
    ).fetchone()
    return row is not None


def _question(db: sqlite3.Connection, which: str, value: Ulid) -> Question | None:
    row = db.execute(_ASKED.format(which=which), {"of": value}).fetchone()
    if row is None:
        return None
    own, at, until, quiet, state, rated_at, *names = row
    known = frozenset(name for name in names if name)
    return Question(own, at, until, bool(quiet), state in _LEFT, rated_at is not None and rated_at >= at, known)
