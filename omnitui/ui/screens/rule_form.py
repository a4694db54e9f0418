"""A rule put together: what sets it off, its query with completion, its steps one by one; kept in rules.toml."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from omnitui.desk.acting.macros import WITH_MACRO, steps_in
from omnitui.desk.rules.rule import SAID, What
from omnitui.desk.rules.tables import on_called
from omnitui.errors import ConfigError, OmniError
from omnitui.i18n import _
from omnitui.services.rules import writing as rule_writing
from omnitui.store.reads import inbox
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain
from omnitui.ui.screens import rule_step
from omnitui.ui.screens.form import Entry, FormScreen
from omnitui.ui.screens.picker import PickerScreen, fitting
from omnitui.ui.screens.rules import RuleScreen
from omnitui.ui.screens.search import SearchScreen
from omnitui.ui.widgets.choices import Choice

Table = dict[str, Any]
FOUND: Final = 50
"""Conversations that are shown of what a query finds now."""
_NEW: Final = {"title": "", "on": "message", "when": "", "do": [], "enabled": False}
_NEXT: Final = {"title": "on", "on": "when", "when": "add", "add": "keep"}
"""What comes after a line of a new rule."""
_EXAMPLES: Final = (
    "30m after message",
    "every weekday 9:00",
    "every hour",
    "labelled:vip",
    "priority:urgent",
    "status:waiting",
)


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
    steps, _faults = steps_in(table["do"], "", WITH_MACRO)
    for number, step in enumerate(table["do"]):
        words = steps[number].words if number < len(steps) == len(table["do"]) else str(step)
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
            table["do"] = [*table["do"], *await rule_step.changed(desk, {})]
        case ["step", number]:
            place = int(number)
            steps = list(table["do"])
            steps[place : place + 1] = await rule_step.changed(desk, steps[place])
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
