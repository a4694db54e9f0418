"""Messages as they come in and change: each stored once, in its newest revision, with the older ones kept."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Attachment, Message
from omnitui.model.mail import MailHeader
from omnitui.model.states import Direction, MessageKind, ObjectKind, SendState
from omnitui.store.arriving import fulltext
from omnitui.store.arriving.blocks import note_time
from omnitui.store.arriving.message_state import touched
from omnitui.store.arriving.newcomers import newcomers
from omnitui.store.arriving.rollup import CUSTOMER, anew, follow, rollups
from omnitui.store.rows import find, pk_of, written
from omnitui.store.rule_journal import journal
from omnitui.store.writer import Tx


class Arrival(StrEnum):
    """What `put_message` made of a message."""

    INSERTED = "inserted"
    REVISED = "revised"
    """A newer revision took the place of the one that was known."""
    KNOWN = "known"
    """Nothing new."""


class Stored(NamedTuple):
    """Where a message lies now."""

    message_id: Ulid
    conversation_id: Ulid
    arrival: Arrival

    @property
    def inserted(self) -> bool:
        return self.arrival is Arrival.INSERTED

    @property
    def revised(self) -> bool:
        return self.arrival is Arrival.REVISED


_ALWAYS: Final = (
    "id, account_pk, conversation_pk, direction, kind, state, state_at, author, contact_pk, agent_pk, sent_at,"
    " received_at, external_id, remote_revision, seen, placement, text"
)
_SELDOM: Final = (
    "html, edited, auto, files, op_id, subject, addressees, copied, raw, reason, quoted, signature, deleted_at, answers"
)
_USUAL: Final = (0, 0, 0, 0, None, "", "[]", "[]", "", "", "", "", None, "")
"""What `_SELDOM` are unless said otherwise: a line of chat then costs a fifth less."""


_WHOLE: Final = f"{_ALWAYS}, {_SELDOM}"


def _insert(columns: str) -> str:
    marks = ", ".join("?" * len(columns.split(",")))
    return f"INSERT INTO message({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"


_INSERT: Final = _insert(_WHOLE)
_INSERT_USUAL: Final = _insert(_ALWAYS)
_KNOWN: Final = """
    SELECT m.pk, m.id, c.id, m.conversation_pk, m.remote_revision
    FROM message m JOIN conversation c ON c.pk = m.conversation_pk"""
_BY_EXTERNAL: Final = f"{_KNOWN} WHERE m.account_pk = ? AND m.external_id = ? AND m.external_id <> ''"
_BY_ID: Final = f"{_KNOWN} WHERE m.id = ?"
_UNSETTLED: Final = frozenset(
    (
        SendState.HELD,
        SendState.QUEUED,
        SendState.SENDING,
        SendState.DEFERRED,
        SendState.FAILED,
        SendState.BLOCKED,
        SendState.UNKNOWN,
    )
)
_NO_ANSWER: Final = frozenset((SendState.DRAFT, SendState.FAILED, SendState.BLOCKED, SendState.UNKNOWN))


def put_message(
    tx: Tx,
    message: Message,
    *,
    mail: MailHeader | None = None,
    seen: bool = False,
    index: bool = True,
    reopen: bool = True,
) -> Stored:
    """Store a message that came in or was written here.

    A message is known by its account and external id (by its own id, where it has none). The same or an older
    revision of a known one changes nothing that is shown; a newer one takes its place. In whatever order revisions
    come, the outcome is the same.

    Args:
        tx: The work's transaction.
        message: As it shall be kept; its conversation has to exist.
        mail: Its header facts, for mail.
        seen: Whether an agent of this profile has read it.
        index: Whether to make it searchable at once; otherwise it is history: `index_pending` does so later, and no
            rule hears of it.
        reopen: Whether a customer's message opens a conversation that is resolved, waiting or snoozed.
    """
    account_pk = pk_of(tx, "account", message.account_id)
    row = rollups(tx).find(message.conversation_id)
    if row is None:
        return _again(tx, message, account_pk)
    incoming = message.direction is Direction.INCOMING
    author_pk = find(tx, "contact" if incoming else "agent", message.author_id) if message.author_id else None
    state = message.state
    always = (
        message.id,
        account_pk,
        row.pk,
        message.direction.value,
        message.kind.value,
        # Plain values: sqlite3 looks for an adapter of anything else, which costs as much as an index.
        None if state is None else state.value,
        None if state is None else tx.now(),
        message.author,
        author_pk if incoming else None,
        None if incoming else author_pk,
        message.sent_at,
        message.received_at,
        message.external_id,
        message.revision,
        1 if seen or not incoming else 0,
        message.placement,
        message.text,
    )
    seldom = (
        1 if message.html else 0,
        1 if message.edited or message.revision > 1 else 0,
        1 if message.auto else 0,
        len(message.attachments),
        message.op_id,
        message.subject,
        written(message.to) if message.to else "[]",
        written(message.cc) if message.cc else "[]",
        message.raw,
        message.reason,
        message.quoted,
        message.signature,
        tx.now() if message.deleted else None,
        message.answers,
    )
    usual = seldom == _USUAL
    columns, values = (_ALWAYS, always) if usual else (_WHOLE, always + seldom)
    pk = newcomers(tx).take_message(account_pk, message.external_id, columns, values, index=index)
    waits = pk is not None
    if pk is None:
        cursor = tx.db.execute(_INSERT_USUAL if usual else _INSERT, values)
        if not cursor.rowcount:
            return _again(tx, message, account_pk)
        pk = int(cursor.lastrowid or 0)
    tx.pks["message", message.id] = pk
    if message.attachments:
        _attach(tx, pk, message.attachments)
    if mail is not None:
        put_mail(tx, pk, mail)
    if index:
        journal(tx).message(pk, row.pk, message, first=row.last_message_pk is None)
    role = 0 if message.deleted else role_of(message)
    row.arrived(
        pk,
        role=role,
        received_at=message.received_at,
        text=message.text,
        unread=incoming and not seen and role > 0,
        leaving=state in _UNSETTLED,
        reopen=reopen,
    )
    follow(tx, row, message.received_at, reopen=reopen and role == CUSTOMER)
    if not index:
        if not waits:
            fulltext.later(tx, pk)
    elif not message.deleted:
        names = "\n".join(file.name for file in message.attachments)
        words = fulltext.source(message.subject, message.author, names, message.text)
        fulltext.put(tx, pk, words, fulltext.filter_terms(row.channel))
    note_time(tx, pk, message.received_at)
    tx.changed(ObjectKind.MESSAGE, message.id, 1)
    return Stored(message.id, message.conversation_id, Arrival.INSERTED)


def role_of(message: Message) -> int:
    """What the generated column `role` says of a message that is not deleted."""
    if message.kind is MessageKind.ACTIVITY or message.state is SendState.CANCELED:
        return 0
    if message.auto or message.kind not in (MessageKind.PUBLIC, MessageKind.TEMPLATE):
        return 3
    if message.direction is Direction.INCOMING:
        return 1
    return 3 if message.state in _NO_ANSWER else 2


def put_mail(tx: Tx, message_pk: int, mail: MailHeader) -> None:
    """Keep a mail's header facts, and that it names other Message-IDs."""
    participants = sorted(mail.participants)
    tx.db.execute(
        "INSERT OR REPLACE INTO mail(message_pk, rfc_id, in_reply_to, refs, participants, sender, reply_to)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            message_pk,
            mail.rfc_id,
            mail.in_reply_to,
            written(mail.references) if mail.references else "[]",
            written(participants) if participants else "[]",
            mail.sender,
            written(mail.reply_to) if mail.reply_to else "[]",
        ),
    )
    named = {mail.in_reply_to, *mail.references} - {""}
    if named:
        tx.db.executemany(
            "INSERT OR IGNORE INTO mail_reference(rfc_id, message_pk) VALUES (?, ?)",
            [(rfc_id, message_pk) for rfc_id in named],
        )


