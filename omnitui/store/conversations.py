"""Conversations: made, found and changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from omnitui.clock import Millis
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.states import Flag, ObjectKind, Priority, Status, What
from omnitui.store.arriving.newcomers import newcomers
from omnitui.store.arriving.rollup import anew, new_rollup, rollups, settle
from omnitui.store.reads.inbox import CLOSING
from omnitui.store.rows import pk_of
from omnitui.store.rule_journal import journal
from omnitui.store.sla import note_status, touch
from omnitui.store.tasks import set_due
from omnitui.store.writer import Tx


def find_conversation(tx: Tx, account_id: Ulid, external_id: str) -> Ulid | None:
    """A conversation by the back end's id of it."""
    row = tx.db.execute(
        "SELECT id, pk FROM conversation WHERE account_pk = ? AND external_id = ? AND external_id <> ''",
        (pk_of(tx, "account", account_id), external_id),
    ).fetchone()
    if row is None:
        return None
    tx.pks["conversation", row[0]] = row[1]
    return str(row[0])


def make_conversation(
    tx: Tx,
    *,
    account_id: Ulid,
    inbox_id: Ulid,
    contact_id: Ulid,
    channel: str,
    subject: str = "",
    external_id: str = "",
    may_belong_to: Ulid | None = None,
    status: Status = Status.OPEN,
    conversation_id: Ulid | None = None,
) -> Ulid:
    """Make a conversation without messages; `conversation_id` where its id was given out before."""
    conversation_id = conversation_id or tx.ids.new()
    now = tx.now()
    values = (
        pk_of(tx, "account", account_id),
        pk_of(tx, "inbox", inbox_id),
        pk_of(tx, "contact", contact_id),
        channel,
        subject,
        external_id,
        pk_of(tx, "conversation", may_belong_to) if may_belong_to else None,
        now,
    )
    new = newcomers(tx)
    row = rollups(tx).put(new_rollup(new.new_conversation_pk(), conversation_id, channel, status.value, now))
    new.take_conversation(row, values)
    journal(tx).begin(row.pk)
    if status is not Status.OPEN:
        note_status(tx, row.pk, status.value, now)
    tx.changed(ObjectKind.CONVERSATION, conversation_id, 1)
    return conversation_id


def _plain(column: str) -> Callable[[Tx, Json], dict[str, Json]]:
    return lambda _tx, value: {column: value}


def _words(column: str) -> Callable[[Tx, Json], dict[str, Json]]:
    return lambda _tx, value: {column: str(value or "")}


def _flags(_tx: Tx, value: Collection[str]) -> dict[str, Json]:
    return {flag: int(flag in value) for flag in (Flag.SPAM, Flag.MERGED, Flag.MUTED)}


_SETS: Final[Mapping[str, Callable[[Tx, Json], dict[str, Json]]]] = {
    "status": lambda _tx, value: {"status": Status(value).value},
    "priority": lambda _tx, value: {"priority": Priority(value).rank},
    "assignee_id": lambda tx, value: {"assignee_pk": pk_of(tx, "agent", value) if value else None},
    "snoozed_until": _plain("snoozed_until"),
    "subject": _words("subject"),
    "external_id": _words("external_id"),
    "vendor_status": _words("vendor_status"),
    "contact_reason": _words("contact_reason"),
    "window_closes_at": _plain("window_closes_at"),
    "read_by_contact_at": _plain("read_by_contact_at"),
    "flags": _flags,
    "contact_id": lambda tx, value: {"contact_pk": pk_of(tx, "contact", value)},
    "merged_into": lambda tx, value: {
        "merged_pk": pk_of(tx, "conversation", value) if value else None,
        "merged": int(bool(value)),
    },
    "incident_id": lambda tx, value: {"incident_pk": pk_of(tx, "incident", value) if value else None},
    "may_belong_to": lambda tx, value: {"may_belong_to_pk": pk_of(tx, "conversation", value) if value else None},
}
FIELDS: Final = (*_SETS, "labels", "unread")
"""What `change_conversation` and ops may set."""


def change_conversation(
    tx: Tx, conversation_id: Ulid, fields: Mapping[str, Json], *, before: Mapping[str, Json] | None = None
) -> int:
    """Set fields of a conversation; those not named stay. Returns its new revision.

    `labels` is a list of words and `unread` one of ids of incoming messages. Where `before` names them too, only what
    differs between the two lists is changed, so that what came since then stays as it is.
    """
    pk = pk_of(tx, "conversation", conversation_id)
    settle(tx, pk)
    values: dict[str, Json] = {}
    earlier = before or {}
    standing = journal(tx).standing(pk, fields)
    for name, value in fields.items():
        if name == "labels":
            _label(tx, pk, set(value or ()), set(earlier[name] or ()) if name in earlier else _labels(tx, pk))
        elif name == "unread":
            _unread(tx, pk, set(value or ()), set(earlier[name] or ()) if name in earlier else _unread_ids(tx, pk))
        elif name in _SETS:
            values.update(_SETS[name](tx, value))
        else:
            raise Refused(_("A conversation has no field {name}.").format(name=name))
    heads = _heads(tx, pk, values) if "merged_pk" in values else ()
    if "status" in values:
        note_status(tx, pk, str(values["status"]), tx.now())
    touch(tx, pk)
    sets = "".join(f"{name} = ?, " for name in values)
    revision: int = tx.db.execute(
        f"UPDATE conversation SET {sets}revision = revision + 1 WHERE pk = ? RETURNING revision",
        (*values.values(), pk),
    ).fetchone()[0]
    journal(tx).changed(pk, standing)
    tx.changed(ObjectKind.CONVERSATION, conversation_id, revision)
    for head in heads:
        set_due(tx, head)
        anew(tx, head)
    return revision


