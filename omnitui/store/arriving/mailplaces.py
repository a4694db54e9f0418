"""Where mails lie at their server, and their flags there. A mail stays itself wherever it is moved."""

from __future__ import annotations

import json
from collections.abc import Sequence

from omnitui.ids import Ulid
from omnitui.store.rows import pk_of, written
from omnitui.store.writer import Tx


def put_location(
    tx: Tx,
    account_id: Ulid,
    message_id: Ulid,
    folder: str,
    uidvalidity: int,
    uid: int,
    seen: bool,
    flagged: bool,
    keywords: Sequence[str] = (),
) -> bool:
    """Say that a mail lies there with these flags; whether that is news."""
    done = tx.db.execute(
        "INSERT INTO mail_location(account_pk, folder, uidvalidity, uid, message_pk, seen, flagged, keywords)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(account_pk, folder, uidvalidity, uid) DO UPDATE SET"
        " message_pk = excluded.message_pk, seen = excluded.seen, flagged = excluded.flagged,"
        " keywords = excluded.keywords WHERE message_pk <> excluded.message_pk OR seen <> excluded.seen"
        " OR flagged <> excluded.flagged OR keywords <> excluded.keywords",
        (
            pk_of(tx, "account", account_id),
            folder,
            uidvalidity,
            uid,
            pk_of(tx, "message", message_id),
            seen,
            flagged,
            written(sorted(keywords)) if keywords else "[]",
        ),
    )
    return done.rowcount > 0


def message_at(tx: Tx, account_id: Ulid, folder: str, uidvalidity: int, uid: int) -> Ulid | None:
    """The message that lies at a place."""
    row = tx.db.execute(
        "SELECT m.id, m.pk FROM mail_location l JOIN message m ON m.pk = l.message_pk"
        " WHERE l.account_pk = ? AND l.folder = ? AND l.uidvalidity = ? AND l.uid = ?",
        (pk_of(tx, "account", account_id), folder, uidvalidity, uid),
    ).fetchone()
    if row is None:
        return None
    tx.pks["message", row[0]] = row[1]
    return str(row[0])


def flags_at(
    tx: Tx, account_id: Ulid, folder: str, uidvalidity: int, uid: int
) -> tuple[bool, bool, tuple[str, ...]] | None:
    """Seen, flagged and keywords as they were last reported for a place; None where nothing lies there."""
    row = tx.db.execute(
        "SELECT seen, flagged, keywords FROM mail_location"
        " WHERE account_pk = ? AND folder = ? AND uidvalidity = ? AND uid = ?",
        (pk_of(tx, "account", account_id), folder, uidvalidity, uid),
    ).fetchone()
    return None if row is None else (bool(row[0]), bool(row[1]), tuple(json.loads(row[2])))


def flags_set(
    tx: Tx,
    message_ids: Sequence[Ulid],
    *,
    seen: bool | None = None,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> None:
    """Note flags that the server took from us, so that its next report is compared with what we told it."""
    for message_id in message_ids:
        rows = tx.db.execute(
            "SELECT l.account_pk, l.folder, l.uidvalidity, l.uid, l.seen, l.keywords FROM mail_location l"
            " JOIN message m ON m.pk = l.message_pk WHERE m.id = ?",
            (message_id,),
        ).fetchall()
        for *place, was_seen, keywords in rows:
            words = (set(json.loads(keywords)) | set(add)) - set(remove)
            tx.db.execute(
                "UPDATE mail_location SET seen = ?, keywords = ?"
                " WHERE account_pk = ? AND folder = ? AND uidvalidity = ? AND uid = ?",
                (was_seen if seen is None else seen, written(sorted(words)) if words else "[]", *place),
            )


def drop_location(tx: Tx, account_id: Ulid, folder: str, uidvalidity: int, uid: int) -> Ulid | None:
    """A mail is no longer at a place; the message that lay there."""
    message_id = message_at(tx, account_id, folder, uidvalidity, uid)
    tx.db.execute(
        "DELETE FROM mail_location WHERE account_pk = ? AND folder = ? AND uidvalidity = ? AND uid = ?",
        (pk_of(tx, "account", account_id), folder, uidvalidity, uid),
    )
    return message_id


def reset_folder(tx: Tx, account_id: Ulid, folder: str, uidvalidity: int) -> int:
    """Forget all places in a folder that are not of this UIDVALIDITY; how many there were."""
    return tx.db.execute(
        "DELETE FROM mail_location WHERE account_pk = ? AND folder = ? AND uidvalidity <> ?",
        (pk_of(tx, "account", account_id), folder, uidvalidity),
    ).rowcount
