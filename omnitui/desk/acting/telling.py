"""What acts change, in words, for every face: what ops did, and what an act would do to each conversation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.acting.steps import Change, Foreseen
from omnitui.desk.naming import PRIORITY, STATUS, TASK, VERB
from omnitui.desk.tracing import Cause, Step
from omnitui.i18n import N_, _, ngettext
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import ENDS, NO_END, ObjectKind, Priority, Status
from omnitui.model.tasks import TaskKind
from omnitui.values import dataclass

LONGEST: Final = 200
"""Characters of a text that are told of it."""
FIELD: Final = {
    "status": N_("status"),
    "priority": N_("priority"),
    "assignee_id": N_("assignee"),
    "incident_id": N_("incident"),
    "labels": N_("labels"),
    "snoozed_until": N_("snoozed until"),
    "away_until": N_("away until"),
    "contact_reason": N_("reason"),
    "merged_into": N_("part of"),
    "conversation_id": N_("conversation"),
    "flags": N_("flags"),
    "subject": N_("subject"),
    "text": N_("words"),
    "unread": N_("unread"),
    "title": N_("title"),
    "severity": N_("severity"),
    "standing": N_("how it stands"),
    "began_at": N_("began"),
    "ended_at": N_("ended"),
    "told_at": N_("told"),
    "due_at": N_("due"),
    "done_at": N_("done"),
    "name": N_("name"),
    "organization": N_("organization"),
    "segment": N_("segment"),
    "language": N_("language"),
    "time_zone": N_("time zone"),
    "about": N_("about"),
    "note": N_("note"),
    "reply": N_("reply"),
    "routing": N_("given to nobody"),
    "routed": N_("given to"),
    "asked": N_("asked"),
}
"""Fields of what can be changed, as ops and steps name them."""
_SAID: Final = frozenset({"note", "reply", "routing", "routed", "asked"})
"""Of these there is no before."""


def _short(text: object) -> str:
    words = " ".join(str(text).split())
    return f"{words[:LONGEST]}{'…' if len(words) > LONGEST else ''}"


@dataclass(frozen=True, slots=True)
class Words:
    """What names and times are called where it is told."""

    names: Mapping[Ulid, str]
    """Of agents and contacts; of incidents their titles, of conversations their subjects."""
    moment: Callable[[Millis], str]

    def field(self, name: str) -> str:
        """What a field is called."""
        return _(FIELD.get(name, name))

    def change(self, one: Change) -> str:
        """A change: status: open → resolved."""
        if one.field == "task":
            return self._task(one.after)
        name = self.field(one.field)
        if one.field in _SAID:
            return f"{name}: {_short(one.after)}"
        if one.field == "labels":
            before, after = set(one.before or ()), set(one.after or ())
            marks = [f"+#{label}" for label in sorted(after - before)]
            return f"{name}: {' '.join([*marks, *(f'-#{label}' for label in sorted(before - after))])}"
        return f"{name}: {self.value(one.field, one.before)} → {self.value(one.field, one.after)}"

    def _task(self, fields: Mapping[str, Any]) -> str:
        """A promise: call back: due tomorrow 9:00; or that it is kept."""
        name = _(TASK[TaskKind(fields["kind"])])
        if fields.get("done_at"):
            return _("{task}: done").format(task=name)
        due = _("{task}: due {time}").format(task=name, time=self.moment(fields["due_at"]))
        return f"{due} {fields['text']}".strip()

    def value(self, field: str, value: Any) -> str:
        """What a field holds."""
        match field:
            case "unread":
                return _("unread") if value else _("read")
            case "assignee_id" if not value:
                return _("nobody")
            case "incident_id" if not value:
                return _("none")
            case _ if value in (None, "", []):
                return "–"
            case "assignee_id" | "incident_id" | "merged_into" | "conversation_id" | "contact_id" | "other_id":
                return self.names.get(value, "?")
            case "status":
                return _(STATUS[Status(value)])
            case "priority":
                return _(PRIORITY[Priority(value)])
            case "snoozed_until" if value == ENDS:
                return _("the incident ends")
            case "away_until" if isinstance(value, int) and value >= NO_END:
                return _("they are back")
            case _ if isinstance(value, int) and field.endswith(("_until", "_at")):
                return self.moment(value)
            case _ if isinstance(value, list):
                return " ".join(map(str, value))
            case _:
                return _short(json.dumps(value, ensure_ascii=False) if isinstance(value, dict | bool) else value)

    def deed(self, op: Op) -> str:
        """What an op did: status: open → resolved; what it made or took away, where it did that."""
        if "exists" not in op.after:
            changes = (Change(name, op.before.get(name), value) for name, value in op.after.items())
            return ", ".join(self.change(one) for one in changes if one.before != one.after)
        fields = {**op.before, **op.after} if op.after["exists"] else {**op.after, **op.before}
        match op.kind:
            case ObjectKind.MESSAGE:
                return _short((fields.get("message") or {}).get("text", ""))
            case ObjectKind.TASK if fields.get("kind") and fields.get("due_at"):
                return self._task(fields)
            case ObjectKind.INCIDENT:
                return _short(fields.get("title") or self.names.get(op.object_id, ""))
            case _:
                return self.names.get(op.object_id, "")

    def line(self, op: Op) -> str:
        """The same with what is needed to understand it alone."""
        verb, deed = _(VERB[op.verb]), self.deed(op)
        if "exists" not in op.after:
            return deed or f"{verb} {op.reason}".strip()
        if op.undoes:
            return _("take back: {text}").format(text=deed or verb)
        return f"{verb}: {deed}" if deed else verb

    def cause(self, step: Step) -> str:
        """Who or what set a field."""
        match step.cause:
            case Cause.OP:
                assert step.op is not None
                said = self.names.get(step.op.author_id, "?")
                said += f", {_('undo')}" if step.op.undoes else f", {_('redo')}" if step.op.redoes else ""
                return f"{said}: {step.op.reason}" if step.op.reason else said
            case Cause.WROTE:
                return _("the customer wrote")
            case Cause.REPORTED:
                return _("the back end")
            case Cause.UNSEEN:
                return _("somebody elsewhere, after {time}").format(time=self.moment(step.since))
        return _("as it began")

    def changes(self, found: Foreseen) -> str:
        """All that becomes of a conversation, on one line."""
        if found.why_not:
            return _("cannot: {why}").format(why=found.why_not)
        return ", ".join(map(self.change, found.changes)) or _("is so already")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of the conversations an act changes."""

    changed: int
    already: int
    refused: int

    def line(self) -> str:
        """12 will change, 2 are so already, 1 cannot."""
        parts = [ngettext("{n} changes", "{n} change", self.changed).format(n=self.changed)]
        if self.already:
            parts.append(ngettext("{n} is so already", "{n} are so already", self.already).format(n=self.already))
        if self.refused:
            parts.append(ngettext("{n} cannot", "{n} cannot", self.refused).format(n=self.refused))
        return ", ".join(parts)


def tally(found: Iterable[Foreseen]) -> Tally:
    """Count what becomes of conversations."""
    kinds = Counter("refused" if one.why_not else "changed" if one.changes else "already" for one in found)
    return Tally(kinds["changed"], kinds["already"], kinds["refused"])


def refusals(found: Iterable[Foreseen]) -> list[tuple[str, int]]:
    """Why some cannot, each reason with how many it stops, the commonest first."""
    return Counter(one.why_not for one in found if one.why_not).most_common()
