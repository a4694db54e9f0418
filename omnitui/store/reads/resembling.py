"""Contacts that may be the same person as one: by addresses, names and parts of both, wherever they stand."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from omnitui.desk.belonging.resemblance import OFFERED, Person, Resemblance, resemblance, sought
from omnitui.ids import Ulid
from omnitui.model.card import Suggestion
from omnitui.store.reads import people
from omnitui.store.reads.people import LINKED

MOST: Final = 20
_LOOKED_AT: Final = 1_000
"""Contacts that have a piece in common and are compared, the newest; where there are more, the piece says little."""
_NEAR: Final = "SELECT pk FROM contact WHERE deleted_at IS NULL"
_IDS: Final = "SELECT id FROM contact WHERE deleted_at IS NULL AND pk IN (SELECT value FROM json_each(?))"
_SAME: Final = """SELECT same.contact_pk FROM contact own CROSS JOIN identity i ON i.contact_pk = own.pk
    CROSS JOIN identity same ON same.address = i.address
    WHERE own.id = ?1 AND i.deleted_at IS NULL AND same.deleted_at IS NULL"""


def resembling(db: sqlite3.Connection, contact_id: Ulid, most: int = MOST) -> list[Suggestion]:
    """Contacts that may be the same person and are not linked to it, the likeliest first. Looks at all names."""
    own = person(db, contact_id)
    if own is None:
        return []
    pieces = sought(own)
    pks = {pk for (pk,) in db.execute(_SAME, (contact_id,))}
    if pieces:
        either = " OR ".join(["instr(sought, ?)"] * len(pieces))
        pks |= {pk for (pk,) in db.execute(f"{_NEAR} AND ({either}) ORDER BY pk DESC LIMIT {_LOOKED_AT}", pieces)}
    pks -= {pk for (pk,) in db.execute(LINKED, (contact_id,))}
    ids = [other_id for (other_id,) in db.execute(_IDS, (json.dumps(sorted(pks)),))]
    found = [(resemblance(own, other), other) for other in (person(db, one) for one in ids) if other is not None]
    offered = [suggestion(like, other) for like, other in found if like.score >= OFFERED]
    return sorted(offered, key=lambda one: (-one.score, one.contact.id))[:most]


def person(db: sqlite3.Connection, contact_id: Ulid) -> Person | None:
    """A contact with its addresses."""
    found = people.contact(db, contact_id)
    return Person(found, tuple(people.identities(db, contact_id))) if found is not None else None


def suggestion(like: Resemblance, other: Person) -> Suggestion:
    """What is said of a contact that may be the same person."""
    address = next((one.address for one in other.identities), "")
    return Suggestion(other.contact, ", ".join(like.reasons), address, like.score)
