"""The op log written, and ops put into effect: each op sets fields of one object, and its inverse sets them back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.conversations import Attachment, Message
from omnitui.model.mail import MailHeader
from omnitui.model.operations import Fields, Op
from omnitui.model.people import Link
from omnitui.model.states import Direction, MessageKind, ObjectKind, Priority, SendState
from omnitui.store import contacts, conversations, incidents, presence, tasks
from omnitui.store.arriving import message_state
from omnitui.store.arriving.messages import put_message
from omnitui.store.chain import last_digest, op_digest, payload_digest, put_seal
from omnitui.store.rows import find, pk_of, written
from omnitui.store.writer import Tx


def append(tx: Tx, op: Op) -> Op:
    """Add an op to the log; returned with its digest. Its effect is not applied by this."""
    before, after = written(dict(op.before)), written(dict(op.after))
    payload = payload_digest(before, after, op.reason)
    columns = (
        op.id,
        op.group_id,
        op.at,
        op.author_id,
        op.verb.value,
        op.kind.value,
        op.object_id,
        op.account_id or None,
        op.conversation_id,
        op.base_revision,
        op.reach.value,
        op.undoes,
        op.redoes,
    )
    digest = op_digest(last_digest(tx.db), columns, payload)
    cursor = tx.db.execute(
        "INSERT INTO op(id, group_id, at, author_pk, verb, kind, object_id, account_pk, conversation_pk, base_revision,"
        " reach, undoes, redoes, payload_digest, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *columns[:3],
            pk_of(tx, "agent", op.author_id),
            *columns[4:7],
            pk_of(tx, "account", op.account_id) if op.account_id else None,
            pk_of(tx, "conversation", op.conversation_id) if op.conversation_id else None,
            *columns[9:],
            payload,
            digest,
        ),
    )
    pk = tx.pks["op", op.id] = int(cursor.lastrowid or 0)
    tx.db.execute(
        "INSERT INTO op_payload(op_pk, before, after, reason) VALUES (?, ?, ?, ?)", (pk, before, after, op.reason)
    )
    if tx.seal_key is not None:
        put_seal(tx.db, tx.seal_key, pk, digest)
    tx.changed(ObjectKind.OP, op.id, 1)
    return replace(op, digest=digest)


def apply(tx: Tx, op: Op) -> None:
    """Give an op its local effect: set the fields of `after`.

    - conversation: see `conversations.FIELDS`; of `labels` and `unread` only what the op itself changes.
    - contact: see `contacts.FIELDS`, `organization`, `fields`.
    - message: `exists`, with `message` and `mail` where it is made; `conversation_id` to move it; `text` to change it.
    - link: `exists`, with `contact_id`, `other_id` and `reason` where it is made.
    - task: `exists`, with `conversation_id` where it is made; see `tasks.FIELDS`.
    - agent: `away_until`.
    - incident: `exists` where it is begun; see `incidents.FIELDS`.

    Raises:
        NotFound: The object is not here.
        Refused: It has no such field.
    """
    match op.kind:
        case ObjectKind.CONVERSATION:
            conversations.change_conversation(tx, op.object_id, op.after, before=op.before)
        case ObjectKind.CONTACT:
            contacts.change_contact(tx, op.object_id, op.after)
        case ObjectKind.MESSAGE:
            _message(tx, op)
        case ObjectKind.LINK:
            _link(tx, op)
        case ObjectKind.TASK:
            _task(tx, op)
        case ObjectKind.INCIDENT:
            incidents.set_incident(tx, op.object_id, op.after)
        case ObjectKind.AGENT:
            presence.set_away(tx, op.object_id, op.after["away_until"])
        case _:
            raise Refused(_("An operation cannot change a {kind}.").format(kind=op.kind.value))


def current(
    source: Tx | sqlite3.Connection, kind: ObjectKind, object_id: Ulid, names: Iterable[str]
) -> tuple[dict[str, Json], int]:
    """Fields of an object as they are now, by the names that ops use, and its revision.

    A message, link, task or incident that was never here has `exists` false and revision 0.

    Raises:
        NotFound: There is no such conversation or contact.
        Refused: It has no such field.
    """
    if isinstance(source, Tx):
        source.settle()
    db = source.db if isinstance(source, Tx) else source
    table = kind.value
    if kind not in _FIELDS:
        raise Refused(_("An operation cannot change a {kind}.").format(kind=table))
    row = db.execute(f"SELECT pk, revision FROM {table} WHERE id = ?", (object_id,)).fetchone()
    known = _FIELDS[kind]
    if row is None:
        if "exists" not in known:
            raise NotFound(_("There is no {kind} {id}.").format(kind=table, id=object_id))
        return {name: False if name == "exists" else None for name in names}, 0
    fields: dict[str, Json] = {}
    for name in names:
        if name not in known:
            raise Refused(_("A {kind} has no field {name}.").format(kind=table, name=name))
        fields[name] = _field(db, table, row[0], name, known[name])
    return fields, int(row[1])


_REF: Final = "(SELECT id FROM {0} WHERE pk = {1}_pk)"
_FIELDS: Final[Mapping[ObjectKind, Mapping[str, str]]] = {
    ObjectKind.CONVERSATION: {
        **dict.fromkeys(conversations.FIELDS, ""),
        "assignee_id": _REF.format("agent", "assignee"),
        "contact_id": _REF.format("contact", "contact"),
        "merged_into": "(SELECT o.id FROM conversation o WHERE o.pk = conversation.merged_pk)",
        "incident_id": "(SELECT n.id FROM incident n WHERE n.pk = conversation.incident_pk)",
        "may_belong_to": "(SELECT o.id FROM conversation o WHERE o.pk = conversation.may_belong_to_pk)",
        "flags": "trim(substr(' spam', 1, 5 * spam) || substr(' merged', 1, 7 * merged)"
        " || substr(' muted', 1, 6 * muted))",
        "labels": "(SELECT json_group_array(label) FROM (SELECT label FROM label_use"
        " WHERE conversation_pk = conversation.pk AND deleted_at IS NULL ORDER BY label))",
        "unread": "(SELECT json_group_array(id) FROM (SELECT id FROM message"
        " WHERE conversation_pk = conversation.pk AND is_unread = 1 ORDER BY id))",
    },
    ObjectKind.CONTACT: {
        **dict.fromkeys((*contacts.FIELDS, "fields"), ""),
        "organization": "(SELECT name FROM organization WHERE pk = organization_pk)",
    },
    ObjectKind.MESSAGE: {
        "exists": "deleted_at IS NULL",
        "conversation_id": _REF.format("conversation", "conversation"),
        "text": "",
    },
    ObjectKind.LINK: {
        "exists": "deleted_at IS NULL",
        "contact_id": _REF.format("contact", "contact"),
        "other_id": _REF.format("contact", "other"),
        "reason": "",
    },
    ObjectKind.TASK: {
        **dict.fromkeys(tasks.FIELDS, ""),
        "exists": "deleted_at IS NULL",
        "conversation_id": _REF.format("conversation", "conversation"),
        "assignee_id": _REF.format("agent", "assignee"),
    },
    ObjectKind.INCIDENT: {**dict.fromkeys(incidents.FIELDS, ""), "exists": "deleted_at IS NULL"},
    ObjectKind.AGENT: {"away_until": ""},
}
"""By kind: the names of fields, and the SQL of those that are no plain column."""


def _field(db: sqlite3.Connection, table: str, pk: int, name: str, expression: str) -> Json:
    value: Any = db.execute(f"SELECT {expression or name} FROM {table} WHERE pk = ?", (pk,)).fetchone()[0]
    match name:
        case "labels" | "unread" | "fields":
            return json.loads(value)
        case "priority":
            return list(Priority)[value].value
        case "flags":
            return value.split()
        case "exists":
            return bool(value)
    return value


def _message(tx: Tx, op: Op) -> None:
    after = op.after
    pk = find(tx, "message", op.object_id)
    if "conversation_id" in after:
        message_state.move_message(tx, op.object_id, after["conversation_id"], placement="agent")
    elif "text" in after:
        message_state.edit_message(tx, op.object_id, after["text"])
    elif not after.get("exists"):
        if pk is not None:
            message_state.bury_message(tx, pk, tx.now())
    elif pk is not None:
        message_state.revive_message(tx, pk)
    elif after.get("message"):
        put_message(tx, message_of(after["message"]), mail=_mail_of(after.get("mail")), seen=True)
    else:
        raise NotFound(_("There is no message {id}.").format(id=op.object_id))


def message_of(fields: Fields) -> Message:
    """The message that an op carries as JSON."""
    values = dict(fields)
    return Message(
        **{
            **values,
            "direction": Direction(values["direction"]),
            "kind": MessageKind(values["kind"]),
            "state": SendState(values["state"]) if values.get("state") else None,
            "to": tuple(values.get("to") or ()),
            "cc": tuple(values.get("cc") or ()),
            "attachments": tuple(Attachment(**file) for file in values.get("attachments") or ()),
            "reactions": (),
        }
    )


def _mail_of(fields: Fields | None) -> MailHeader | None:
    if not fields:
        return None
    return MailHeader(
        rfc_id=str(fields["rfc822_id"]),
        in_reply_to=str(fields.get("in_reply_to") or ""),
        references=tuple(fields.get("references") or ()),
        participants=frozenset(fields.get("participants") or ()),
        sender=str(fields.get("sender") or ""),
    )


def _link(tx: Tx, op: Op) -> None:
    if not op.after.get("exists"):
        contacts.drop_link(tx, op.object_id)
        return
    what = {**op.before, **op.after}
    if find(tx, "link", op.object_id) is None and not {"contact_id", "other_id"} <= what.keys():
        raise NotFound(_("There is no link {id}.").format(id=op.object_id))
    row = tx.db.execute(
        "SELECT a.id, b.id, l.reason FROM link l JOIN contact a ON a.pk = l.contact_pk"
        " JOIN contact b ON b.pk = l.other_pk WHERE l.id = ?",
        (op.object_id,),
    ).fetchone() or (what["contact_id"], what["other_id"], str(what.get("reason") or op.reason))
    contacts.put_link(tx, Link(op.object_id, row[0], row[1], row[2], op.author_id, op.at))


def _task(tx: Tx, op: Op) -> None:
    fields = {**op.before, **op.after}
    if not op.after.get("exists", True):
        tasks.drop_task(tx, op.object_id)
    elif "exists" not in op.after:
        tasks.change_task(tx, op.object_id, op.after)
    elif "conversation_id" in fields:
        tasks.put_task(tx, op.object_id, fields["conversation_id"], fields)
    else:
        tasks.revive_task(tx, op.object_id)
