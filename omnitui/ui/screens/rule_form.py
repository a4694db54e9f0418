"""A rule put together: what sets it off, its query with completion, its steps one by one; kept in rules.toml."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from omnitui.desk.macros import KINDS, TEXTS, steps_in
from omnitui.desk.rule_tables import on_called
from omnitui.desk.rules import SAID, What
from omnitui.errors import ConfigError, OmniError
from omnitui.i18n import N_, _
from omnitui.model.states import Priority
from omnitui.services import rule_writing
from omnitui.store.reads import accounts, inbox, names
from omnitui.ui.desk import Desk
from omnitui.ui.roles import plain
from omnitui.ui.screens.form import Entry, FormScreen
from omnitui.ui.screens.picker import PickerScreen, among, fitting
from omnitui.ui.screens.rules import RuleScreen, step_words
from omnitui.ui.screens.search import SearchScreen
from omnitui.ui.widgets.choices import Choice

Table = dict[str, Any]
FOUND: Final = 50
"""Conversations that are shown of what a query finds now."""
_NEW: Final = {"title": "", "on": "message", "when": "", "do": [], "enabled": False}
_NEXT: Final = {"title": "on", "on": "when", "when": "add", "add": "keep"}
"""What comes after a line of a new rule."""
_EXAMPLES: Final = ("30m after message", "every weekday 9:00", "labelled:vip", "priority:urgent", "status:waiting")
_HINTS: Final = {
    "label": N_("+vip -new"),
    "assign": N_("me, a name, none"),
    "snooze": N_("tomorrow 9, 2h, reply"),
    "status": N_("open, waiting, resolved, closed"),
    "read": N_("true or false"),
    "priority": N_("low, normal, high, urgent"),
}
_KINDS: Final = {
    "reply": N_("write to the customer"),
    "note": N_("write a note"),
    "label": N_("put labels on, take them off"),
    "assign": N_("say who is responsible"),
    "priority": N_("say how much it matters"),
    "snooze": N_("hide it until a time"),
    "status": N_("open, wait, resolve, close"),
    "read": N_("mark as read or unread"),
    "csat": N_("ask how satisfied the customer is"),
}


class QueryScreen(SearchScreen):
    """The query of a rule as it is typed, with what it finds now. Enter takes it."""

    LISTED: ClassVar[int] = 12

    def __init__(self, desk: Desk, text: str) -> None:
        super().__init__(desk, text)
        self._source = self._fitting
        self._title_text = _("When? Empty: always")
        self._hint = _("Tab completes, Enter takes the query; below, what it finds now")

    async def _fitting(self, text: str) -> Sequence[Choice]:
        query = self._desk.session.query(text)
        rows = await self._desk.cache.aread(inbox.page, query, limit=FOUND)
        found = [
            Choice(row.id, ((plain(row.contact), "theirs"), (f"  {plain(row.subject or row.snippet)}", "muted")))
            for row in rows
        ]
        return [Choice(True, ((_("take this query"), "label"),)), *found]

    def take(self, chosen: Choice) -> None:
        """Whatever is under the cursor: the query is what was asked for."""
        self.dismiss(Choice(self.typed.strip(), ()))


async def change_rule(desk: Desk, name: str) -> str | None:
    """Change a rule, or make one where there is no name; its name, None where it was left."""
    held = await asyncio.to_thread(rule_writing.table_of, desk.session, name) if name else {}
    table: Table = {**_NEW, **held}
    at, fault = "title", ""
    while True:
        hint = fault or _("Enter changes a line; Esc leaves it as it is in rules.toml")
        title = _("Change {rule}").format(rule=name) if name else _("A new rule")
        chosen = await desk.ask(RuleScreen(title, _lines(table), at, hint=hint))
        if chosen is None:
            return None
        at, fault = chosen.value, ""
        if at != "keep":
            await _change(desk, table, at)
            at = at if name else _NEXT.get(at, at)
            continue
        try:
            return await _keep(desk, name, table)
        except OmniError as error:
            fault = f"! {error.message} {error.hint}".strip()


async def _keep(desk: Desk, name: str, table: Table) -> str:
    if not table["title"].strip():
        raise ConfigError(_("a rule needs a name"))
    session = desk.session
    own = name or await asyncio.to_thread(rule_writing.name_for, session, table["title"])
    await asyncio.to_thread(rule_writing.save, session, own, table)
    desk.say(_("rule kept: {title}").format(title=plain(table["title"])))
    return own


def _lines(table: Table) -> list[Choice]:
    ons = table["on"] if isinstance(table["on"], list) else [table["on"]]
    once = table.get("once", "")
    said: list[tuple[str, str, str]] = [
        ("title", _("name"), table["title"]),
        ("on", _("set off by"), ", ".join(ons)),
        ("when", _("when"), table["when"] or _("always")),
    ]
    steps, _faults = steps_in(table["do"], "")
    for number, step in enumerate(table["do"]):
        words = step_words(steps[number]) if number < len(steps) == len(table["do"]) else str(step)
        said.append((f"step {number}", _("step {n}").format(n=number + 1), words))
    said += [
        ("add", _("one more step"), "…"),
        ("keep", _("keep it in rules.toml"), ""),
        ("once", _("once in"), {True: _("ever"), False: ""}.get(once, once) or _("each time")),
        ("stop", _("later rules"), _("are not asked") if table.get("stop") else _("are asked, too")),
    ]
    return [
        Choice(value, ((f"{label}  ", "label"), (plain(" ".join(str(text).split())), "text")), words=value)
        for value, label, text in said
    ]


async def _change(desk: Desk, table: Table, at: str) -> None:
    """Ask for one line of the form."""
    match at.split():
        case ["title"]:
            table["title"] = await _line(desk, _("Name"), table["title"])
        case ["on"]:
            table["on"] = await _event(desk, table["on"])
        case ["when"]:
            chosen = await desk.ask(QueryScreen(desk, table["when"]))
            table["when"] = table["when"] if chosen is None else chosen.value
        case ["once"]:
            once = table.get("once", "")
            held = "true" if once is True else once or ""
            said = await _line(desk, _("Once in which time? 12h; true: a single time; empty: each time"), held)
            table["once"] = True if said == "true" else said
        case ["stop"]:
            table["stop"] = not table.get("stop", False)
        case ["add"]:
            table["do"] = [*table["do"], *await _step(desk, {})]
        case ["step", number]:
            place = int(number)
            steps = list(table["do"])
            steps[place : place + 1] = await _step(desk, steps[place])
            table["do"] = steps


async def _line(desk: Desk, label: str, value: str) -> str:
    said = await desk.ask(FormScreen(label, (Entry("value", label, value),), done=_("take it")))
    return value if said is None else said["value"]


async def _event(desk: Desk, now: Any) -> Any:
    """What sets it off: chosen, or typed where it is more than a word."""
    fixed = [Choice(one.value, ((f"{one.value:<12}", "label"), (_event_words(one), "text"))) for one in What]
    fixed += [Choice(text, ((text, "label"),)) for text in _EXAMPLES]

    async def source(text: str) -> Sequence[Choice]:
        if not text.strip():
            return fixed
        found = [choice for _score, choice in fitting(text, fixed)]
        try:
            on_called(text)
        except OmniError:
            if not found:
                raise
            return found
        return [Choice(text.strip(), ((plain(text.strip()), "strong"),), named=True), *found]

    hint = _("or type it: 2h after message, every mon, thu 8:30")
    chosen = await desk.ask(PickerScreen(_("What sets it off?"), source, hint=hint))
    return now if chosen is None else chosen.value


def _event_words(what: What) -> str:
    return _(SAID[what]).format(subject="…")


async def _step(desk: Desk, step: Table) -> list[Table]:
    """A step as it is to be; none where it is taken out."""
    kind = next((key for key in step if key in KINDS), "")
    if not kind:
        kinds = [Choice(one, ((f"{one:<10}", "label"), (_(_KINDS[one]), "text"))) for one in KINDS if one in _KINDS]
        chosen = await desk.ask(PickerScreen(_("What shall it do?"), among(kinds), small=True))
        if chosen is None:
            return []
        kind = chosen.value
    else:
        offers = [Choice("change", ((_("change it"), "text"),)), Choice("out", ((_("take it out"), "bad"),))]
        chosen = await desk.ask(PickerScreen(_("step: {kind}").format(kind=kind), among(offers), small=True))
        if chosen is None:
            return [step]
        if chosen.value == "out":
            return []
    value = await _value(desk, kind, step.get(kind))
    if value is None:
        return [step] if step else []
    made = {**step, kind: value}
    _steps, faults = steps_in([made], "")
    if faults:
        desk.say(f"! {plain(faults[0].message)}", "bad")
    return [made]


async def _value(desk: Desk, kind: str, held: Any) -> Any:
    """What a step of a kind sets; None where it was left."""
    if kind == "csat":
        return "ask"
    if kind in TEXTS:
        hint = _("{{ contact.first_name }}, {{ conversation.subject }}, {{ agent.name }} are filled in")
        said = await desk.ask(
            FormScreen(hint, (Entry("value", _(_KINDS[kind]), held or "", long=True),), done=_("take it"))
        )
        return None if said is None or not said["value"].strip() else said["value"]
    fixed = await _offers(desk, kind)

    async def source(text: str) -> Sequence[Choice]:
        found = [choice for _score, choice in fitting(text, fixed)] if text.strip() else fixed
        return [*([Choice(text.strip(), ((plain(text.strip()), "strong"),))] if text.strip() else []), *found]

    text = " ".join(held) if isinstance(held, list) else "" if held is None else str(held)
    hint = _(_HINTS.get(kind, ""))
    chosen = await desk.ask(PickerScreen(_(_KINDS[kind]), source, hint=hint, text=text, small=True))
    if chosen is None:
        return None
    said_: str = chosen.value
    if kind == "label":
        return [one if one[:1] in "+-" else f"+{one}" for one in said_.split()]
    return {"true": True, "false": False}.get(said_, said_) if kind == "read" else said_


async def _offers(desk: Desk, kind: str) -> list[Choice]:
    words: Sequence[str] = ()
    match kind:
        case "priority":
            words = [one.value for one in Priority]
        case "status":
            words = ("open", "waiting", "resolved", "closed")
        case "read":
            words = ("true", "false")
        case "snooze":
            words = ("reply", "2h", "tomorrow 9", "monday 9")
        case "assign":
            words = ("me", "none", *(one.name for one in await desk.cache.aread(accounts.agents) if not one.me))
        case "label":
            words = [f"+{one}" for one in await desk.cache.aread(_labels)]
    return [Choice(word, ((plain(word), "text"),)) for word in words]


def _labels(db: Any) -> list[str]:
    return [str(one[0]) for one in names.labels(db)][:50]
