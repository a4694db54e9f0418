"""By which addresses and accounts the contact of a conversation can be reached elsewhere."""

from __future__ import annotations

import sqlite3

from omnitui.ids import Ulid
from omnitui.model.people import Identity
from omnitui.store.reads.people import LINKED
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Opening:
    """An address of the contact, or of one linked to it, on a channel of one of our accounts."""

    identity: Identity
    account_id: Ulid
    account: str
    conversation_id: Ulid | None
    """The newest conversation there that is not closed."""


def openings(db: sqlite3.Connection, contact_id: Ulid, conversation_id: Ulid) -> list[Opening]:
    """All of them but the contact's conversation itself, those with the newest conversations first.

    An address that means somebody only within one account is known to that account alone.
    """
    rows = db.execute(
        f"""SELECT i.id, p.id, i.channel, i.address, i.name, i.verified, a.id, a.name, k.id
        FROM conversation here CROSS JOIN contact p ON p.pk IN ({LINKED.replace("?", "?1")})
        CROSS JOIN identity i ON i.contact_pk = p.pk AND i.deleted_at IS NULL
        CROSS JOIN account a ON a.deleted_at IS NULL AND a.paused = 0 AND i.scope IN ('', a.id)
        LEFT JOIN conversation k ON k.pk = (
            SELECT c.pk FROM conversation c WHERE c.contact_pk = p.pk AND c.account_pk = a.pk
            AND c.channel = i.channel AND c.is_shown = 1 AND c.status <> 'closed' AND c.pk <> here.pk
            ORDER BY c.last_activity_at DESC, c.id DESC LIMIT 1)
        WHERE here.id = ?2 AND EXISTS (
            SELECT 1 FROM inbox b WHERE b.account_pk = a.pk AND b.channel = i.channel AND b.deleted_at IS NULL)
        ORDER BY k.id IS NULL, k.last_activity_at DESC, i.pk""",
        (contact_id, conversation_id),
    )
    return [
        Opening(Identity(own, contact_id, channel, address, name, verified == 1), account_id, account, there)
        for own, contact_id, channel, address, name, verified, account_id, account, there in rows
    ]
