"""Contacts, their identities, links and organizations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from omnitui.desk.querying.matching import fold
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.people import Link
from omnitui.model.states import ObjectKind
from omnitui.store.rows import find, pk_of, written
from omnitui.store.sla import touch_contact
from omnitui.store.writer import Tx

EVERYWHERE: Final = frozenset({"email", "sms", "voice", "phone", "whatsapp"})
"""Channels whose addresses mean the same person in every account: mail addresses and telephone numbers."""

FIELDS: Final = ("name", "segment", "language", "time_zone", "about")
"""Columns of a contact that are changed as they are; beside them `organization` (a name) and `fields`."""


def scope_of(account_id: Ulid, channel: str) -> str:
    """Where an address on a channel is unique: everywhere (""), or in one account."""
    return "" if channel in EVERYWHERE else account_id


def address_of(channel: str, address: str) -> str:
    """An address as it is kept: mail addresses in lower case."""
    return address.strip().lower() if channel == "email" else address.strip()


def has_identity(db: sqlite3.Connection, account_id: Ulid, channel: str, address: str) -> bool:
    """Whether somebody has this address."""
    place = (channel, address_of(channel, address), scope_of(account_id, channel))
    row = db.execute("SELECT 1 FROM identity WHERE channel = ? AND address = ? AND scope = ?", place).fetchone()
    return row is not None


def find_or_make_contact(tx: Tx, account_id: Ulid, channel: str, address: str, name: str = "") -> tuple[Ulid, Ulid]:
    """The contact who has an address, and its identity; made where nobody has it yet.

    A name that becomes known later fills an empty one, and never replaces one.
    """
    address = address_of(channel, address)
    row = tx.beside.execute(
        "SELECT i.pk, i.id, i.name, c.pk, c.id, c.name FROM identity i JOIN contact c ON c.pk = i.contact_pk"
        " WHERE i.channel = ? AND i.address = ? AND i.scope = ?",
        (channel, address, scope_of(account_id, channel)),
    ).fetchone()
    if row is None:
        contact_id, identity_id = tx.ids.new(), tx.ids.new()
        pk = tx.beside.execute(
            "INSERT INTO contact(id, name, created_at, sought) VALUES (?, ?, ?, ?)",
            (contact_id, name or address, tx.now(), _sought(name, [address])),
        ).lastrowid
        tx.beside.execute(
            "INSERT INTO identity(id, contact_pk, channel, address, scope, name) VALUES (?, ?, ?, ?, ?, ?)",
            (identity_id, pk, channel, address, scope_of(account_id, channel), name),
        )
        tx.pks["contact", contact_id] = int(pk or 0)
        tx.changed(ObjectKind.CONTACT, contact_id, 1)
        return contact_id, identity_id
    identity_pk, identity_id, known_as, contact_pk, contact_id, shown = row
    tx.pks["contact", contact_id] = contact_pk
    if name and not known_as:
        tx.db.execute("UPDATE identity SET name = ?, revision = revision + 1 WHERE pk = ?", (name, identity_pk))
        if shown in ("", address):
            change_contact(tx, contact_id, {"name": name})
    return contact_id, identity_id


def give_address(tx: Tx, account_id: Ulid, contact_id: Ulid, channel: str, address: str, reason: str) -> None:
    """Note that a contact says to have an address elsewhere.

    Where nobody has it, it is theirs; where another contact has it, the two are linked, which an agent can take back.
    """
    address, scope = address_of(channel, address), scope_of(account_id, channel)
    row = tx.beside.execute(
        "SELECT c.id FROM identity i JOIN contact c ON c.pk = i.contact_pk"
        " WHERE i.channel = ? AND i.address = ? AND i.scope = ?",
        (channel, address, scope),
    ).fetchone()
    pk = pk_of(tx, "contact", contact_id)
    if row is None:
        tx.db.execute(
            "INSERT INTO identity(id, contact_pk, channel, address, scope) VALUES (?, ?, ?, ?, ?)",
            (tx.ids.new(), pk, channel, address, scope),
        )
        name: str = tx.db.execute("SELECT name FROM contact WHERE pk = ?", (pk,)).fetchone()[0]
        change_contact(tx, contact_id, {"name": name})
    elif row[0] != contact_id and not _stated(tx, pk, pk_of(tx, "contact", row[0])):
        me: Ulid = tx.db.execute("SELECT id FROM agent WHERE me = 1").fetchone()[0]
        put_link(tx, Link(tx.ids.new(), contact_id, row[0], reason, me, tx.now()))


def _stated(tx: Tx, one: int, other: int) -> bool:
    """Whether somebody has linked two contacts, be it taken back since."""
    row = tx.db.execute(
        "SELECT 1 FROM link WHERE (contact_pk = ?1 AND other_pk = ?2) OR (contact_pk = ?2 AND other_pk = ?1)",
        (one, other),
    ).fetchone()
    return row is not None


def change_contact(tx: Tx, contact_id: Ulid, fields: Mapping[str, Json]) -> int:
    """Set fields of a contact (see `FIELDS`); those not named stay. Returns its new revision.

    `organization` is a name, made where it is not known, or None; `fields` replaces the whole mapping.
    """
    pk = pk_of(tx, "contact", contact_id)
    values: dict[str, object] = {}
    for name, value in fields.items():
        if name in FIELDS:
            values[name] = value or ""
            if name == "name":
                known = tx.db.execute("SELECT address FROM identity WHERE contact_pk = ? ORDER BY pk", (pk,))
                values["sought"] = _sought(str(value or ""), [address for (address,) in known])
        elif name == "organization":
            values["organization_pk"] = _organization(tx, str(value)) if value else None
        elif name == "fields":
            values["fields"] = written(dict(value))
        else:
            raise Refused(_("A contact has no field {name}.").format(name=name))
    sets = "".join(f"{name} = ?, " for name in values)
    revision: int = tx.db.execute(
        f"UPDATE contact SET {sets}revision = revision + 1 WHERE pk = ? RETURNING revision", (*values.values(), pk)
    ).fetchone()[0]
    touch_contact(tx, pk)
    tx.changed(ObjectKind.CONTACT, contact_id, revision)
    return revision


def fields_of(db: sqlite3.Connection, contact_id: Ulid) -> dict[str, Json]:
    """The free fields of a contact."""
    row = db.execute("SELECT fields FROM contact WHERE id = ?", (contact_id,)).fetchone()
    return dict(json.loads(row[0])) if row else {}


def _sought(name: str, addresses: Iterable[str]) -> str:
    """What searches look for a contact in."""
    return fold("\n".join((name, *addresses)))


def _organization(tx: Tx, name: str) -> int:
    row = tx.db.execute("SELECT pk FROM organization WHERE name = ? AND deleted_at IS NULL", (name,)).fetchone()
    if row is None:
        row = tx.db.execute(
            "INSERT INTO organization(id, name) VALUES (?, ?) RETURNING pk", (tx.ids.new(), name)
        ).fetchone()
    return int(row[0])


def put_link(tx: Tx, link: Link) -> None:
    """State that two contacts are the same person, anew or again."""
    tx.db.execute(
        "INSERT INTO link(id, contact_pk, other_pk, reason, author_pk, created_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(id) DO UPDATE SET deleted_at = NULL, revision = revision + 1",
        (
            link.id,
            pk_of(tx, "contact", link.contact_id),
            pk_of(tx, "contact", link.other_id),
            link.reason,
            pk_of(tx, "agent", link.author_id),
            link.created_at,
        ),
    )
    _linked(tx, link.id)


def drop_link(tx: Tx, link_id: Ulid) -> None:
    """Take a link back; both contacts are as they were."""
    tx.db.execute(
        "UPDATE link SET deleted_at = ?, revision = revision + 1 WHERE id = ? AND deleted_at IS NULL",
        (tx.now(), link_id),
    )
    _linked(tx, link_id)


def _linked(tx: Tx, link_id: Ulid) -> None:
    if find(tx, "link", link_id) is None:
        return
    revision, *contacts = tx.db.execute(
        "SELECT l.revision, a.id, b.id FROM link l JOIN contact a ON a.pk = l.contact_pk"
        " JOIN contact b ON b.pk = l.other_pk WHERE l.id = ?",
        (link_id,),
    ).fetchone()
    tx.changed(ObjectKind.LINK, link_id, revision)
    for contact_id in contacts:
        tx.changed(ObjectKind.CONTACT, contact_id)
