"""Macros: a named list of operations, perhaps with a reply or a note, as a TOML file says it.

Each `[[do]]` is one step. Texts are templates; what they may name is in `NAMES`, and rendering is done elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from omnitui.desk.acting.handing import priority_called
from omnitui.desk.acting.steps import MACRO, label_name
from omnitui.desk.sharing.routing import route_in
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.states import Status
from omnitui.text.safe import safe
from omnitui.values import dataclass

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "contact": ("name", "first_name", "segment", "language", "organization", "address", "fields"),
    "conversation": ("ref", "subject", "channel", "account", "status", "priority", "labels", "reason"),
    "agent": ("name",),
    "today": (),
    "now": (),
}
"""What a template may name; `contact.fields` has the contact's own facts."""
TEXTS: Final = frozenset({"reply", "note"})
KINDS: Final = ("reply", "note", "label", "assign", "priority", "snooze", "status", "read", "csat")
WITH_MACRO: Final = (*KINDS, "macro")
"""Those of a rule's steps: `macro = "refund"` does what a macro says. A macro names none: none goes round."""
STATUSES: Final = (Status.OPEN, Status.WAITING, Status.RESOLVED, Status.CLOSED)
LONGEST: Final = 200
"""Characters of a step on one line."""
_BESIDE: Final[Mapping[str, str]] = {"reply": "at", "status": "reason"}
"""What may stand beside a step."""
_HEAD: Final = ("title", "channel", "do")
_NAME: Final = re.compile(r"[\w][\w-]{0,63}")


@dataclass(frozen=True, slots=True)
class Do:
    """One step of a macro."""

    kind: str
    """One of KINDS."""
    value: Any
    """A text; of `label` a list of +name and -name; of `read` true or false; of `assign` perhaps a `Route`."""
    beside: str = ""
    """When a reply leaves, or the contact reason of a status."""
    macro: str = field(default="", repr=False, compare=False)
    """The macro whose step it is, where a rule does what that says."""

    @property
    def words(self) -> str:
        """On one line, in the words of the file: label +vip -new."""
        said = " ".join(self.value) if isinstance(self.value, list) else str(self.value)
        said = said.lower() if isinstance(self.value, bool) else said
        text = " ".join(f"{self.kind} {said} {self.beside}".split())
        text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        return f"{text} ({MACRO}{self.macro})" if self.macro else text


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro."""

    name: str
    title: str
    steps: tuple[Do, ...]
    channels: tuple[str, ...] = ()
    """Where it is offered; empty: everywhere."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file: in its head, or in the step of that number, from 0; and at which key."""

    message: str
    step: int | None = None
    key: str = ""
    line: int = 0
    """The line within a text, from 1."""


def parsed(name: str, table: Mapping[str, Any]) -> tuple[Macro, list[Fault]]:
    """The macro of a file, and what is wrong with it."""
    faults: list[Fault] = []
    if not _NAME.fullmatch(name):
        faults.append(Fault(_("a name of letters, digits, - and _ is needed")))
    for key in table:
        if key not in _HEAD:
            faults.append(Fault(_("there is no “{key}”").format(key=key), key=key))
    title = table.get("title", name.replace("-", " ").replace("_", " "))
    if not isinstance(title, str) or not title.strip():
        faults.append(Fault(_("“title” has to be a text"), key="title"))
    channels = table.get("channel", [])
    channels = [channels] if isinstance(channels, str) else channels
    if not isinstance(channels, list) or not all(isinstance(one, str) for one in channels):
        faults.append(Fault(_("“channel” has to be a text or a list of texts"), key="channel"))
        channels = []
    steps, wrong = steps_in(table.get("do", []), _("a macro needs steps: [[do]]"))
    return Macro(name, safe(str(title), multiline=False), steps, tuple(c.lower() for c in channels)), [*faults, *wrong]


def steps_in(wanted: Any, missing: str, kinds: Sequence[str] = KINDS) -> tuple[tuple[Do, ...], list[Fault]]:
    """The steps of the key `do`, and what is wrong with them: `missing`, where there are none."""
    if not isinstance(wanted, list) or not wanted:
        return (), [Fault(missing, key="do")]
    found = [_step(one, kinds) for one in wanted]
    faults = [Fault(one[0], number, one[1]) for number, one in enumerate(found) if not isinstance(one, Do)]
    return tuple(one for one in found if isinstance(one, Do)), faults


def _step(table: object, known: Sequence[str]) -> Do | tuple[str, str]:
    """A step, or what is wrong with it and at which key."""
    if not isinstance(table, Mapping):
        return _("a step is a table: [[do]]"), ""
    kinds = [key for key in table if key in known]
    if len(kinds) != 1:
        return _("a step does one of: {kinds}").format(kinds=", ".join(known)), kinds[1] if kinds else ""
    kind = kinds[0]
    value, beside = table[kind], table.get(_BESIDE.get(kind, ""), "")
    for key in table:
        if key not in (kind, _BESIDE.get(kind)):
            return _("there is no “{key}” beside “{kind}”").format(key=key, kind=kind), key
    if not isinstance(beside, str):
        return _("“{key}” has to be a text").format(key=_BESIDE[kind]), _BESIDE[kind]
    if kind == "csat":
        return Do(kind, value) if value == "ask" else (_("“csat” can be “ask”"), kind)
    if kind == "read":
        return Do(kind, value) if isinstance(value, bool) else (_("“read” has to be true or false"), kind)
    if kind == "assign" and isinstance(value, Mapping):
        try:
            return Do(kind, route_in(value))
        except OmniError as error:
            return f"{error.message}: {error.hint}" if error.hint else error.message, kind
    if kind == "label":
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return _("“label” has to be a label or a list of labels: +vip, -new"), kind
    elif not isinstance(value, str) or (not value.strip() and kind != "assign"):
        return _("“{key}” has to be a text").format(key=kind), kind
    try:
        return Do(kind, _checked(kind, value), beside)
    except OmniError as error:
        return f"{error.message}: {error.hint}" if error.hint else error.message, kind


def _checked(kind: str, value: Any) -> Any:
    match kind:
        case "label":
            for one in value:
                label_name(one.removeprefix("+").removeprefix("-"))
        case "priority":
            return priority_called(value).value
        case "status":
            if value not in [one.value for one in STATUSES]:
                words = ", ".join(STATUSES)
                raise OmniError(_("“{text}” is no status").format(text=value), hint=_("one of: {}").format(words))
    return value
