"""By which numbers a contact can be called, and where calls with a number lie."""

from __future__ import annotations

import sqlite3

from omnitui.ids import Ulid
from omnitui.store.reads.people import LINKED


def numbers(db: sqlite3.Connection, conversation_id: Ulid) -> list[str]:
    """The telephone numbers and SIP addresses of a conversation's contact and those linked to it.

    Those of the conversation's own channel come first.
    """
    rows = db.execute(
        f"""SELECT address FROM (SELECT i.pk, i.address, i.channel <> c.channel AS other FROM conversation c
        CROSS JOIN contact p ON p.pk = c.contact_pk
        CROSS JOIN identity i ON i.contact_pk IN ({LINKED.replace("?", "p.id")}) AND i.deleted_at IS NULL
        WHERE c.id = ? AND (i.address GLOB '+[0-9]*' OR i.address GLOB 'sip*:?*@?*')) ORDER BY other, pk""",
        (conversation_id,),
    )
    return list(dict.fromkeys(address for (address,) in rows))


def conversation_with(db: sqlite3.Connection, account_id: Ulid, number: str) -> Ulid | None:
    """The newest conversation of an account with a number that is not closed; calls come before messages."""
    row = db.execute(
        "SELECT c.id FROM identity i CROSS JOIN conversation c ON c.contact_pk = i.contact_pk"
        " WHERE i.address = ?2 AND i.channel IN ('voice', 'sms') AND i.deleted_at IS NULL"
        " AND c.account_pk = (SELECT pk FROM account WHERE id = ?1) AND c.channel IN ('voice', 'sms')"
        " AND c.is_shown = 1 AND c.status <> 'closed'"
        " ORDER BY c.channel <> 'voice', c.last_activity_at DESC, c.id DESC LIMIT 1",
        (account_id, number),
    ).fetchone()
    return row[0] if row else None
