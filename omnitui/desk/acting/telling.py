"""What an act would change, in words: for each conversation, and how often the same happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.acting.steps import Change, Foreseen
from omnitui.desk.naming import PRIORITY, STATUS, TASK
from omnitui.i18n import N_, _, ngettext
from omnitui.ids import Ulid
from omnitui.model.states import ENDS, Priority, Status
from omnitui.model.tasks import TaskKind
from omnitui.values import dataclass

LONGEST: Final = 200
"""Characters of a text that are told of it."""
_FIELDS: Final = {
    "status": N_("status"),
    "contact_reason": N_("reason"),
    "snoozed_until": N_("sleeps until"),
    "assignee_id": N_("assignee"),
    "labels": N_("labels"),
    "incident_id": N_("incident"),
    "priority": N_("priority"),
    "unread": N_("unread"),
    "note": N_("note"),
    "reply": N_("reply"),
    "routing": N_("given to nobody"),
    "routed": N_("given to"),
    "asked": N_("asked"),
}
_SAID: Final = frozenset({"note", "reply", "routing", "routed", "asked"})
"""Of these there is no before."""


@dataclass(frozen=True, slots=True)
class Words:
    """What names and times are called where it is told."""

    agents: Mapping[Ulid, str]
    """Of incidents their titles."""
    moment: Callable[[Millis], str]

    def field(self, name: str) -> str:
        """What a field is called."""
        return _(_FIELDS.get(name, name))

    def change(self, one: Change) -> str:
        """A change: status: open → resolved."""
        if one.field == "task":
            return self._task(one.after)
        name = self.field(one.field)
        if one.field in _SAID:
            text = " ".join(str(one.after).split())
            return f"{name}: {text[:LONGEST]}{'…' if len(text) > LONGEST else ''}"
        if one.field == "labels":
            before, after = set(one.before or ()), set(one.after or ())
            marks = [f"+#{label}" for label in sorted(after - before)]
            return f"{name}: {' '.join([*marks, *(f'-#{label}' for label in sorted(before - after))])}"
        return f"{name}: {self._value(one.field, one.before)} → {self._value(one.field, one.after)}"

    def _task(self, fields: Mapping[str, Any]) -> str:
        """A promise: call back: due tomorrow 9:00; or that it is kept."""
        name = _(TASK[TaskKind(fields["kind"])])
        if fields.get("done_at"):
            return _("{task}: done").format(task=name)
        due = _("{task}: due {time}").format(task=name, time=self.moment(fields["due_at"]))
        return f"{due} {fields['text']}".strip()

    def _value(self, field: str, value: object) -> str:
        match field:
            case "status":
                return _(STATUS[Status(str(value))])
            case "priority":
                return _(PRIORITY[Priority(str(value))])
            case "assignee_id":
                return self.agents.get(str(value), "?") if value else _("nobody")
            case "incident_id":
                return self.agents.get(str(value), "?") if value else _("none")
            case "snoozed_until" if value == ENDS:
                return _("the incident ends")
            case "snoozed_until" if isinstance(value, int):
                return self.moment(value)
            case "unread":
                return _("unread") if value else _("read")
            case _:
                return str(value) if value else "–"

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
