"""What a reply needs to know about the conversation it goes into."""

from __future__ import annotations

import json
import sqlite3

from omnitui.clock import Millis
from omnitui.desk.belonging.recipients import others
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.states import Status
from omnitui.store.reads.accounts import own_addresses
from omnitui.store.reads.merging import way
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """Where a reply goes, and what it answers."""

    conversation_id: Ulid
    account_id: Ulid
    channel: str
    inbox: str
    """Our address."""
    inbox_name: str
    contact: str
    """The customer's address on the channel; empty where none is known."""
    conversation: str
    """The back end's id."""
    subject: str
    status: Status
    hold: Millis
    capabilities: Json
    settings: Json
    newest_id: Ulid | None
    """The newest message in the conversation."""
    newest_at: Millis
    mail_id: str = ""
    """Message-ID of the mail to answer."""
    references: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    """Where its author wants answers, if elsewhere."""
    answers: str = ""
    """The back end's id of the message that is answered, where one was chosen."""
    others: tuple[str, ...] = ()
    """Who else got that mail, without ourselves: whom an answer to all goes to as well."""

    @property
    def address(self) -> str:
        """Whom a reply goes to, as its author is shown."""
        return ", ".join(self.reply_to or (self.contact,))


_TARGET = """
    SELECT c.id, a.id, c.channel, i.address, i.name, c.external_id, c.subject, c.status, a.hold,
        a.capabilities, a.settings, m.id, coalesce(m.received_at, 0), c.pk,
        coalesce(
            (SELECT address FROM identity WHERE contact_pk = c.contact_pk AND channel = c.channel
                AND deleted_at IS NULL ORDER BY pk LIMIT 1),
            '')
    FROM conversation c
    JOIN account a ON a.pk = c.account_pk
    JOIN inbox i ON i.pk = c.inbox_pk
    LEFT JOIN message m ON m.pk = (
        SELECT pk FROM message WHERE conversation_pk = c.pk AND deleted_at IS NULL
        ORDER BY received_at DESC, id DESC LIMIT 1)
    WHERE c.id = ?
"""

_ANSWERED = """
    SELECT mail.rfc_id, mail.refs, mail.sender, mail.reply_to, message.direction, message.addressees, message.copied
    FROM message JOIN mail ON mail.message_pk = message.pk
    WHERE message.conversation_pk = ? AND message.deleted_at IS NULL AND coalesce(message.state, '') <> 'canceled'
    ORDER BY message.id = ? DESC, message.direction = 'incoming' DESC, message.received_at DESC, message.id DESC LIMIT 1
"""


def reply_target(db: sqlite3.Connection, conversation_id: Ulid, answers: Ulid | None = None) -> ReplyTarget | None:
    """Where a reply to this conversation goes; None where there is no such conversation.

    A mail answers the message `answers`, else the newest incoming one; where there is none, the newest that we sent.
    """
    row = db.execute(_TARGET, (conversation_id,)).fetchone()
    if row is None:
        return None
    answered = db.execute(_ANSWERED, (row[13], answers or "")).fetchone()
    chosen = db.execute(
        "SELECT external_id FROM message WHERE id = ? AND conversation_pk = ?", (answers or "", row[13])
    ).fetchone()
    contact = row[14]
    mail_id, references, reply_to = "", (), ()
    rest: tuple[str, ...] = ()
    if answered is not None:
        mail_id, refs, sender, wanted, direction, addressees, copied = answered
        references = (*json.loads(refs), mail_id)
        if direction == "incoming":
            contact = sender or contact
            reply_to = tuple(json.loads(wanted))
        everybody = (*json.loads(addressees), *json.loads(copied))
        rest = others(everybody, reply_to or (contact,), own_addresses(db)) if len(everybody) > 1 else ()
    return ReplyTarget(
        conversation_id=row[0],
        account_id=row[1],
        channel=row[2],
        inbox=row[3],
        inbox_name=row[4],
        contact=contact,
        conversation=row[5],
        subject=row[6],
        status=Status(row[7]),
        hold=row[8],
        capabilities=json.loads(row[9]),
        settings=json.loads(row[10]),
        newest_id=row[11],
        newest_at=row[12],
        mail_id=mail_id,
        references=references,
        reply_to=reply_to,
        answers=chosen[0] if chosen else "",
        others=rest,
    )


def address(db: sqlite3.Connection, conversation_id: Ulid, answers: Ulid | None = None) -> str:
    """Whom a reply goes to that is written into what a conversation is shown in; see `merging.way`."""
    target = reply_target(db, way(db, conversation_id, answers), answers)
    return target.address if target is not None else ""


def sent_since(db: sqlite3.Connection, conversation_id: Ulid, since: Millis) -> int:
    """How many messages of ours have left, or may have, in a conversation since a time."""
    row = db.execute(
        "SELECT count(*) FROM message WHERE conversation_pk = (SELECT pk FROM conversation WHERE id = ?)"
        " AND received_at >= ? AND direction = 'outgoing' AND kind IN ('public', 'template') AND deleted_at IS NULL"
        " AND state IN ('sending', 'accepted', 'delivered', 'read', 'unknown')",
        (conversation_id, since),
    ).fetchone()
    return int(row[0])