def _again(tx: Tx, message: Message, account_pk: int) -> Stored:
    """A message that is stored already, perhaps in another revision."""
    key = (account_pk, message.external_id) if message.external_id else (message.id,)
    known = tx.db.execute(_BY_EXTERNAL if message.external_id else _BY_ID, key).fetchone()
    if known is None:
        pk_of(tx, "conversation", message.conversation_id)
        raise Refused(_("The id {id} is already that of another message.").format(id=message.id))
    pk, message_id, conversation_id, conversation_pk, revision = known
    tx.pks["message", message_id] = pk
    if message.revision == revision:
        return Stored(message_id, conversation_id, Arrival.KNOWN)
    if message.revision < revision:
        _older(tx, pk, message)
        return Stored(message_id, conversation_id, Arrival.KNOWN)
    fulltext.take_out(tx, pk)
    tx.db.execute(
        "INSERT OR IGNORE INTO message_revision(message_pk, remote_revision, replaced_at, subject, text, quoted,"
        " signature, html, raw) SELECT pk, remote_revision, ?, subject, text, quoted, signature, html, raw"
        " FROM message WHERE pk = ?",
        (tx.now(), pk),
    )
    tx.db.execute(
        "UPDATE message SET remote_revision = ?, edited = 1, subject = ?, text = ?, quoted = ?,"
        " signature = ?, html = ?, raw = ?, files = ? WHERE pk = ?",
        (
            message.revision,
            message.subject,
            message.text,
            message.quoted,
            message.signature,
            message.html,
            message.raw,
            len(message.attachments),
            pk,
        ),
    )
    tx.db.execute(
        "UPDATE attachment SET deleted_at = ?, revision = revision + 1 WHERE message_pk = ? AND deleted_at IS NULL",
        (tx.now(), pk),
    )
    _attach(tx, pk, message.attachments)
    fulltext.put_back(tx, pk)
    anew(tx, conversation_pk)
    touched(tx, pk)
    return Stored(message_id, conversation_id, Arrival.REVISED)


