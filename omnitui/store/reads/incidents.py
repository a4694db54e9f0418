"""Incidents: those that go on and those that have ended, what is linked to them, what was done about them."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.incidents import Incident, Severity
from omnitui.model.operations import Op
from omnitui.model.states import ENDS
from omnitui.store.reads.inbox import CONVERSATION, to_conversation
from omnitui.store.reads.oplog import OP, to_op
from omnitui.store.reads.people import LINKED

MOST: Final = 500
"""Incidents that one reading brings, the newest of them."""
_INCIDENT: Final = """
    SELECT n.id, n.title, n.severity, n.standing, n.began_at, n.ended_at, n.told, n.told_at, n.created_at, n.revision,
        (SELECT count(*) FROM conversation WHERE incident_pk = n.pk)
    FROM incident n
"""


def _incident(row: tuple[Any, ...]) -> Incident:
    own, title, severity, *rest = row
    return Incident(own, title, Severity(severity), *rest)


def incident(db: sqlite3.Connection, incident_id: Ulid) -> Incident | None:
    """The incident of that id; None where there is none, or its beginning was taken back."""
    row = db.execute(f"{_INCIDENT} WHERE n.id = ? AND n.deleted_at IS NULL", (incident_id,)).fetchone()
    return _incident(row) if row else None


def going_on(db: sqlite3.Connection) -> list[Incident]:
    """The incidents that have not ended, the worst first, of equal ones the oldest."""
    rows = db.execute(f"{_INCIDENT} WHERE n.goes_on = 1 ORDER BY n.severity, n.began_at, n.pk LIMIT ?", (MOST,))
    return [_incident(row) for row in rows]


def of_contact(db: sqlite3.Connection, contact_id: Ulid) -> list[Incident]:
    """Those that go on and that conversations of a contact, or of those linked to it, are linked to."""
    rows = db.execute(
        f"{_INCIDENT} WHERE n.goes_on = 1 AND n.pk IN (SELECT incident_pk FROM conversation"
        f" WHERE contact_pk IN ({LINKED}) AND incident_pk IS NOT NULL) ORDER BY n.severity, n.began_at",
        (contact_id,),
    )
    return [_incident(row) for row in rows]


def ended(db: sqlite3.Connection, limit: int = MOST) -> list[Incident]:
    """The incidents that have ended, the last one first."""
    rows = db.execute(
        f"{_INCIDENT} WHERE n.ended_at IS NOT NULL AND n.deleted_at IS NULL"
        " ORDER BY n.began_at DESC, n.id DESC LIMIT ?",
        (limit,),
    )
    return [_incident(row) for row in rows]


def known(db: sqlite3.Connection) -> list[Incident]:
    """Those that go on, then the last fifty of those that have ended."""
    return [*going_on(db), *ended(db, 50)]


def linked(db: sqlite3.Connection, incident_id: Ulid) -> list[Conversation]:
    """The conversations that are linked to an incident, the newest activity first; what is spam or deleted is not."""
    rows = db.execute(
        f"{CONVERSATION} WHERE c.incident_pk = (SELECT pk FROM incident WHERE id = ?) AND c.is_shown = 1"
        " ORDER BY c.last_activity_at DESC, c.id DESC",
        (incident_id,),
    )
    return [to_conversation(row) for row in rows]


def persons(db: sqlite3.Connection, incident_id: Ulid) -> dict[Ulid, int]:
    """The contacts of its conversations, each with a number that those share who are linked: one person."""
    rows = db.execute(
        "SELECT DISTINCT p.id, p.pk FROM conversation c CROSS JOIN contact p ON p.pk = c.contact_pk"
        " WHERE c.incident_pk = (SELECT pk FROM incident WHERE id = ?)",
        (incident_id,),
    ).fetchall()
    numbers: dict[int, int] = {}
    for own, pk in rows:
        if pk not in numbers:
            numbers |= {linked: pk for (linked,) in db.execute(LINKED, (own,))}
    return {own: numbers[pk] for own, pk in rows}


def asleep(db: sqlite3.Connection, incident_id: Ulid) -> list[Ulid]:
    """Those of its conversations that sleep until it ends."""
    rows = db.execute(
        "SELECT id FROM conversation WHERE incident_pk = (SELECT pk FROM incident WHERE id = ?)"
        " AND status = 'snoozed' AND snoozed_until = ? AND deleted_at IS NULL ORDER BY id",
        (incident_id, ENDS),
    )
    return [own for (own,) in rows]


def story(db: sqlite3.Connection, incident_id: Ulid) -> list[Op]:
    """What was done to an incident, and which conversations were linked to it and unlinked, the oldest first."""
    rows = db.execute(
        f"{OP} WHERE o.verb IN ('incident', 'cause') AND (o.object_id = ?1"
        " OR json_extract(p.after, '$.incident_id') = ?1 OR json_extract(p.before, '$.incident_id') = ?1)"
        " ORDER BY o.pk",
        (incident_id,),
    )
    return [to_op(row) for row in rows]
