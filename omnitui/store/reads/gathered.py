"""What was shown as one, for the stories of conversations: since when and until when, and what each had by then."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from omnitui.clock import Millis
from omnitui.desk.rules.stories import ROLE, SHIFT, UNREAD, Event, Said, Whole
from omnitui.desk.tracing import Cause, Step
from omnitui.ids import Ulid
from omnitui.store.reads import wholes

_PARTS: Final = """SELECT object_id FROM op WHERE verb IN ('merge', 'split')
    UNION SELECT id FROM conversation WHERE merged_pk IS NOT NULL"""


class Stay(NamedTuple):
    """A time in which a conversation was a part of another one."""

    part: Ulid
    since: Millis
    until: Millis


class Piece(NamedTuple):
    """What belongs to a whole from a time to a time."""

    since: Millis
    until: Millis
    said: Sequence[Said]
    marks: Sequence[tuple[Millis, int]] = ()
    known: Sequence[int | None] = ()
    events: Sequence[Event] = ()


class Gathered:
    """All that ever was shown as one."""

    def __init__(self, db: sqlite3.Connection, now: Millis) -> None:
        self.stays = defaultdict[Ulid, list[Stay]](list)
        """By what they were parts of."""
        self.turns: dict[Ulid, list[tuple[Millis, str, Step]]] = {}
        """When each became a part, or ceased to be one."""
        for (part,) in db.execute(_PARTS).fetchall():
            told = wholes.chain(db, part, now)
            for step, end in zip(told, [*(one.at for one in told[1:]), now + 1], strict=True):
                if step.after is not None:
                    self.stays[step.after].append(Stay(part, step.at, end))
            self.turns[part] = [(one.at, wholes.FIELD, one) for one in told if one.cause is not Cause.BEGAN]


def within(pieces: Iterable[Piece]) -> tuple[list[Said], list[tuple[Millis, int]], list[Event]]:
    """The messages, marks and events that came while they belonged to the whole."""
    some = list(pieces)
    said = [one for piece in some for one in piece.said if piece.since < one >> SHIFT < piece.until]
    marks = [one for piece in some for one in piece.marks if piece.since < one[0] < piece.until]
    events = [one for piece in some for one in piece.events if piece.since < one[0] < piece.until]
    return sorted(said), sorted(marks), events


def turns(own: Piece, pieces: Sequence[Piece], first: Sequence[int], now: Millis) -> list[tuple[Millis, str, Step]]:
    """What the whole had each time that something became a part of it or ceased to be one.

    `first`: the places in `known` that say since when something stood in a conversation or its parts.
    """
    found: list[tuple[Millis, str, Step]] = []
    for at in sorted({at for piece in pieces for at in (piece.since, piece.until) if at <= now}):
        members = [own, *(piece for piece in pieces if piece.since <= at < piece.until)]
        said = sorted(one for piece in members for one in piece.said if one >> SHIFT <= at and one & ROLE)
        known = list(own.known)
        for place in first:
            known[place] = min((since for piece in members if (since := piece.known[place]) is not None), default=None)
        whole = Whole(said, sum(_unread(piece, at) for piece in members), known)
        found.append((at, "whole", Step(at, None, whole, Cause.OP)))
    return found


def _unread(piece: Piece, at: Millis) -> int:
    came = sum(1 for one in piece.said if one & UNREAD and one >> SHIFT <= at)
    return max(came + sum(by for when, by in piece.marks if when <= at), 0)
