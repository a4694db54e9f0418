"""One step of a rule: its kind, and what it sets, asked for one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from omnitui.desk.acting.macros import TEXTS, WITH_MACRO, steps_in
from omnitui.desk.sharing.routing import By
from omnitui.i18n import N_, _
from omnitui.model.states import Priority
from omnitui.services.texts import macros
from omnitui.store.reads import accounts, names
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.form import Entry, FormScreen
from omnitui.ui.screens.picker import PickerScreen, among, fitting
from omnitui.ui.widgets.choices import Choice

Table = dict[str, Any]
_ROUTED: Final = "by"
"""The choice that asks by which ways somebody is found, in the place of a name."""
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
    "macro": N_("do what a macro says"),
}


async def changed(desk: Desk, step: Table) -> list[Table]:
    """A step as it is to be, a new one where it is empty; none where it is taken out."""
    kind = next((key for key in step if key in WITH_MACRO), "")
    if not kind:
        kinds = [
            Choice(one, ((f"{one:<10}", "label"), (_(_KINDS[one]), "text"))) for one in WITH_MACRO if one in _KINDS
        ]
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
    _steps, faults = steps_in([made], "", WITH_MACRO)
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

    if isinstance(held, Mapping):
        return await _route(desk, held)
    text = " ".join(held) if isinstance(held, list) else "" if held is None else str(held)
    hint = _(_HINTS.get(kind, ""))
    chosen = await desk.ask(PickerScreen(_(_KINDS[kind]), source, hint=hint, text=text, small=True))
    if chosen is None:
        return None
    said_: str = chosen.value
    if kind == "assign" and said_ == _ROUTED:
        return await _route(desk, {"by": ["skill+language", "load"]})
    if kind == "label":
        return [one if one[:1] in "+-" else f"+{one}" for one in said_.split()]
    return {"true": True, "false": False}.get(said_, said_) if kind == "read" else said_


async def _route(desk: Desk, held: Mapping[str, Any]) -> Table | None:
    """By which ways somebody is found, and in which team; None where it was left."""
    by = held.get("by", "")
    ways = _("Ways (a+b narrows): {ways}").format(ways=", ".join(By))
    teams = ", ".join(plain(one) for one in desk.session.settings.teams)
    entries = (
        Entry("by", ways, ", ".join(by) if isinstance(by, list) else str(by)),
        Entry("team", _("Team (empty: all): {teams}").format(teams=teams or "–"), str(held.get("team", ""))),
    )
    said = await desk.ask(FormScreen(_("Who gets it?"), entries, done=_("take it")))
    if said is None:
        return None
    team = said["team"].strip()
    return {"by": [one.strip() for one in said["by"].split(",") if one.strip()], **({"team": team} if team else {})}


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
        case "macro":
            found = await asyncio.to_thread(macros.read, desk.session.profile)
            words = [one.name for one in found.macros]
        case "label":
            words = [f"+{one}" for one in await desk.cache.aread(_labels)]
    routed = Choice(_ROUTED, ((_("whoever is found by skill, language, load, turn …"), "text"),), words=" ".join(By))
    return [*((routed,) if kind == "assign" else ()), *(Choice(word, ((plain(word), "text"),)) for word in words)]


def _labels(db: Any) -> list[str]:
    return [str(one[0]) for one in names.labels(db)][:50]
