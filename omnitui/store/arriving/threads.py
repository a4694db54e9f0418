"""Mails as threading sees them: who refers to whom, which are our own, and conversations that prove to be one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omnitui.clock import Millis
from omnitui.desk.belonging.threading import Known, Mail
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind, SendState, Status
from omnitui.store import rule_journal
from omnitui.store.arriving.message_state import bury_message
from omnitui.store.arriving.newcomers import forget_expected
from omnitui.store.arriving.rollup import anew
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx

MAX_KNOWN = 200
"""Stored mails looked at for one placement: a stranger may name thousands of ids."""

_MAIL = """
    SELECT mail.rfc_id, mail.sender, mail.participants, message.subject, mail.in_reply_to, mail.refs,
        conversation.id, conversation.status, message.direction, inbox.address
    FROM mail JOIN message ON message.pk = mail.message_pk
    JOIN conversation ON conversation.pk = message.conversation_pk
    JOIN account ON account.pk = message.account_pk
    JOIN inbox ON inbox.pk = conversation.inbox_pk
"""


def relatives(db: sqlite3.Connection, account_id: Ulid, rfc_id: str, references: Sequence[str]) -> list[Known]:
    """Stored mails of an account that a mail names, that name it, or that name the same ones; itself excepted."""
    marks = ", ".join("?" for _ in references)
    parents = f"SELECT message_pk FROM mail WHERE rfc_id IN ({marks})"
    children = "SELECT message_pk FROM mail_reference WHERE rfc_id = ?"
    siblings = f"SELECT message_pk FROM mail_reference WHERE rfc_id IN ({marks})"
    rows = db.execute(
        f"{_MAIL} WHERE account.id = ? AND mail.rfc_id <> ? AND message.deleted_at IS NULL"
        f" AND conversation.deleted_at IS NULL"
        f" AND mail.message_pk IN ({parents} UNION {children} UNION {siblings})"
        f" ORDER BY message.received_at DESC LIMIT {MAX_KNOWN}",
        (account_id, rfc_id, *references, rfc_id, *references),
    ).fetchall()
    return [_known(row) for row in rows]


def untouched(db: sqlite3.Connection, conversation_id: Ulid) -> bool:
    """Whether no agent has done anything in a conversation, so that its messages may still be regrouped."""
    row = db.execute(
        "SELECT 1 FROM conversation c WHERE c.id = ? AND c.status = ? AND c.deleted_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM op WHERE op.conversation_pk = c.pk)"
        " AND NOT EXISTS (SELECT 1 FROM conversation p WHERE p.merged_pk = c.pk)"
        " AND NOT EXISTS (SELECT 1 FROM draft WHERE draft.conversation_pk = c.pk AND draft.deleted_at IS NULL)",
        (conversation_id, Status.OPEN),
    ).fetchone()
    return row is not None


def messages_of(db: sqlite3.Connection, conversation_id: Ulid) -> list[Ulid]:
    """The ids of all messages in a conversation, deleted ones too."""
    rows = db.execute(
        "SELECT m.id FROM message m JOIN conversation c ON c.pk = m.conversation_pk WHERE c.id = ? ORDER BY m.pk",
        (conversation_id,),
    )
    return [row[0] for row in rows]


def join_conversations(tx: Tx, from_id: Ulid, into_id: Ulid) -> None:
    """Move all messages of an untouched conversation into another one, and leave a tombstone that points there."""
    tx.settle()
    old, new = pk_of(tx, "conversation", from_id), pk_of(tx, "conversation", into_id)
    for message_id in messages_of(tx.db, from_id):
        tx.changed(ObjectKind.MESSAGE, message_id)
    tx.db.execute(
        "UPDATE message SET conversation_pk = ?, revision = revision + 1 WHERE conversation_pk = ?", (new, old)
    )
    tx.db.execute("UPDATE conversation SET may_belong_to_pk = ? WHERE may_belong_to_pk = ?", (new, old))
    tx.db.execute("UPDATE conversation SET may_belong_to_pk = NULL WHERE pk = ? AND may_belong_to_pk = pk", (new,))
    anew(tx, old)
    anew(tx, new)
    tx.settle()
    rule_journal.moved(tx.db, old, new)
    tx.db.execute(
        "UPDATE conversation SET deleted_at = ?, may_belong_to_pk = ?, revision = revision + 1 WHERE pk = ?",
        (tx.now(), new, old),
    )
    tx.changed(ObjectKind.CONVERSATION, from_id)


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message that an op of ours made."""

    message_id: Ulid
    conversation_id: Ulid
    op_id: Ulid
    external_id: str
    state: SendState | None
    received_at: Millis


_OWN = """
    SELECT m.id, c.id, m.op_id, m.external_id, m.state, m.received_at FROM message m
    JOIN conversation c ON c.pk = m.conversation_pk JOIN account a ON a.pk = m.account_pk
"""


def own_by_key(db: sqlite3.Connection, account_id: Ulid, idempotency_key: str) -> OwnMessage | None:
    """The message that left, or is to leave, under an idempotency key."""
    row = db.execute(
        f"{_OWN} JOIN outbox b ON b.message_pk = m.pk WHERE a.id = ? AND b.idempotency_key = ?",
        (account_id, idempotency_key),
    ).fetchone()
    return _own(row)


