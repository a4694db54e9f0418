"""Erasure: words gone from every place of the cache, while the log's chain stays whole and nothing comes back.

Rows stay as tombstones without a word in them. Freed bytes of the file are the business of `forgetting.scrubbing`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from omnitui.clock import Millis
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind, SendState
from omnitui.store import outbox
from omnitui.store.arriving import fulltext, reactions
from omnitui.store.arriving.rollup import anew
from omnitui.store.forgetting import tombstones
from omnitui.store.reads.belongings import Doomed
from omnitui.store.rows import pk_of, written
from omnitui.store.tasks import set_due
from omnitui.store.writer import Tx
from omnitui.values import dataclass

_OWED: Final = tombstones.SWEEP_OWED
_PAGES: Final = 100
"""Pages of the full-text index that are written in one piece."""
_ERASED: Final = "UPDATE op_payload SET before = '{}', after = '{}', reason = '', erased_at = ? WHERE erased_at IS NULL"
_OUTBOX: Final = "UPDATE outbox SET payload = '{}', outcomes = '{}', reason = '', external_id = ''"
_PLACES: Final = "(SELECT value FROM json_each(?1))"
_BLANK: Final = (
    (
        "UPDATE message SET author = '', subject = '', addressees = '[]', copied = '[]', reason = '', text = '',"
        f" quoted = '', signature = '', raw = '', files = 0, external_id = '', html = 0, answers = '',"
        f" reactions = '[]' WHERE pk IN {_PLACES}"
    ),
    f"DELETE FROM message_revision WHERE message_pk IN {_PLACES}",
    f"DELETE FROM call_end WHERE message_pk IN {_PLACES}",
    f"DELETE FROM attachment WHERE message_pk IN {_PLACES}",
    f"DELETE FROM mail_reference WHERE message_pk IN {_PLACES}",
    f"DELETE FROM mail_location WHERE message_pk IN {_PLACES}",
    f"DELETE FROM mail WHERE message_pk IN {_PLACES}",
    f"{_OUTBOX} WHERE message_pk IN {_PLACES}",
)
_BLANK_CONVERSATION: Final = (
    f"{_OUTBOX} WHERE conversation_pk IN {_PLACES}",
    f"DELETE FROM label_use WHERE conversation_pk IN {_PLACES}",
    f"DELETE FROM remote_change WHERE conversation_pk IN {_PLACES}",
    f"DELETE FROM status_change WHERE conversation_pk IN {_PLACES}",
    f"DELETE FROM rule_event WHERE conversation_pk IN {_PLACES}",
    f"DELETE FROM rule_timer WHERE conversation_pk IN {_PLACES}",
    f"DELETE FROM rule_firing WHERE conversation_pk IN {_PLACES}",
    (
        "UPDATE draft SET text = '', attachments = '[]', extra = '{}', revision = revision + 1,"
        f" deleted_at = coalesce(deleted_at, updated_at) WHERE conversation_pk IN {_PLACES}"
    ),
    (
        "UPDATE task SET text = '', revision = revision + 1, deleted_at = coalesce(deleted_at, created_at)"
        f" WHERE conversation_pk IN {_PLACES}"
    ),
    (
        "UPDATE conversation SET task_due_at = NULL, sla_due_at = NULL, sla_warn_at = NULL, subject = '', snippet = '',"
        " external_id = '', vendor_status = '', csat_raw = '',"
        f" csat_comment = '', may_belong_to_pk = NULL, merged_pk = NULL, incident_pk = NULL WHERE pk IN {_PLACES}"
    ),
)
_CALLED_OFF: Final = {
    SendState.UNKNOWN: (SendState.FAILED, SendState.CANCELED),
    **dict.fromkeys(
        (SendState.HELD, SendState.QUEUED, SendState.DEFERRED, SendState.BLOCKED, SendState.FAILED),
        (SendState.CANCELED,),
    ),
}
"""The steps by which what has not left never will."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What has to be looked for outside the cache's rows, of what was erased."""

    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    """Ids of mails and of rows."""
    blobs: tuple[str, ...] = ()
    """Blobs that nothing refers to any more."""


NOTHING: Final = Owed()


