"""Showing conversations as one, and cutting them apart again: what an agent wants of each, as ops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from omnitui.desk.belonging.likeness import Likeness, likeness
from omnitui.desk.belonging.resemblance import Resemblance
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import ObjectKind, Verb
from omnitui.services.acting.recording import Intent
from omnitui.store.reads import merging
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3


def merged(db: sqlite3.Connection, head_id: Ulid, ids: Iterable[Ulid], reason: str = "") -> list[Intent]:
    """What makes conversations parts of another one, their own parts included.

    Raises:
        Refused: There is nothing but that one.
    """
    head_id = merging.head(db, head_id)
    wanted = dict.fromkeys(merging.head(db, own) for own in ids)
    wanted.pop(head_id, None)
    if not wanted:
        raise Refused(_("a conversation cannot be merged with itself"))
    parts = [part for own in wanted for part in merging.parts(db, own)]
    return [_intent(Verb.MERGE, own, head_id, reason) for own in (*parts, *wanted)]


@dataclass(frozen=True, slots=True)
class Offer:
    """A conversation that may belong to another one, and what speaks for it."""

    conversation: Conversation
    like: Likeness


def offers(db: sqlite3.Connection, here: Conversation) -> list[Offer]:
    """What may belong to a conversation, the likeliest first; of people who only resemble its contact, too."""
    from omnitui.store.reads.resembling import resembling

    found = [Offer(one, likeness(here, one)) for one in merging.candidates(db, here.id)]
    alike = {one.contact.id: Resemblance(one.score, (one.reason,)) for one in resembling(db, here.contact_id)}
    known = {here.id, *(one.conversation.id for one in found)}
    for one in merging.of_contacts(db, list(alike)):
        if one.id not in known:
            found.append(Offer(one, likeness(here, one, alike[one.contact_id])))
    return sorted(found, key=lambda one: -one.like.score)


def cut(db: sqlite3.Connection, ids: Iterable[Ulid]) -> list[Intent]:
    """What makes parts conversations of their own again; of one that has parts, all of them.

    Raises:
        Refused: None of them is merged.
    """
    wanted = dict.fromkeys(part for own in ids for part in (merging.parts(db, own) or _itself(db, own)))
    if not wanted:
        raise Refused(_("this conversation is not merged with another one"))
    return [_intent(Verb.SPLIT, own, None, "") for own in wanted]


def _itself(db: sqlite3.Connection, own: Ulid) -> list[Ulid]:
    return [own] if merging.head(db, own) != own else []


def _intent(verb: Verb, own: Ulid, head_id: Ulid | None, reason: str) -> Intent:
    return Intent(verb, ObjectKind.CONVERSATION, own, {"merged_into": head_id}, own, reason)
