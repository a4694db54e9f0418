"""What stands between and around the messages of a history: changes, ratings, what is answered, conversations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.deeds import Answered, Deed
from omnitui.model.states import Verb
from omnitui.store.reads.people import LINKED

MOST: Final = 500
"""Changes that one reading brings, the newest of them."""
_SHOWN: Final = ", ".join(
    f"'{verb}'" for verb in (Verb.STATUS, Verb.ASSIGN, Verb.LABEL, Verb.PRIORITY, Verb.SNOOZE, Verb.WAKE, Verb.CAUSE)
)
_ONE: Final = "SELECT pk FROM conversation WHERE id = ?"
_ALL: Final = f"SELECT pk FROM conversation WHERE deleted_at IS NULL AND contact_pk IN ({LINKED})"
_OPS: Final = """
    SELECT o.id, c.id, o.at, g.name, o.verb, p.before, p.after, p.reason
    FROM op o CROSS JOIN conversation c ON c.pk = o.conversation_pk CROSS JOIN agent g ON g.pk = o.author_pk
    CROSS JOIN op_payload p ON p.op_pk = o.pk
"""


def deeds(
    db: sqlite3.Connection, of: Ulid, since: Millis, until: Millis | None, *, contact: bool = False
) -> list[Deed]:
    """What was done after `since` and up to `until`, oldest first; what was undone is left out.

    Args:
        db: A reading connection.
        of: A conversation, or with `contact` a contact whose conversations, and those of linked ones, are meant.
        since: The time after which.
        until: The time up to which; None: up to now.
        contact: What `of` is.
    """
    among = _ALL if contact else _ONE
    end = until if until is not None else 1 << 62
    rows = db.execute(
        f"{_OPS} WHERE o.conversation_pk IN ({among}) AND o.at > ? AND o.at <= ? AND o.verb IN ({_SHOWN})"
        " AND o.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM op u WHERE u.undoes = o.id)"
        " ORDER BY o.pk DESC LIMIT ?",
        (of, since, end, MOST),
    ).fetchall()
    names = dict(db.execute("SELECT id, name FROM agent UNION ALL SELECT id, title FROM incident"))
    found = [_deed(row, names) for row in rows]
    rated = db.execute(
        f"SELECT c.id, coalesce(c.csat_at, c.last_activity_at) AS at, c.csat, c.csat_comment FROM conversation c"
        f" WHERE c.pk IN ({among}) AND c.csat IS NOT NULL AND at > ? AND at <= ?",
        (of, since, end),
    )
    found += [Deed(own, own, at, "", None, {}, {"score": score, "comment": said}) for own, at, score, said in rated]
    return sorted(found, key=lambda deed: (deed.at, deed.id))


def _deed(row: tuple[Any, ...], names: Mapping[str, str]) -> Deed:
    own, conversation_id, at, author, verb, before, after, reason = row
    return Deed(own, conversation_id, at, author, Verb(verb), _named(before, names), _named(after, names), reason or "")


def _named(stored: str | None, names: Mapping[str, str]) -> dict[str, Json]:
    fields: dict[str, Json] = json.loads(stored or "{}")
    for name in ("assignee_id", "incident_id"):
        if name in fields:
            fields[name] = names.get(str(fields[name]), "")
    return fields


def answered(db: sqlite3.Connection, messages: Iterable[Ulid]) -> dict[Ulid, Answered]:
    """By message: what it answers, where that is known and here."""
    some = json.dumps(list(messages))
    rows = db.execute(
        "SELECT m.id, p.id, c.id, p.author, substr(p.text, 1, 200)"
        " FROM message m CROSS JOIN mail ON mail.message_pk = m.pk CROSS JOIN mail parent ON parent.rfc_id ="
        " mail.in_reply_to CROSS JOIN message p ON p.pk = parent.message_pk"
        " CROSS JOIN conversation c ON c.pk = p.conversation_pk"
        " WHERE m.id IN (SELECT value FROM json_each(?)) AND mail.in_reply_to <> '' AND p.account_pk = m.account_pk"
        " AND p.deleted_at IS NULL AND p.pk <> m.pk AND c.deleted_at IS NULL"
        " UNION ALL SELECT m.id, p.id, c.id, p.author, substr(p.text, 1, 200)"
        " FROM message m CROSS JOIN message p ON p.account_pk = m.account_pk AND p.external_id = m.answers"
        " AND p.external_id <> '' CROSS JOIN conversation c ON c.pk = p.conversation_pk"
        " WHERE m.id IN (SELECT value FROM json_each(?)) AND m.answers <> '' AND p.deleted_at IS NULL"
        " AND p.pk <> m.pk AND c.deleted_at IS NULL",
        (some, some),
    )
    return {own: Answered(*rest) for own, *rest in rows}