def pass_windows(tx: Tx, most: int) -> int:
    """Notice of so many conversations that their reply window has passed; of how many it was."""
    rows = tx.db.execute(
        "UPDATE conversation SET window_passed = window_closes_at, revision = revision + 1 WHERE pk IN"
        f" (SELECT pk FROM conversation WHERE {CLOSING} LIMIT ?) RETURNING id, revision",
        (tx.now(), most),
    ).fetchall()
    for own, revision in rows:
        tx.changed(ObjectKind.CONVERSATION, own, revision)
    return len(rows)


def _heads(tx: Tx, pk: int, values: Mapping[str, Json]) -> set[int]:
    """What a conversation was a part of, and what it becomes a part of.

    Raises:
        Refused: That is a part itself or deleted, or it has parts of its own.
    """
    before = tx.db.execute("SELECT merged_pk FROM conversation WHERE pk = ?", (pk,)).fetchone()[0]
    head = values["merged_pk"]
    if head is not None:
        nested = tx.db.execute(
            "SELECT 1 FROM conversation WHERE (pk = ?1 AND merged_pk IS NOT NULL) OR merged_pk = ?2 LIMIT 1", (head, pk)
        ).fetchone()
        if tx.db.execute("SELECT 1 FROM conversation WHERE pk = ? AND deleted_at IS NOT NULL", (head,)).fetchone():
            raise Refused(_("that conversation is deleted"))
        if head == pk or nested is not None:
            raise Refused(_("a conversation that has parts cannot be a part of another one"))
    return {one for one in (before, head) if one is not None}


def rate(tx: Tx, conversation_id: Ulid, score: int, raw: str, comment: str, at: Millis) -> None:
    """Keep how the customer rated a conversation; a later rating takes the place of an earlier one."""
    pk = pk_of(tx, "conversation", conversation_id)
    settle(tx, pk)
    row = tx.db.execute(
        "UPDATE conversation SET csat = ?1, csat_raw = ?2, csat_comment = ?3, csat_at = ?4, revision = revision + 1"
        " WHERE pk = ?5 AND coalesce(csat_at, 0) <= ?4 RETURNING revision",
        (score, raw, comment, at, pk),
    ).fetchone()
    if row is not None:
        journal(tx).tell(What.RATED, pk, str(score), at=at)
        tx.changed(ObjectKind.CONVERSATION, conversation_id, row[0])


def _labels(tx: Tx, pk: int) -> set[str]:
    rows = tx.db.execute("SELECT label FROM label_use WHERE conversation_pk = ? AND deleted_at IS NULL", (pk,))
    return {row[0] for row in rows}


def _label(tx: Tx, pk: int, wanted: set[str], earlier: set[str]) -> None:
    tx.db.executemany(
        "INSERT INTO label_use(label, conversation_pk, id) VALUES (?, ?, ?) ON CONFLICT(label, conversation_pk)"
        " DO UPDATE SET deleted_at = NULL, revision = revision + 1 WHERE deleted_at IS NOT NULL",
        [(label, pk, tx.ids.new()) for label in sorted(wanted - earlier)],
    )
    tx.db.executemany(
        "UPDATE label_use SET deleted_at = ?, revision = revision + 1"
        " WHERE label = ? AND conversation_pk = ? AND deleted_at IS NULL",
        [(tx.now(), label, pk) for label in sorted(earlier - wanted)],
    )


def _unread_ids(tx: Tx, pk: int) -> set[str]:
    rows = tx.db.execute("SELECT id FROM message WHERE conversation_pk = ? AND is_unread = 1", (pk,))
    return {row[0] for row in rows}


def _unread(tx: Tx, pk: int, wanted: set[str], earlier: set[str]) -> None:
    steps = [(1, one) for one in sorted(earlier - wanted)] + [(0, one) for one in sorted(wanted - earlier)]
    for seen, message_id in steps:
        row = tx.db.execute(
            "UPDATE message SET seen = ?1, revision = revision + 1 WHERE id = ?2 AND conversation_pk = ?3"
            " AND seen <> ?1 RETURNING revision",
            (seen, message_id, pk),
        ).fetchone()
        if row is not None:
            tx.changed(ObjectKind.MESSAGE, message_id, row[0])
    if steps:
        anew(tx, pk)
        settle(tx, pk)
