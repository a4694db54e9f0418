"""What belongs to some people, or is older than an account keeps: the rows, and how much that is."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from json import dumps, loads
from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.values import dataclass

_BLOB: Final = re.compile("[0-9a-f]{64}")
IN: Final = "(SELECT value FROM json_each(?1))"


@dataclass(frozen=True, slots=True)
class Doomed:
    """Rows that are to lose their words, by number."""

    contacts: tuple[int, ...] = ()
    conversations: tuple[int, ...] = ()
    messages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """What of it an account holds; the back end has it too."""

    account: str
    kind: str
    conversations: int
    messages: int
    folders: tuple[str, ...] = ()
    """Where mails lie at the server, as far as that is known."""


def rows_of(db: sqlite3.Connection, contact_ids: Sequence[Ulid], *, mentions: bool = False) -> Doomed:
    """All rows about some people: what is known of them, their conversations with everything in them, their messages.

    `mentions`: with other people's messages that name an address of theirs.
    """
    found = {
        name: tuple(row[0] for row in db.execute(sql, (dumps(contact_ids),)))
        for name, sql in {
            "contacts": f"SELECT pk FROM contact WHERE id IN {IN}",
            "conversations": "SELECT c.pk FROM conversation c JOIN contact p ON p.pk = c.contact_pk"
            f" WHERE p.id IN {IN}",
            "messages": "SELECT m.pk FROM message m JOIN conversation c ON c.pk = m.conversation_pk JOIN contact p"
            f" ON p.pk = c.contact_pk WHERE p.id IN {IN} UNION SELECT m.pk FROM message m JOIN contact p"
            f" ON p.pk = m.contact_pk WHERE p.id IN {IN}",
        }.items()
    }
    if mentions:
        found["messages"] += tuple(naming(db, found["contacts"], found["messages"]))
    return Doomed(**found)


def naming(db: sqlite3.Connection, contacts: Sequence[int], but: Sequence[int]) -> list[int]:
    """Messages that name an address of some contacts, other than those of `but`."""
    known = set(but)
    found: dict[int, None] = {}
    for (address,) in db.execute(
        f"SELECT DISTINCT address FROM identity WHERE contact_pk IN {IN} AND length(address) > 3",
        (dumps(contacts),),
    ).fetchall():
        rows = db.execute(
            "SELECT m.pk FROM message m LEFT JOIN mail l ON l.message_pk = m.pk WHERE instr(lower(m.author || char(10)"
            " || m.subject || char(10) || m.text || char(10) || m.quoted || char(10) || m.signature || m.addressees"
            " || m.copied || coalesce(l.participants || l.reply_to || l.sender, '')), lower(?)) > 0",
            (address,),
        )
        found |= dict.fromkeys(row[0] for row in rows if row[0] not in known)
    return list(found)


def places(db: sqlite3.Connection, doomed: Doomed) -> list[Place]:
    """Which accounts hold how much of it."""
    rows = db.execute(
        "SELECT a.name, a.kind, count(DISTINCT c.pk), count(m.pk), (SELECT json_group_array(folder) FROM"
        " (SELECT DISTINCT folder FROM mail_location WHERE account_pk = a.pk AND message_pk IN"
        f" {IN} ORDER BY folder)) FROM message m JOIN conversation c ON c.pk = m.conversation_pk"
        f" JOIN account a ON a.pk = m.account_pk WHERE m.pk IN {IN} GROUP BY a.pk ORDER BY a.name",
        (dumps(doomed.messages),),
    )
    return [Place(name, kind, talks, said, tuple(loads(folders))) for name, kind, talks, said, folders in rows]


def addresses(db: sqlite3.Connection, contacts: Sequence[int]) -> tuple[list[str], list[str]]:
    """Addresses and names of some contacts."""
    known = db.execute(f"SELECT address, name FROM identity WHERE contact_pk IN {IN}", (dumps(contacts),)).fetchall()
    names = db.execute(f"SELECT name FROM contact WHERE pk IN {IN}", (dumps(contacts),)).fetchall()
    said = {name for (name,) in names} | {name for _address, name in known}
    return sorted({address for address, _name in known} - {""}), sorted(said - {""})


def called(db: sqlite3.Connection, doomed: Doomed) -> list[str]:
    """By what ids others name these rows: mails by their own, people and conversations by ours."""
    rows = db.execute(
        f"SELECT rfc_id FROM mail WHERE message_pk IN {IN} AND rfc_id <> ''"
        " UNION SELECT id FROM conversation WHERE pk IN (SELECT value FROM json_each(?2))"
        " UNION SELECT id FROM contact WHERE pk IN (SELECT value FROM json_each(?3))",
        (dumps(doomed.messages), dumps(doomed.conversations), dumps(doomed.contacts)),
    )
    return [row[0] for row in rows]


def numbered(db: sqlite3.Connection, pks: Sequence[int]) -> list[Ulid]:
    """The conversations of some messages."""
    rows = db.execute(
        "SELECT DISTINCT c.id FROM message m JOIN conversation c ON c.pk = m.conversation_pk"
        f" WHERE m.pk IN {IN} ORDER BY c.id",
        (dumps(pks),),
    )
    return [row[0] for row in rows]


def outdated(db: sqlite3.Connection, account_id: Ulid, before: Millis, limit: int) -> tuple[int, ...]:
    """Messages of an account that were received before a time and still say something; none that is to leave."""
    rows = db.execute(
        "SELECT pk FROM message WHERE account_pk = (SELECT pk FROM account WHERE id = ?) AND received_at < ?"
        " AND unsettled = 0 AND (text <> '' OR raw <> '' OR subject <> '' OR author <> '' OR quoted <> '')"
        " ORDER BY received_at LIMIT ?",
        (account_id, before, limit),
    )
    return tuple(row[0] for row in rows)


def emptied(
    db: sqlite3.Connection, account_id: Ulid, before: Millis, *, among: Sequence[int] | None = None
) -> tuple[int, ...]:
    """Conversations of an account that hold nothing, and nothing since a time; of these only, where some are given."""
    some = "" if among is None else "c.pk IN (SELECT value FROM json_each(?3)) AND "
    rows = db.execute(
        f"SELECT c.pk FROM conversation c WHERE {some}c.account_pk = (SELECT pk FROM account WHERE id = ?1)"
        " AND (c.deleted_at IS NULL OR c.subject <> '') AND NOT EXISTS"
        " (SELECT 1 FROM message m WHERE m.conversation_pk = c.pk"
        " AND (m.deleted_at IS NULL OR m.text <> '' OR m.received_at >= ?2))"
        " AND EXISTS (SELECT 1 FROM message m WHERE m.conversation_pk = c.pk)"
        " AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.conversation_pk = c.pk AND d.deleted_at IS NULL)"
        # What is shown as one is kept as one.
        " AND NOT EXISTS (SELECT 1 FROM conversation p WHERE p.merged_pk = c.pk AND p.deleted_at IS NULL)"
        " AND c.task_due_at IS NULL",
        (account_id, before) if among is None else (account_id, before, dumps(among)),
    )
    return tuple(row[0] for row in rows)


def lonely(db: sqlite3.Connection, conversations: Sequence[int]) -> tuple[int, ...]:
    """The people of some conversations who have no other one, and no message anywhere."""
    rows = db.execute(
        f"SELECT DISTINCT c.contact_pk FROM conversation c WHERE c.pk IN {IN} AND NOT EXISTS"
        f" (SELECT 1 FROM conversation o WHERE o.contact_pk = c.contact_pk AND o.pk NOT IN {IN}"
        " AND o.deleted_at IS NULL) AND NOT EXISTS"
        " (SELECT 1 FROM message m WHERE m.contact_pk = c.contact_pk AND m.deleted_at IS NULL)",
        (dumps(conversations),),
    )
    return tuple(row[0] for row in rows)


def used_blobs(db: sqlite3.Connection) -> set[str]:
    """The names of all blobs that a row refers to."""
    found = {
        row[0]
        for row in db.execute(
            "SELECT raw FROM message UNION SELECT raw FROM message_revision UNION SELECT sha256 FROM attachment"
        )
    }
    for (text,) in db.execute(
        "SELECT attachments FROM draft WHERE attachments <> '[]' UNION ALL SELECT payload FROM outbox WHERE ahead = 1"
        " UNION ALL SELECT event FROM parked"
    ):
        found.update(_BLOB.findall(text))
    return found


def conversations_of(db: sqlite3.Connection, pks: Sequence[int]) -> list[Ulid]:
    """The ids of conversations, in the order of their rows."""
    return [row[0] for row in db.execute(f"SELECT id FROM conversation WHERE pk IN {IN} ORDER BY pk", (dumps(pks),))]


def messages_of(db: sqlite3.Connection, pks: Sequence[int]) -> list[Ulid]:
    """The ids of messages that are not deleted, in the order of their rows."""
    rows = db.execute(f"SELECT id FROM message WHERE pk IN {IN} AND deleted_at IS NULL ORDER BY pk", (dumps(pks),))
    return [row[0] for row in rows]