def erase_all(tx: Tx, doomed: Doomed, *, until: Millis, come_back: bool = False) -> tuple[str, ...]:
    """Erase the words of all these rows.

    Args:
        tx: The work's transaction.
        doomed: The rows. Of a contact only what is known of it; its conversations have to be named too.
        until: Older messages of these people are refused when they come again.
        come_back: Whether what is fetched again may come in again.

    Returns:
        The blobs that nothing refers to any more; the caller drops them once this is committed.

    Raises:
        Refused: Something of it is being sent just now.
    """
    tx.settle()
    _call_off(tx, doomed)
    tx.settle()
    # Freed pages keep their bytes otherwise.
    tx.db.execute("PRAGMA secure_delete = ON")
    if not come_back:
        _remember(tx, doomed, until)
    blobs = _erase_messages(tx, doomed.messages) | _erase_conversations(tx, doomed.conversations)
    for contact_pk in doomed.contacts:
        _erase_contact(tx, contact_pk, None if come_back else until)
    tx.settle()
    tx.db.execute("PRAGMA secure_delete = OFF")
    return unused(tx, blobs)


def merge_index(tx: Tx) -> None:
    """Rewrite the full-text index: a word that was taken out stays in its segments until they are merged."""
    tx.db.execute("PRAGMA secure_delete = ON")
    tx.db.execute("INSERT INTO message_fts(message_fts) VALUES ('optimize')")
    tx.db.execute("PRAGMA secure_delete = OFF")


def merge_some(tx: Tx, *, begin: bool = False) -> bool:
    """A piece of what `merge_index` does, some 20 ms of it; whether there is more to do.

    `begin`: with all segments that there are now. What is indexed between the pieces hinders nothing.
    """
    before = tx.db.total_changes
    tx.db.execute("PRAGMA secure_delete = ON")
    tx.db.execute("INSERT INTO message_fts(message_fts, rank) VALUES ('merge', ?)", (-_PAGES if begin else _PAGES,))
    tx.db.execute("PRAGMA secure_delete = OFF")
    # SQLite's own sign that a merge found nothing to do.
    return tx.db.total_changes - before > 1


def owe_sweep(tx: Tx, owed: Owed = NOTHING) -> None:
    """Note that bytes of what is erased may still lie somewhere, in case nobody comes to take them away.

    What has to be looked for is noted too, so that whoever comes can.
    """
    tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, '1')", (_OWED,))
    if owed != NOTHING:
        words = written([list(some) for some in (owed.addresses, owed.names, owed.ids, owed.blobs)])
        tx.db.execute("INSERT INTO meta(name, value) VALUES (?, ?)", (f"{_OWED} {tx.ids.new()}", words))


def owed(db: sqlite3.Connection) -> Owed:
    """What of erasures that were not swept up has to be looked for."""
    rows = db.execute("SELECT value FROM meta WHERE name GLOB ? ORDER BY name", (f"{_OWED} *",)).fetchall()
    found = [json.loads(value) for (value,) in rows]
    return Owed(*(tuple(dict.fromkeys(word for one in found for word in one[place])) for place in range(4)))


def forget_words(tx: Tx) -> None:
    """Forget what had to be looked for: it lies nowhere any more but here. That the sweep is owed stays."""
    tx.db.execute("PRAGMA secure_delete = ON")
    tx.db.execute("DELETE FROM meta WHERE name GLOB ?", (f"{_OWED} *",))
    tx.db.execute("PRAGMA secure_delete = OFF")


def settle_sweep(tx: Tx) -> None:
    """Note that nothing of what was erased is left; not while there are words to be looked for."""
    tx.db.execute(
        "DELETE FROM meta WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM meta WHERE name GLOB ?1 || ' *')", (_OWED,)
    )


def owes_sweep(db: sqlite3.Connection) -> bool:
    """Whether an erasure was broken off before all its bytes were gone."""
    return db.execute("SELECT 1 FROM meta WHERE name = ?", (_OWED,)).fetchone() is not None


def unused(tx: Tx, blobs: Iterable[str]) -> tuple[str, ...]:
    """Those of some blobs that nothing refers to."""
    return tuple(sorted(blob for blob in set(blobs) - {""} if not _used(tx, blob)))


