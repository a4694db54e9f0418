"""How each field of a conversation came to be as it is: the steps between its values, and what it was at a time.

The log knows what agents here did. What customers' messages reopened follows from the messages; of what the back end
set, the time of its last report is known. Where neither explains a change, the step says between which times it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Op
from omnitui.model.states import Priority, Status
from omnitui.values import dataclass

DEFAULTS: Final[Mapping[str, Json]] = {
    "status": Status.OPEN.value,
    "priority": Priority.NORMAL.value,
    "assignee_id": None,
    "labels": [],
    "snoozed_until": None,
    "flags": [],
}
"""What the fields of a conversation begin with, unless its back end says otherwise."""
_ENDS: Final = frozenset({Status.RESOLVED.value, Status.WAITING.value, Status.SNOOZED.value})


class Cause(StrEnum):
    """What set a field."""

    BEGAN = "began"
    """It is as it was when the conversation began."""
    OP = "op"
    """An agent here, by an op."""
    WROTE = "wrote"
    """The customer wrote, which opened the conversation again."""
    REPORTED = "reported"
    """The back end reported it then."""
    UNSEEN = "unseen"
    """Somebody elsewhere; when, is not known exactly."""


@dataclass(frozen=True, slots=True)
class Step:
    """One field set once."""

    at: Millis
    """When; of an unseen one the latest time it can have been."""
    before: Json
    after: Json
    cause: Cause
    op: Op | None = None
    since: Millis = 0
    """Of an unseen one the earliest time."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a field was at a time."""

    value: Json
    sure: bool
    """False where something unseen may have been before or after that time."""


def steps(
    field: str,
    current: Json,
    ops: Sequence[Op],
    *,
    began: Millis,
    now: Millis,
    wrote: Sequence[Millis] = (),
    reported: Millis | None = None,
) -> list[Step]:
    """Every change of a field, the oldest first; the first is its beginning.

    Args:
        field: Its name, as ops have it.
        current: Its value now.
        ops: Those on the object, in the order of the log.
        began: When the conversation began.
        now: The time at which it is `current`.
        wrote: When the customer wrote words that open a conversation again.
        reported: When the back end last set the field.
    """
    mine = [op for op in ops if field in op.after and field in op.before]
    begin = DEFAULTS[field] if field in DEFAULTS else (mine[0].before[field] if mine else current)
    found = [Step(began, begin, begin, Cause.BEGAN)]
    opens = sorted(wrote) if field in ("status", "snoozed_until") else []
    # What was snoozed and woken by a message lost its time, too: that follows from the status.
    opened = {"status": Status.OPEN.value, "snoozed_until": None}.get(field)

    def write_until(at: Millis) -> None:
        while opens and opens[0] <= at:
            then, last = opens.pop(0), found[-1]
            ended = last.after in _ENDS if field == "status" else last.after is not None
            if ended and then > last.at:
                found.append(Step(then, last.after, opened, Cause.WROTE))

    def reach(value: Json, at: Millis) -> None:
        """Explain how the field had a value at a time."""
        if reported is not None and found[-1].at < reported <= at:
            write_until(reported)
            if found[-1].after != value and not (opens and opens[0] <= at):
                found.append(Step(reported, found[-1].after, value, Cause.REPORTED))
        write_until(at)
        last = found[-1]
        if last.after != value:
            found.append(Step(at, last.after, value, Cause.UNSEEN, since=last.at))

    for op in mine:
        reach(op.before[field], op.at)
        found.append(Step(op.at, op.before[field], op.after[field], Cause.OP, op))
    reach(current, now)
    return found


def value_at(found: Sequence[Step], at: Millis) -> Past:
    """What a field was at the end of a time."""
    value = found[0].after
    for step in found:
        if step.cause is Cause.UNSEEN and step.since <= at < step.at:
            return Past(value, sure=False)
        if step.at > at and step.cause is not Cause.BEGAN:
            break
        value = step.after
    return Past(value, sure=True)


def last_set(found: Sequence[Step]) -> Step:
    """The step that made the field what it is: its last change, else its beginning."""
    return next((step for step in reversed(found) if step.before != step.after), found[0])


def standing_on(op: Op, later: Sequence[Op], undone: frozenset[Ulid]) -> list[Op]:
    """The ops after `op` on its object that set any of its fields again and still hold."""
    return [
        one
        for one in later
        if one.object_id == op.object_id
        and one.undoes is None
        and one.id not in undone
        and op.after.keys() & one.after.keys()
    ]
