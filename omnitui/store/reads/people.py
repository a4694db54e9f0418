"""Contacts with their identities, links and organizations; agents."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from omnitui.desk.tongues import written_in
from omnitui.ids import Ulid
from omnitui.model.card import LinkedContact
from omnitui.model.people import Contact, Identity, Link, Organization

LINKED: Final = """
    WITH RECURSIVE same(pk) AS (
        SELECT pk FROM contact WHERE id = ?
        UNION SELECT other_pk FROM same CROSS JOIN link ON link.contact_pk = same.pk WHERE deleted_at IS NULL
        UNION SELECT contact_pk FROM same CROSS JOIN link ON link.other_pk = same.pk WHERE deleted_at IS NULL
    )
    SELECT pk FROM same
"""
"""The row of a contact and of all that are linked to it, directly or through others."""

CONTACT: Final = """
    SELECT p.id, p.name, o.id, p.segment, p.language, p.time_zone, p.about, p.fields, p.created_at, p.revision
    FROM contact p LEFT JOIN organization o ON o.pk = p.organization_pk
"""


def to_contact(row: tuple[Any, ...]) -> Contact:
    """A row of CONTACT as the model has it."""
    own, name, organization_id, segment, language, time_zone, about, fields, created_at, revision = row
    return Contact(
        own, name, organization_id, segment, language, time_zone, about, json.loads(fields), created_at, revision
    )


def contact(db: sqlite3.Connection, contact_id: Ulid) -> Contact | None:
    """One contact."""
    row = db.execute(f"{CONTACT} WHERE p.id = ?", (contact_id,)).fetchone()
    return to_contact(row) if row else None


def language(db: sqlite3.Connection, conversation_id: Ulid) -> str:
    """What the contact of a conversation speaks: as their card says, else as what they wrote there last is written."""
    row = db.execute(
        "SELECT p.language, c.pk FROM conversation c CROSS JOIN contact p ON p.pk = c.contact_pk WHERE c.id = ?",
        (conversation_id,),
    ).fetchone()
    if row is None or row[0]:
        return row[0] if row else ""
    said = db.execute(
        "SELECT text FROM message WHERE conversation_pk = ? AND role = 1 ORDER BY received_at DESC, id DESC LIMIT 5",
        (row[1],),
    )
    return next((found for (text,) in said if (found := written_in(text))), "")


def find(db: sqlite3.Connection, part: str, limit: int = 50) -> list[Contact]:
    """Contacts whose name or one of whose addresses contains `part`, by name; without it the first ones."""
    from omnitui.desk.querying.matching import fold
    from omnitui.store.reads.compile import CONTACTS

    rows = db.execute(
        f"{CONTACT} WHERE p.deleted_at IS NULL AND p.pk IN ({CONTACTS}) ORDER BY p.name, p.id LIMIT ?",
        (fold(part), limit),
    )
    return [to_contact(row) for row in rows]


def identities(db: sqlite3.Connection, contact_id: Ulid) -> list[Identity]:
    """The addresses of one contact."""
    rows = db.execute(
        "SELECT i.id, p.id, i.channel, i.address, i.name, i.verified FROM contact p"
        " CROSS JOIN identity i ON i.contact_pk = p.pk WHERE p.id = ? AND i.deleted_at IS NULL"
        " ORDER BY i.channel, i.address",
        (contact_id,),
    )
    return [_to_identity(row) for row in rows]


def linked(db: sqlite3.Connection, contact_id: Ulid) -> list[LinkedContact]:
    """What a contact is linked to, directly or through others, each with the oldest link that leads there."""
    rows = db.execute(
        f"SELECT l.id, x.id, y.id, l.reason, g.id, l.created_at FROM link l"
        " CROSS JOIN contact x ON x.pk = l.contact_pk CROSS JOIN contact y ON y.pk = l.other_pk"
        " CROSS JOIN agent g ON g.pk = l.author_pk"
        f" WHERE l.deleted_at IS NULL AND l.contact_pk IN ({LINKED}) ORDER BY l.created_at, l.id",
        (contact_id,),
    ).fetchall()
    known = {contact_id}
    found: list[LinkedContact] = []
    waiting = [Link(*row) for row in rows]
    while near := next((one for one in waiting if (one.contact_id in known) != (one.other_id in known)), None):
        other_id = near.other_id if near.contact_id in known else near.contact_id
        known.add(other_id)
        other = contact(db, other_id)
        if other is not None:
            found.append(LinkedContact(near, other, tuple(identities(db, other_id))))
    return found


def organization(db: sqlite3.Connection, organization_id: Ulid) -> Organization | None:
    """One organization."""
    row = db.execute("SELECT id, name, domain FROM organization WHERE id = ?", (organization_id,)).fetchone()
    return Organization(*row) if row else None


def _to_identity(row: tuple[Any, ...]) -> Identity:
    own, contact_id, channel, address, name, verified = row
    return Identity(own, contact_id, channel, address, name, verified == 1)


_SERVED: Final = """
    SELECT g.id FROM conversation c JOIN agent g ON g.pk = coalesce(
        (SELECT agent_pk FROM message WHERE conversation_pk = c.pk AND direction = 'outgoing' AND agent_pk IS NOT NULL
            ORDER BY received_at DESC LIMIT 1),
        (SELECT assignee_pk FROM conversation o WHERE o.contact_pk = c.contact_pk AND o.pk <> c.pk
            AND assignee_pk IS NOT NULL ORDER BY last_activity_at DESC LIMIT 1))
    WHERE c.id = ?"""


def served_by(db: sqlite3.Connection, conversation_id: Ulid) -> Ulid | None:
    """Who served the contact of a conversation last: who wrote here, else who had another one of that contact."""
    row = db.execute(_SERVED, (conversation_id,)).fetchone()
    return str(row[0]) if row else None