def _call_off(tx: Tx, doomed: Doomed) -> None:
    rows = tx.db.execute(
        "SELECT op.id, o.state FROM outbox o JOIN op ON op.pk = o.op_pk WHERE (o.ahead = 1 OR o.state = 'failed')"
        " AND (o.conversation_pk IN (SELECT value FROM json_each(?)) OR o.message_pk IN (SELECT value FROM"
        " json_each(?)))",
        (written(doomed.conversations), written(doomed.messages)),
    ).fetchall()
    for op_id, state in rows:
        if state == SendState.SENDING:
            raise Refused(_("something of this is being sent just now"), hint=_("Try again in a moment."))
        for step in _CALLED_OFF[SendState(state)]:
            outbox.move(tx, op_id, step)


def _remember(tx: Tx, doomed: Doomed, until: Millis) -> None:
    """Leave digests of the back ends' names, as `omnitui.sync.parking` and ingest spell them."""
    named: dict[Ulid, list[str]] = {}
    for account_id, name in tx.db.execute(
        "SELECT a.id, 'message ' || m.external_id FROM message m JOIN account a ON a.pk = m.account_pk"
        " WHERE m.pk IN (SELECT value FROM json_each(?1)) AND m.external_id <> ''"
        " UNION ALL SELECT a.id, 'mail ' || l.rfc_id FROM mail l JOIN message m ON m.pk = l.message_pk"
        " JOIN account a ON a.pk = m.account_pk WHERE m.pk IN (SELECT value FROM json_each(?1))"
        " AND m.op_id IS NOT NULL AND l.rfc_id <> ''"
        " UNION ALL SELECT a.id, 'conversation ' || c.external_id FROM conversation c JOIN account a"
        " ON a.pk = c.account_pk WHERE c.pk IN (SELECT value FROM json_each(?2)) AND c.external_id <> ''",
        (written(doomed.messages), written(doomed.conversations)),
    ).fetchall():
        named.setdefault(account_id, []).append(name)
    for account_id, names in named.items():
        tombstones.put(tx, account_id, names, until)
        tx.db.execute(
            "DELETE FROM parked WHERE account_pk = ? AND awaits IN (SELECT value FROM json_each(?))",
            (pk_of(tx, "account", account_id), written(names)),
        )


def _erase_messages(tx: Tx, pks: Sequence[int]) -> set[str]:
    where = (written(pks),)
    blobs = {
        row[0]
        for row in tx.db.execute(
            f"SELECT raw FROM message WHERE pk IN {_PLACES} UNION SELECT raw FROM message_revision WHERE message_pk IN"
            f" {_PLACES} UNION SELECT sha256 FROM attachment WHERE message_pk IN {_PLACES} UNION"
            " SELECT json_extract(f.value, '$.sha256') FROM outbox, json_each(outbox.payload, '$.files') f"
            f" WHERE message_pk IN {_PLACES}",
            where,
        )
    }
    for pk in pks:
        fulltext.take_out(tx, pk)
    for pk, own, revision in tx.db.execute(
        "UPDATE message SET deleted_at = coalesce(deleted_at, ?2), revision = revision + 1"
        f" WHERE pk IN {_PLACES} RETURNING conversation_pk, id, revision",
        (*where, tx.now()),
    ).fetchall():
        anew(tx, pk)
        tx.changed(ObjectKind.MESSAGE, own, revision)
    tx.db.execute(
        f"{_ERASED} AND op_pk IN (SELECT op.pk FROM op JOIN message m ON m.id = op.object_id"
        " WHERE m.pk IN (SELECT value FROM json_each(?)))",
        (tx.now(), *where),
    )
    for statement in _BLANK:
        tx.db.execute(statement, where)
    tx.settle()
    return blobs


def _erase_conversations(tx: Tx, pks: Sequence[int]) -> set[str]:
    where = (written(pks),)
    blobs = {
        str(row[0])
        for row in tx.db.execute(
            "SELECT json_extract(f.value, '$.sha256') FROM draft, json_each(draft.attachments) f"
            f" WHERE conversation_pk IN {_PLACES} AND json_valid(draft.attachments) AND f.type = 'object'",
            where,
        )
    }
    tx.db.execute(
        f"{_ERASED} AND op_pk IN (SELECT pk FROM op WHERE conversation_pk IN (SELECT value FROM json_each(?2))"
        " OR object_id IN (SELECT id FROM conversation WHERE pk IN (SELECT value FROM json_each(?2))))",
        (tx.now(), *where),
    )
    heads, released = _let_go(tx, where)
    for statement in _BLANK_CONVERSATION:
        tx.db.execute(statement, where)
    for pk in heads:
        set_due(tx, pk)
    for own, revision in released:
        tx.changed(ObjectKind.CONVERSATION, own, revision)
    for own, revision in tx.db.execute(
        "UPDATE conversation SET deleted_at = coalesce(deleted_at, ?2), revision = revision + 1"
        f" WHERE pk IN {_PLACES} RETURNING id, revision",
        (*where, tx.now()),
    ).fetchall():
        tx.changed(ObjectKind.CONVERSATION, own, revision)
    return blobs


