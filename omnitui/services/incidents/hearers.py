"""Who is the same person among the customers of an incident: each is told once, where they are reached best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from omnitui.ids import Ulid
from omnitui.model.people import PREFERRED
from omnitui.model.states import Status
from omnitui.store.reads import inbox, incidents, people

if TYPE_CHECKING:
    import sqlite3

    from omnitui.services.incidents.announcing import Told, Variant

_OVER = (Status.RESOLVED, Status.CLOSED)


def once(db: sqlite3.Connection, incident_id: Ulid, variants: Sequence[Variant]) -> list[Variant]:
    """The same with each person told in one conversation: on the channel they prefer, else in their own words rather
    than a template's, where it is open, where they wrote last. Their others say where that is."""
    persons = incidents.persons(db, incident_id)
    preferred = {(person, channel) for own, person in persons.items() if (channel := _preferred(db, own))}
    best: dict[int, tuple[tuple[bool, bool, bool, int], Ulid]] = {}
    for variant in variants:
        for one in variant.told:
            person, row = persons[one.conversation.contact_id], one.conversation
            found = (((person, row.channel) in preferred, *_rank(one)), row.id)
            best[person] = max(best.get(person, found), found)
    where = {person: own for person, (_rank, own) in best.items()}
    made: list[Variant] = []
    for variant in variants:
        here = [where[persons[one.conversation.contact_id]] == one.conversation.id for one in variant.told]
        told = [one for one, is_here in zip(variant.told, here, strict=True) if is_here]
        elsewhere = [one.conversation for one, is_here in zip(variant.told, here, strict=True) if not is_here]
        elsewhere += [row for row, _why in variant.left if persons[row.contact_id] in where]
        left = [(row, why) for row, why in variant.left if persons[row.contact_id] not in where]
        also = [(row, inbox.ref(db, where[persons[row.contact_id]])) for row in elsewhere]
        made.append(replace(variant, told=tuple(told), left=tuple(left), also=tuple(also)))
    return made


def _preferred(db: sqlite3.Connection, contact_id: Ulid) -> str:
    """The channel that a contact's card prefers; empty where it does not say."""
    contact = people.contact(db, contact_id)
    return str(contact.fields.get(PREFERRED, "")).partition(":")[0] if contact is not None else ""


def _rank(one: Told) -> tuple[bool, bool, int]:
    row = one.conversation
    return one.by != "template", row.status not in _OVER, row.last_incoming_at or row.last_activity_at