def own_by_mail(db: sqlite3.Connection, account_id: Ulid, rfc_id: str) -> OwnMessage | None:
    """The message of ours that bears a Message-ID."""
    row = db.execute(
        f"{_OWN} JOIN mail ON mail.message_pk = m.pk"
        " WHERE a.id = ? AND mail.rfc_id = ? AND m.op_id IS NOT NULL"
        " AND m.direction = 'outgoing' ORDER BY m.pk LIMIT 1",
        (account_id, rfc_id),
    ).fetchone()
    return _own(row)


def text_of(db: sqlite3.Connection, message_id: Ulid) -> str:
    """What a message says, without quotes and signature."""
    row = db.execute("SELECT text FROM message WHERE id = ?", (message_id,)).fetchone()
    return str(row[0])


def standing_for(db: sqlite3.Connection, conversation_id: Ulid) -> Ulid:
    """A conversation, or the one that its messages were joined into."""
    row = db.execute(
        "SELECT n.id FROM conversation c JOIN conversation n ON n.pk = c.may_belong_to_pk"
        " WHERE c.id = ? AND c.deleted_at IS NOT NULL",
        (conversation_id,),
    ).fetchone()
    return conversation_id if row is None else str(row[0])


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that we sent, from here or from another program."""

    message_id: Ulid
    external_id: str
    idempotency_key: str
    """Empty where no op here sent it."""
    participants: frozenset[str]


def sent_mails(db: sqlite3.Connection, account_id: Ulid, rfc_id: str) -> list[SentMail]:
    """The outgoing mails that bear a Message-ID."""
    rows = db.execute(
        "SELECT m.id, m.external_id, coalesce(b.idempotency_key, ''), mail.participants"
        " FROM message m JOIN mail ON mail.message_pk = m.pk JOIN account a ON a.pk = m.account_pk"
        " LEFT JOIN op ON op.id = m.op_id LEFT JOIN outbox b ON b.op_pk = op.pk"
        " WHERE a.id = ? AND mail.rfc_id = ? AND mail.rfc_id <> '' AND m.direction = 'outgoing' ORDER BY m.pk",
        (account_id, rfc_id),
    )
    return [SentMail(row[0], row[1], row[2], frozenset(json.loads(row[3]))) for row in rows]


def claim(tx: Tx, account_id: Ulid, message_id: Ulid, external_id: str) -> None:
    """Give our own message the back end's id of it; a copy that came in under that id before goes."""
    twin = tx.db.execute(
        "SELECT m.pk FROM message m JOIN account a ON a.pk = m.account_pk"
        " WHERE a.id = ? AND m.external_id = ? AND m.id <> ?",
        (account_id, external_id, message_id),
    ).fetchone()
    if twin is not None:
        tx.db.execute("UPDATE message SET external_id = '' WHERE pk = ?", twin)
        tx.db.execute(
            "UPDATE mail_location SET message_pk = ? WHERE message_pk = ?", (pk_of(tx, "message", message_id), *twin)
        )
        bury_message(tx, twin[0], tx.now())
    forget_expected(tx)
    tx.db.execute(
        "UPDATE message SET external_id = ? WHERE id = ? AND external_id <> ?", (external_id, message_id, external_id)
    )


def earliest(db: sqlite3.Connection, conversation_id: Ulid) -> tuple[Millis, str, Ulid] | None:
    """Received time, external id and id of the first message of a conversation; ties fall to the external id."""
    row = db.execute(
        "SELECT m.received_at, m.external_id, m.id FROM message m JOIN conversation c ON c.pk = m.conversation_pk"
        " WHERE c.id = ? ORDER BY m.received_at, m.external_id LIMIT 1",
        (conversation_id,),
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def about(db: sqlite3.Connection, conversation_id: Ulid) -> tuple[Ulid, str]:
    """With whom a conversation is, and its subject."""
    row = db.execute(
        "SELECT p.id, c.subject FROM conversation c JOIN contact p ON p.pk = c.contact_pk WHERE c.id = ?",
        (conversation_id,),
    ).fetchone()
    return str(row[0]), str(row[1])


def _own(row: Sequence[Any] | None) -> OwnMessage | None:
    if row is None:
        return None
    message_id, conversation_id, op_id, external_id, known, received_at = row
    state = None if known is None else SendState(known)
    return OwnMessage(message_id, conversation_id, op_id or "", external_id, state, received_at)


def _known(row: Sequence[Any]) -> Known:
    rfc_id, sender, participants, subject, in_reply_to, refs, conversation_id, status, direction, address = row
    nearest: dict[str, None] = dict.fromkeys([*([in_reply_to] if in_reply_to else []), *reversed(json.loads(refs))])
    # What an op of ours made is from the inbox that it left by.
    author = sender or (address.lower() if direction == "outgoing" else "")
    taking_part = frozenset(one.lower() for one in json.loads(participants))
    mail = Mail(rfc_id, author, taking_part, subject, tuple(nearest))
    return Known(mail, conversation_id, status == Status.CLOSED, direction == "outgoing")
