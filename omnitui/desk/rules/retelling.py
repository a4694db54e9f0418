"""A conversation as its story is told: what each message, each change and what a rule does make of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.promises import sla
from omnitui.desk.querying.asof import Then
from omnitui.desk.rules.rule import What
from omnitui.desk.rules.stories import FILES, INCOMING, NOTE, ROLE, SHIFT, UNREAD, Said, Whole
from omnitui.desk.ticking import Ticking
from omnitui.desk.tracing import Step
from omnitui.ids import Ulid
from omnitui.model.states import Flag, Priority, Status

ODD: Final = NOTE | FILES | UNREAD
"""What few messages are."""
_CLOCKED: Final = {1: sla.Said.ASKED, 2: sla.Said.ANSWERED}
_SAYS: Final = {"status": What.STATUS, "priority": What.PRIORITY}
_ASLEEP: Final = frozenset({Status.RESOLVED, Status.WAITING, Status.SNOOZED})
"""What a customer's words end."""
Heard = tuple[What, str, str]
"""What, its subject, what was before."""


def turned(field: str, before: Any, after: Any) -> list[Heard]:
    """What rules hear of, where a field is not as it was before."""
    if field == "labels":
        was, now = set(before), set(after)
        return [
            *((What.LABELLED, one, "") for one in sorted(now - was)),
            *((What.UNLABELLED, one, "") for one in sorted(was - now)),
        ]
    if before == after:
        return []
    if field == "assignee_id":
        return [(What.ASSIGNED if after else What.UNASSIGNED, after or "", before or "")]
    return [(_SAYS[field], after, str(before))] if field in _SAYS else []


class Retelling:
    """Changes `then` as the story goes on."""

    def __init__(self, then: Then, names: Mapping[Ulid, str], heard: Collection[What]) -> None:
        self.then = then
        self._names = names
        self._heard = heard
        self._begun = self._own_status = self._part = False
        self._woken: Status | None = None
        self._answered: Millis | None = None
        self._ticking: Ticking | None = None

    def _say(self, one: Said) -> None:
        """A message is there."""
        then, at, role = self.then, one >> SHIFT, one & ROLE
        then.last_activity_at = at
        if role in _CLOCKED:
            self._tick(at, _CLOCKED[role])
        if role == 1:
            then.last_incoming_at = at
            if then.unanswered_since is None and self._answered != at:
                then.unanswered_since = at
            if self._own_status:
                self._wake(at)
        elif role == 2:
            then.unanswered_since, self._answered = None, at
        if one & ODD:
            self._note(one)
        elif one & INCOMING:
            then.opened_at, then.auto = at, role == 3

    def _note(self, one: Said) -> None:
        """What few messages are: a note, one with files, one that was unread."""
        then = self.then
        if one & FILES:
            then.attached = True
        if one & UNREAD:
            then.unread += 1
        if one & NOTE:
            then.noted = True
        elif one & INCOMING:
            then.opened_at, then.auto = one >> SHIFT, one & ROLE == 3

    def _tick(self, at: Millis, what: sla.Said | Status) -> None:
        if self._ticking is not None:
            self._ticking.hear(at, what)

    def _wake(self, at: Millis) -> None:
        """The customer wrote after the rule had put the conversation to rest."""
        if self.then.status in _ASLEEP:
            self._woken = self.then.status
            self.then.status, self.then.snoozed_until, self._own_status = Status.OPEN, None, False
            self._tick(at, Status.OPEN)

    def _hear(self, one: Said, happened: list[Heard]) -> None:
        heard = self._heard
        self._say(one)
        if self._woken is not None:
            if What.STATUS in heard:
                happened.append((What.STATUS, Status.OPEN.value, str(self._woken)))
            self._woken = None
        what = What.NOTE if one & NOTE else What.MESSAGE if one & INCOMING else What.REPLY
        if what in heard:
            happened.append((what, "", ""))
        if what is What.MESSAGE and not self._begun and What.BEGUN in heard:
            happened.append((What.BEGUN, "", ""))
        self._begun = True

    def _gather(self, whole: Whole) -> None:
        """Something became a part of it or ceased to be one: all that follows from messages is so of the whole."""
        then = self.then
        then.known, then.unread, then.attached, then.noted = whole.known, 0, False, False
        then.last_incoming_at = then.unanswered_since = self._answered = None
        ticking, self._ticking = self._ticking, None
        for one in whole.said:
            self._say(one)
        self._ticking = ticking
        if ticking is not None:
            roles = ((one >> SHIFT, _CLOCKED.get(one & ROLE)) for one in whole.said)
            ticking.hear_all(sla.Event(at, what) for at, what in roles if what is not None)
        then.unread = whole.unread

    def _change(self, field: str, step: Step, happened: list[Heard]) -> None:
        then, after = self.then, step.after
        found: list[Heard] = []
        match field:
            case "status":
                found = turned(field, then.status, after)
                then.status, self._own_status = Status(after), False
                self._tick(step.at, then.status)
            case "priority":
                found = turned(field, then.priority, after)
                then.priority = Priority(after)
            case "assignee_id":
                found = turned(field, then.assignee_id, after)
                then.assignee_id, then.assignee = after, self._names.get(after, "") if after else ""
            case "labels":
                on, off = set(after) - set(step.before), set(step.before) - set(after)
                labels = tuple(sorted((set(then.labels) | on) - off))
                found = turned(field, then.labels, labels)
                then.labels = labels
            case "incident_id":
                then.incident_id, then.incident = after, self._names.get(after, "") if after else ""
            case "merged_into":
                self._part = after is not None
                then.flags = then.flags | {Flag.MERGED} if self._part else then.flags - {Flag.MERGED}
            case "whole":
                self._gather(after)
            case "flags":
                then.flags = frozenset(map(Flag, after)) | ({Flag.MERGED} if self._part else frozenset())
            case _:
                setattr(then, field, after)
        heard = self._heard
        happened += [one for one in found if one[0] in heard]

    def _done(self, at: Millis, field: str, after: Any) -> None:
        """What the rule does holds from then on."""
        then = self.then
        match field:
            case "reply":
                self._tick(at, sla.Said.ANSWERED)
                then.unanswered_since, self._answered, then.last_activity_at = None, at, at
            case "note":
                then.noted, then.last_activity_at = True, at
            case "status":
                then.status, self._own_status = Status(after), True
                self._tick(at, then.status)
            case "priority":
                then.priority = Priority(after)
            case "assignee_id":
                then.assignee_id, then.assignee = after, self._names.get(after, "") if after else ""
            case "labels":
                then.labels = tuple(after)
            case _:
                setattr(then, field, after)
