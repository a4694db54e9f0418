"""The card: everything about a contact and those linked to it."""

from __future__ import annotations

import sqlite3
from typing import Final

from omnitui.desk.belonging.resemblance import resemblance
from omnitui.errors import NotFound
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.card import Card, Rating, Suggestion
from omnitui.model.conversations import Conversation
from omnitui.model.people import PREFERRED
from omnitui.store.reads import incidents, people, tasks
from omnitui.store.reads.inbox import CONVERSATION, to_conversation
from omnitui.store.reads.people import LINKED
from omnitui.store.reads.resembling import person, suggestion

_MOST_OPEN: Final = 20
_MOST_RATINGS: Final = 10
_MOST_SUGGESTIONS: Final = 5
_MOST_NAMESAKES: Final = 50
"""Of those who have a name in common so many are looked at: where there are thousands, a name says nothing."""
_OF_CONTACT: Final = f"c.contact_pk IN ({LINKED}) AND c.deleted_at IS NULL"


def card(db: sqlite3.Connection, contact_id: Ulid) -> Card:
    """The card of a contact.

    Raises:
        NotFound: There is no such contact.
    """
    contact = people.contact(db, contact_id)
    if contact is None:
        raise NotFound(_("There is no such contact."))
    links = people.linked(db, contact_id)
    organization = people.organization(db, contact.organization_id) if contact.organization_id else None
    identities = people.identities(db, contact_id)
    wanted = contact.fields.get(PREFERRED)
    preferred = next((one.id for one in identities if f"{one.channel}:{one.address}" == wanted), None)
    conversations, messages, first_at, last_at = _totals(db, contact_id)
    return Card(
        contact=contact,
        organization=organization,
        identities=tuple(sorted(identities, key=lambda one: one.id != preferred)),
        preferred=preferred,
        links=tuple(links),
        open=tuple(open_conversations(db, contact_id)),
        tasks=tuple(tasks.of_contact(db, contact_id)),
        incidents=tuple(incidents.of_contact(db, contact_id)),
        conversations=conversations,
        messages=messages,
        first_at=first_at,
        last_at=last_at,
        ratings=tuple(ratings(db, contact_id)),
        last_reason=last_reason(db, contact_id),
        suggestions=tuple(suggestions(db, contact_id)),
    )


def open_conversations(db: sqlite3.Connection, contact_id: Ulid) -> list[Conversation]:
    """What is neither resolved nor closed, newest activity first, at most 20."""
    rows = db.execute(
        f"{CONVERSATION} WHERE {_OF_CONTACT} AND c.is_shown = 1 AND c.status NOT IN ('resolved', 'closed')"
        " ORDER BY c.last_activity_at DESC, c.id DESC LIMIT ?",
        (contact_id, _MOST_OPEN),
    )
    return [to_conversation(row) for row in rows]


def ratings(db: sqlite3.Connection, contact_id: Ulid) -> list[Rating]:
    """The newest ratings, at most ten."""
    rows = db.execute(
        f"SELECT c.id, c.csat, coalesce(c.csat_at, c.last_activity_at) AS at FROM conversation c"
        f" WHERE {_OF_CONTACT} AND c.csat IS NOT NULL ORDER BY at DESC LIMIT ?",
        (contact_id, _MOST_RATINGS),
    )
    return [Rating(*row) for row in rows]


def last_reason(db: sqlite3.Connection, contact_id: Ulid) -> str:
    """The contact reason of the newest conversation that has one, else what was said when one was last resolved."""
    row = (
        db.execute(
            f"SELECT c.contact_reason FROM conversation c WHERE {_OF_CONTACT} AND c.contact_reason <> ''"
            f" ORDER BY c.last_activity_at DESC LIMIT 1",
            (contact_id,),
        ).fetchone()
        or db.execute(
            f"SELECT p.reason FROM conversation c CROSS JOIN op o ON o.conversation_pk = c.pk"
            f" CROSS JOIN op_payload p ON p.op_pk = o.pk"
            f" WHERE {_OF_CONTACT} AND o.verb = 'status' AND p.reason <> '' AND p.reason NOT LIKE 'macro %'"
            f" ORDER BY o.pk DESC LIMIT 1",
            (contact_id,),
        ).fetchone()
    )
    return str(row[0]) if row else ""


def suggestions(db: sqlite3.Connection, contact_id: Ulid) -> list[Suggestion]:
    """Contacts that have an address or the full name in common with this one and are not linked to it."""
    rows = db.execute(
        f"""SELECT q.id, min(found.by_name) FROM (
            SELECT same.contact_pk AS pk, 0 AS by_name FROM contact own
            CROSS JOIN identity i ON i.contact_pk = own.pk CROSS JOIN identity same ON same.address = i.address
            WHERE own.id = ?1 AND i.deleted_at IS NULL AND same.deleted_at IS NULL
            UNION ALL
            SELECT * FROM (SELECT same.pk, 1 FROM contact own CROSS JOIN contact same ON same.name = own.name
                WHERE own.id = ?1 AND replace(trim(own.name), '\u3000', ' ') LIKE '_% %_' LIMIT {_MOST_NAMESAKES})
        ) found CROSS JOIN contact q ON q.pk = found.pk
        WHERE q.deleted_at IS NULL AND q.pk NOT IN ({LINKED.replace("?", "?1")})
        GROUP BY q.pk ORDER BY 2, q.id LIMIT ?2""",
        (contact_id, _MOST_SUGGESTIONS),
    ).fetchall()
    own = person(db, contact_id) if rows else None
    others = [person(db, other_id) for other_id, _by_name in rows]
    return [
        suggestion(resemblance(own, other, spelling=False), other)
        for other in others
        if own is not None and other is not None
    ]


def _totals(db: sqlite3.Connection, contact_id: Ulid) -> tuple[int, int, int | None, int | None]:
    row = db.execute(
        f"SELECT count(DISTINCT c.pk), count(m.pk), min(m.received_at), max(m.received_at) FROM conversation c"
        f" LEFT JOIN message m ON m.conversation_pk = c.pk AND m.deleted_at IS NULL AND m.kind <> 'activity'"
        f" WHERE {_OF_CONTACT}",
        (contact_id,),
    ).fetchone()
    return row[0], row[1], row[2], row[3]