def _older(tx: Tx, pk: int, message: Message) -> None:
    """Keep a revision that came after a newer one; the times of the oldest are the message's."""
    oldest = tx.db.execute(
        "SELECT min(remote_revision) FROM (SELECT remote_revision FROM message_revision WHERE message_pk = ?1"
        " UNION ALL SELECT remote_revision FROM message WHERE pk = ?1)",
        (pk,),
    ).fetchone()[0]
    done = tx.db.execute(
        "INSERT OR IGNORE INTO message_revision(message_pk, remote_revision, replaced_at, subject, text, quoted,"
        " signature, html, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            pk,
            message.revision,
            tx.now(),
            message.subject,
            message.text,
            message.quoted,
            message.signature,
            message.html,
            message.raw,
        ),
    )
    if not done.rowcount:
        return
    if message.revision < oldest:
        tx.db.execute(
            "UPDATE message SET sent_at = ?, received_at = ? WHERE pk = ?", (message.sent_at, message.received_at, pk)
        )
        note_time(tx, pk, message.received_at)
        conversation_pk = tx.db.execute("SELECT conversation_pk FROM message WHERE pk = ?", (pk,)).fetchone()[0]
        anew(tx, conversation_pk)
    touched(tx, pk)


def _attach(tx: Tx, message_pk: int, attachments: tuple[Attachment, ...]) -> None:
    tx.db.executemany(
        "INSERT INTO attachment(id, message_pk, name, media_type, size, sha256, inline, content_id, remote)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                file.id or tx.ids.new(),
                message_pk,
                file.name,
                file.media_type,
                file.size,
                file.sha256,
                file.inline,
                file.content_id,
                written(file.remote),
            )
            for file in attachments
        ],
    )
