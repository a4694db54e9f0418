"""The last look before a reply leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omnitui.desk.acting.checks import (
    Seen,
    Situation,
    conflicting_field,
    first_unseen,
    why_message_blocks,
    why_standing_blocks,
)
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, Flag, MessageKind, Status, Verb

ME, OTHER = "ME", "OTHER"
SEEN = Seen("M1", 1_000, Status.OPEN)


def a_message(**changes: object) -> Message:
    message = Message("M2", "C", "A", Direction.INCOMING, MessageKind.PUBLIC, None, "Ann", None, 0, 2_000, "hello")
    return replace(message, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "blocks"),
    [
        ({}, True),
        ({"received_at": 900}, False),
        ({"id": "M1", "received_at": 1_000}, False),
        ({"id": "M9", "received_at": 1_000}, True),
        ({"auto": True}, False),
        ({"deleted": True}, False),
        ({"kind": MessageKind.ACTIVITY}, False),
        ({"direction": Direction.OUTGOING, "author_id": ME}, False),
        ({"direction": Direction.OUTGOING, "author_id": ME, "kind": MessageKind.NOTE}, False),
        ({"direction": Direction.OUTGOING, "author_id": OTHER}, True),
        ({"direction": Direction.OUTGOING, "author_id": OTHER, "kind": MessageKind.NOTE}, True),
    ],
)
def test_message_blocks_when_its_author_is_somebody_else_and_it_is_unseen(
    changes: dict[str, object], blocks: bool
) -> None:
    found = first_unseen([a_message(**changes)], SEEN, ME)
    assert (found is not None) is blocks


def test_block_names_who_wrote() -> None:
    assert "Ann" in why_message_blocks(a_message())


@pytest.mark.parametrize(
    ("standing", "seen", "blocks"),
    [
        (Situation(Status.OPEN, frozenset(), None, False), SEEN, False),
        (Situation(Status.RESOLVED, frozenset(), None, False), SEEN, True),
        (Situation(Status.CLOSED, frozenset(), OTHER, True), SEEN, True),
        (Situation(Status.RESOLVED, frozenset(), ME, True), SEEN, False),
        (Situation(Status.RESOLVED, frozenset(), None, False), replace(SEEN, status=Status.RESOLVED), False),
        (Situation(Status.RESOLVED, frozenset(), None, False), replace(SEEN, status=None), False),
        (Situation(Status.RESOLVED, frozenset(), OTHER, True), replace(SEEN, status=None), True),
        (Situation(Status.WAITING, frozenset(), OTHER, True), SEEN, False),
        (Situation(Status.OPEN, frozenset({Flag.MERGED}), None, False), SEEN, True),
        (Situation(Status.OPEN, frozenset({Flag.MUTED}), None, False), SEEN, False),
    ],
)
def test_standing_blocks_when_somebody_else_ended_the_conversation(
    standing: Situation, seen: Seen, blocks: bool
) -> None:
    assert bool(why_standing_blocks(standing, seen, ME)) is blocks


@pytest.mark.parametrize(
    ("verb", "after", "current", "again", "field"),
    [
        (Verb.STATUS, {"status": "open"}, {"status": "open"}, (), ""),
        (Verb.STATUS, {"status": "open"}, {"status": "resolved"}, (), "status"),
        (Verb.STATUS, {"status": "open"}, {"status": "resolved"}, ("status",), ""),
        (Verb.ASSIGN, {"assignee_id": None}, {"assignee_id": "OTHER"}, (), "assignee_id"),
        (Verb.LABEL, {"labels": ["a"]}, {"labels": ["b"]}, (), ""),
        (Verb.READ, {"unread": 0}, {"unread": 2}, (), ""),
    ],
)
def test_field_conflicts_only_when_somebody_else_changed_it(
    verb: Verb, after: dict[str, object], current: dict[str, object], again: tuple[str, ...], field: str
) -> None:
    assert conflicting_field(verb, after, current, again) == field
