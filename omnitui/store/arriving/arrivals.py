"""Ingest's memory for disorder: who refers to whom, events that came too early, and what was changed last."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.conversations import Attachment
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Status
from omnitui.store.rows import written
from omnitui.store.writer import Tx

SET_HERE: Final = frozenset({"status", "priority", "assignee_id", "labels"})
"""Fields of a conversation that both agents here and its back end set."""
_ENDS: Final = frozenset({Status.RESOLVED, Status.WAITING, Status.SNOOZED})
"""Statuses that a customer's later message ends."""


def park(tx: Tx, account_id: Ulid, awaits: str, event: Json) -> bool:
    """Keep an event until what it is about arrives; False where the same one is kept already."""
    text = json.dumps(event, ensure_ascii=False, sort_keys=True)
    done = tx.db.execute(
        "INSERT OR IGNORE INTO parked(account_pk, awaits, digest, event, parked_at)"
        " SELECT pk, ?, ?, ?, ? FROM account WHERE id = ?",
        (awaits, hashlib.sha256(text.encode()).hexdigest(), text, tx.now(), account_id),
    )
    return done.rowcount > 0


def has_parked(db: sqlite3.Connection, account_id: Ulid) -> bool:
    """Whether anything of an account waits for what it is about."""
    row = db.execute(
        "SELECT 1 FROM parked WHERE account_pk = (SELECT pk FROM account WHERE id = ?) LIMIT 1", (account_id,)
    ).fetchone()
    return row is not None


def unpark(tx: Tx, account_id: Ulid, awaits: str) -> list[Any]:
    """Take out what waited for `awaits`."""
    where = "WHERE awaits = ? AND account_pk = (SELECT pk FROM account WHERE id = ?)"
    rows = tx.db.execute(f"SELECT event FROM parked {where} ORDER BY digest", (awaits, account_id)).fetchall()
    if rows:
        tx.db.execute(f"DELETE FROM parked {where}", (awaits, account_id))
    return [json.loads(row[0]) for row in rows]