def _let_go(tx: Tx, where: tuple[str]) -> tuple[list[int], list[tuple[Ulid, int]]]:
    """Show the parts of conversations that go by themselves; what those were parts of, and what is shown now."""
    heads = tx.db.execute(
        f"SELECT DISTINCT merged_pk FROM conversation WHERE pk IN {_PLACES} AND merged_pk NOT IN {_PLACES}", where
    ).fetchall()
    released = tx.db.execute(
        "UPDATE conversation SET merged_pk = NULL, merged = 0, revision = revision + 1"
        f" WHERE merged_pk IN {_PLACES} AND pk NOT IN {_PLACES} RETURNING id, revision",
        where,
    ).fetchall()
    return [pk for (pk,) in heads], released


def _erase_contact(tx: Tx, pk: int, until: Millis | None) -> None:
    """What is known of a contact; its addresses are remembered as digests up to a time, with None not at all."""
    db, now = tx.db, tx.now()
    known = db.execute("SELECT channel, address, scope FROM identity WHERE contact_pk = ?", (pk,)).fetchall()
    if until is not None:
        tombstones.put(tx, "", [tombstones.person(*one) for one in known], until)
    for address in {address for _channel, address, _scope in known if address}:
        reactions.forget(tx, address)
        db.execute("DELETE FROM parked WHERE instr(lower(event), lower(?)) > 0", (address,))
        db.execute("UPDATE ledger SET error = '' WHERE instr(lower(error), lower(?)) > 0", (address,))
        db.execute(
            "UPDATE draft SET text = '', attachments = '[]', extra = '{}', deleted_at = coalesce(deleted_at, ?2),"
            " revision = revision + 1 WHERE conversation_pk IS NULL AND instr(lower(extra || text), lower(?1)) > 0",
            (address, now),
        )
    links = [row[0] for row in db.execute("SELECT id FROM link WHERE contact_pk = ?1 OR other_pk = ?1", (pk,))]
    db.execute(
        "UPDATE link SET reason = '', deleted_at = coalesce(deleted_at, ?2), revision = revision + 1"
        " WHERE contact_pk = ?1 OR other_pk = ?1",
        (pk, now),
    )
    db.execute(
        f"{_ERASED} AND op_pk IN (SELECT pk FROM op WHERE object_id IN (SELECT value FROM json_each(?2))"
        " OR object_id = (SELECT id FROM contact WHERE pk = ?3))",
        (now, written(links), pk),
    )
    db.execute("DELETE FROM identity WHERE contact_pk = ?", (pk,))
    (firm,) = db.execute("SELECT organization_pk FROM contact WHERE pk = ?", (pk,)).fetchone()
    own, revision = db.execute(
        "UPDATE contact SET name = '', segment = '', language = '', time_zone = '', about = '', fields = '{}',"
        " sought = '', organization_pk = NULL, deleted_at = coalesce(deleted_at, ?2), revision = revision + 1"
        " WHERE pk = ?1 RETURNING id, revision",
        (pk, now),
    ).fetchone()
    db.execute(
        "DELETE FROM organization WHERE pk = ?1 AND NOT EXISTS (SELECT 1 FROM contact WHERE organization_pk = ?1)",
        (firm,),
    )
    tx.changed(ObjectKind.CONTACT, own, revision)
    for link_id in links:
        tx.changed(ObjectKind.LINK, link_id)


def _used(tx: Tx, sha256: str) -> bool:
    row = tx.db.execute(
        "SELECT 1 FROM message WHERE raw = ?1 UNION ALL SELECT 1 FROM message_revision WHERE raw = ?1"
        " UNION ALL SELECT 1 FROM attachment WHERE sha256 = ?1"
        " UNION ALL SELECT 1 FROM draft WHERE instr(attachments, ?1) > 0"
        " UNION ALL SELECT 1 FROM outbox WHERE ahead = 1 AND instr(payload, ?1) > 0 LIMIT 1",
        (sha256,),
    ).fetchone()
    return row is not None
