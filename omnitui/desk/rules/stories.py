"""What is known of a conversation's past, in the order in which it came to pass, and one firing of a rule in it."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from omnitui.clock import Millis
from omnitui.desk.acting.steps import Change
from omnitui.desk.querying.asof import Then
from omnitui.desk.rules.rule import Every, Happened, On, What
from omnitui.desk.tracing import Step
from omnitui.ids import Ulid
from omnitui.values import dataclass

Said = int
"""A message as a story tells it, as there are millions: when it came, shifted by SHIFT, and what it is, in bits."""
SHIFT: Final = 6
ROLE: Final = 3
"""Its role is these bits: 1: a customer's words, 2: an answer, 3: anything else that is shown."""
INCOMING: Final = 1 << 2
NOTE: Final = 1 << 3
FILES: Final = 1 << 4
"""It has files."""
UNREAD: Final = 1 << 5
"""It was unread as it came."""
BITS: Final = (1 << SHIFT) - 1


Event = tuple[Millis, What, str, str]
"""Something that rules hear of, with its subject and what was before."""


class Whole(NamedTuple):
    """What a conversation and its parts had between them, as something became a part or ceased to be one."""

    said: Sequence[Said]
    unread: int
    known: Sequence[int | None]
    """See `Then.known`."""


class Story(NamedTuple):
    """Everything that is known of one conversation."""

    id: Ulid
    then: Then
    """As it began."""
    said: Sequence[Said]
    """The messages by their time."""
    changes: Sequence[tuple[Millis, str, Step]] = ()
    """When, which field, from what to what; unseen ones are left out."""
    marks: Sequence[tuple[Millis, int]] = ()
    """When messages were marked as read or unread, and by how many that changed what is unread."""
    events: Sequence[Event] = ()
    """What is known beside that, and what became of its parts."""
    unsure: Sequence[tuple[Millis, Millis]] = ()
    """From when until when something that was asked for is not known."""
    ended: Millis | None = None
    """When it was deleted."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One time that the rule would have fired."""

    conversation_id: Ulid
    at: Millis
    on: On | Every
    happened: Happened | None
    changes: tuple[Change, ...]
    held: tuple[Any, ...]
    """The conversation as it was: the fields HELD."""
    sure: bool
    """False where something the rule asks for may have been otherwise then."""


HELD: Final = (
    *("status", "priority", "assignee_id", "assignee", "labels", "flags", "snoozed_until", "contact_reason"),
    *("subject", "unread", "last_activity_at", "last_incoming_at", "unanswered_since", "window_closes_at"),
)
"""The fields of a conversation that are known of the past."""
held = attrgetter(*HELD)