def newest_fields(tx: Tx, conversation_id: Ulid, fields: Iterable[str], at: Millis) -> set[str]:
    """Those of `fields` that no later report has set, and remember that this one set them."""
    row = tx.db.execute("SELECT pk FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
    won: set[str] = set()
    for name in fields:
        done = tx.db.execute(
            "INSERT INTO remote_change(conversation_pk, field, at) VALUES (?, ?, ?)"
            " ON CONFLICT(conversation_pk, field) DO UPDATE SET at = excluded.at WHERE excluded.at >= at",
            (row[0], name, at),
        )
        if done.rowcount:
            won.add(name)
    return won


def withhold(tx: Tx, conversation_id: Ulid, values: Mapping[str, Json], at: Millis) -> None:
    """Keep what the back end said of fields at a time: it holds where changes made here after it are undone."""
    for name, value in values.items():
        tx.db.execute(
            "UPDATE remote_change SET withheld = ?, withheld_at = ?"
            " WHERE field = ? AND conversation_pk = (SELECT pk FROM conversation WHERE id = ?)",
            (written(value), at, name, conversation_id),
        )


def withheld(db: sqlite3.Connection, op: Op) -> dict[str, Json]:
    """What the back end said of an op's fields that nothing but the op hides: it holds once the op is undone."""
    rows = db.execute(
        "SELECT r.field, r.withheld, r.withheld_at FROM remote_change r JOIN conversation c ON c.pk = r.conversation_pk"
        " WHERE c.id = ? AND r.withheld IS NOT NULL",
        (op.object_id,),
    ).fetchall()
    return {
        name: still(db, op.object_id, name, json.loads(value), at)
        for name, value, at in rows
        if name in op.after and name not in changed_here(db, op.object_id, at, but=op.id)
    }


def withholds(db: sqlite3.Connection, conversation_id: Ulid) -> set[str]:
    """The fields of a conversation of which a report is withheld."""
    rows = db.execute(
        "SELECT r.field FROM remote_change r JOIN conversation c ON c.pk = r.conversation_pk"
        " WHERE c.id = ? AND r.withheld IS NOT NULL",
        (conversation_id,),
    )
    return {row[0] for row in rows}


def still(db: sqlite3.Connection, conversation_id: Ulid, field: str, value: Json, at: Millis) -> Json:
    """What a field that was set at a time is now: a message that came after it has opened the conversation again."""
    if field == "status" and value in _ENDS and wrote_after(db, conversation_id, at):
        return Status.OPEN.value
    return value


def changed_here(db: sqlite3.Connection, conversation_id: Ulid, at: Millis, *, but: Ulid = "") -> set[str]:
    """The fields of a conversation that agents here changed after a time, by other ops than `but`.

    What was taken back before the back end had it does not count, nor the taking back, nor an undo that left all as it
    was: none of them says anything of it.
    """
    rows = db.execute(
        "SELECT DISTINCT j.key FROM op JOIN op_payload p ON p.op_pk = op.pk, json_each(p.after) j"
        " WHERE op.object_id = ? AND op.kind = 'conversation' AND op.at > ? AND op.id <> ?"
        " AND p.before <> p.after"
        " AND NOT EXISTS ("
        "SELECT 1 FROM op gone JOIN outbox o ON o.op_pk = gone.pk"
        " WHERE gone.id IN (op.id, op.undoes) AND o.state = 'canceled')",
        (conversation_id, at, but),
    )
    return {row[0] for row in rows}


def waiting_here(db: sqlite3.Connection, conversation_id: Ulid) -> set[str]:
    """The fields of a conversation that agents here changed, of which the back end cannot have heard yet."""
    rows = db.execute(
        "SELECT DISTINCT j.key FROM op JOIN outbox o ON o.op_pk = op.pk JOIN op_payload p ON p.op_pk = op.pk,"
        " json_each(p.after) j WHERE op.object_id = ? AND op.kind = 'conversation' AND NOT o.marked"
        " AND o.state IN ('held', 'queued', 'deferred', 'blocked', 'failed')",
        (conversation_id,),
    )
    return {row[0] for row in rows}


def labels_of(db: sqlite3.Connection, conversation_id: Ulid) -> set[str]:
    """The labels of a conversation."""
    rows = db.execute(
        "SELECT l.label FROM label_use l JOIN conversation c ON c.pk = l.conversation_pk"
        " WHERE c.id = ? AND l.deleted_at IS NULL",
        (conversation_id,),
    )
    return {row[0] for row in rows}


def conversation_of(db: sqlite3.Connection, message_id: Ulid) -> Ulid:
    """The conversation that a message lies in."""
    row = db.execute(
        "SELECT c.id FROM message m JOIN conversation c ON c.pk = m.conversation_pk WHERE m.id = ?", (message_id,)
    ).fetchone()
    return str(row[0])


def message_named(db: sqlite3.Connection, account_id: Ulid, external_id: str) -> Ulid | None:
    """A message by the back end's id of it."""
    row = db.execute(
        "SELECT m.id FROM message m JOIN account a ON a.pk = m.account_pk"
        " WHERE a.id = ? AND m.external_id = ? AND m.external_id <> ''",
        (account_id, external_id),
    ).fetchone()
    return None if row is None else str(row[0])


def fill_language(tx: Tx, contact_id: Ulid, language: str) -> None:
    """Keep the language that a back end says a person has, where none is known."""
    done = tx.db.execute(
        "UPDATE contact SET language = ?, revision = revision + 1 WHERE id = ? AND language = ''",
        (language, contact_id),
    )
    if done.rowcount:
        tx.changed(ObjectKind.CONTACT, contact_id)


def remote_at(db: sqlite3.Connection, conversation_id: Ulid, field: str) -> Millis:
    """When the back end last changed a field of a conversation; 0 where it never did."""
    row = db.execute(
        "SELECT r.at FROM remote_change r JOIN conversation c ON c.pk = r.conversation_pk"
        " WHERE c.id = ? AND r.field = ?",
        (conversation_id, field),
    ).fetchone()
    return int(row[0]) if row else 0


def wrote_after(db: sqlite3.Connection, conversation_id: Ulid, at: Millis) -> bool:
    """Whether the customer wrote in a conversation after a time; messages taken back since then count."""
    row = db.execute(
        "SELECT 1 FROM message m JOIN conversation c ON c.pk = m.conversation_pk WHERE c.id = ? AND m.received_at > ?"
        " AND m.direction = 'incoming' AND m.kind IN ('public', 'template') AND NOT m.auto LIMIT 1",
        (conversation_id, at),
    ).fetchone()
    return row is not None


def unread_until(db: sqlite3.Connection, conversation_id: Ulid, at: Millis) -> list[Ulid]:
    """Incoming messages received up to a time that no agent has read."""
    rows = db.execute(
        "SELECT m.id FROM message m JOIN conversation c ON c.pk = m.conversation_pk"
        " WHERE c.id = ? AND m.is_unread = 1 AND m.received_at <= ?",
        (conversation_id, at),
    )
    return [row[0] for row in rows]


def unconfirmed_until(db: sqlite3.Connection, conversation_id: Ulid, at: Millis) -> list[str]:
    """External ids of what we sent up to a time and of which nobody has said that it was read."""
    rows = db.execute(
        "SELECT m.external_id FROM message m JOIN conversation c ON c.pk = m.conversation_pk"
        " WHERE c.id = ? AND m.direction = 'outgoing' AND m.state IN ('accepted', 'delivered')"
        " AND m.received_at <= ? AND m.external_id <> '' AND m.deleted_at IS NULL",
        (conversation_id, at),
    )
    return [row[0] for row in rows]


def locations(db: sqlite3.Connection, message_ids: Sequence[Ulid]) -> list[tuple[str, int, int]]:
    """Where the mails of some messages lie: folder, uidvalidity, uid."""
    marks = ", ".join("?" for _ in message_ids)
    rows = db.execute(
        "SELECT folder, uidvalidity, uid FROM mail_location JOIN message ON message.pk = mail_location.message_pk"
        f" WHERE message.id IN ({marks}) ORDER BY folder, uidvalidity, uid",
        tuple(message_ids),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def reply_key(tx: Tx) -> bytes:
    """The profile's key for reply tokens, made at first use."""
    tx.db.execute("INSERT OR IGNORE INTO meta(name, value) VALUES ('reply_key', ?)", (secrets.token_hex(32),))
    return bytes.fromhex(tx.db.execute("SELECT value FROM meta WHERE name = 'reply_key'").fetchone()[0])


def attachment_of(db: sqlite3.Connection, attachment_id: Ulid) -> tuple[Attachment, Ulid] | None:
    """An attachment and its account; None where there is none."""
    row = db.execute(
        "SELECT f.id, m.id, f.name, f.media_type, f.size, f.sha256, f.inline, f.content_id, f.remote, a.id"
        " FROM attachment f JOIN message m ON m.pk = f.message_pk JOIN account a ON a.pk = m.account_pk"
        " WHERE f.id = ? AND f.deleted_at IS NULL",
        (attachment_id,),
    ).fetchone()
    if row is None:
        return None
    own, message_id, name, media_type, size, sha256, inline, content_id, remote, account_id = row
    attachment = Attachment(
        own, message_id, name, media_type, size, sha256, inline == 1, content_id, json.loads(remote)
    )
    return attachment, str(account_id)


def keep_fetched(tx: Tx, attachment_id: Ulid, sha256: str, size: int) -> None:
    """A file's bytes are in the blob store now."""
    row = tx.db.execute(
        "UPDATE attachment SET sha256 = ?, size = ?, revision = revision + 1 WHERE id = ?"
        " RETURNING (SELECT id FROM message WHERE pk = message_pk)",
        (sha256, size, attachment_id),
    ).fetchone()
    if row is not None:
        tx.changed(ObjectKind.MESSAGE, row[0])
