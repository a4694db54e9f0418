"""Rules: how each stands, what it says and did, tried and switched on and off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from omnitui.desk.rules.rule import EVER, Rule, span_words
from omnitui.errors import OmniError
from omnitui.i18n import _, ngettext
from omnitui.services.rules import reading as rules
from omnitui.services.rules import standing as rule_standing
from omnitui.services.rules.standing import CUT, OFF, ON, Standing
from omnitui.store.reads import inbox
from omnitui.store.reads import rules as reads
from omnitui.store.reads.rules import Firing
from omnitui.ui.acts.changing import tell
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3

    from omnitui.services.acting.undoing import Undone

MOST: Final = 100
"""Firings of a rule that are listed."""
_ROLES: Final = {ON: "good", OFF: "muted", CUT: "bad"}


class RuleScreen(PickerScreen):
    """Begins where one was before; what is only told is no answer."""

    def __init__(self, title: str, choices: Sequence[Choice], at: object = None, *, hint: str = "") -> None:
        super().__init__(title, among(choices), hint=hint)
        self._at = at

    def _show(self, text: str, found: Sequence[Choice]) -> None:
        super()._show(text, found)
        if self._at is not None and not text:
            self.choices.move(next((n for n, one in enumerate(found) if one.value == self._at), 0))
        self._at = None

    def take(self, chosen: Choice) -> None:
        """Something that can be done, or a firing."""
        if chosen.value is None:
            self.say(_("that is what it says; what can be done stands above"), "warn")
        else:
            self.dismiss(chosen)


def _found(desk: Desk) -> tuple[list[Standing], rules.Found]:
    session = desk.session
    found = rules.read(session.profile, session.settings, session.views)
    return rule_standing.standings(session, found), found


def _word(state: str) -> str:
    return {ON: _("on"), OFF: _("off"), CUT: _("cut off")}[state]


async def open_rules(desk: Desk) -> None:
    """Show the rules until they are left; Enter opens one."""
    at = ""
    while True:
        every, found = await asyncio.to_thread(_found, desk)
        choices = [_standing(one, desk) for one in every]
        choices += [
            Choice(("fault", ""), ((f"! {plain(one.message)}", "bad"),), words=one.message) for one in found.problems
        ]
        choices.append(Choice(("new", ""), ((_("a new rule …"), "label"),)))
        choices.append(Choice(("file", ""), ((_("open rules.toml in your editor"), "label"),)))
        choices.sort(key=lambda one: one.value != ("rule", at))
        chosen = await desk.ask(
            PickerScreen(_("Rules"), among(choices), hint=_("Enter shows what a rule says and did"))
        )
        if chosen is None:
            return
        kind, at = chosen.value
        if kind == "new":
            from omnitui.ui.screens.rule_form import change_rule

            at = await change_rule(desk, "") or ""
        elif kind in ("file", "fault"):
            await _edit(desk, found)
        elif not await open_rule(desk, at):
            return


def _standing(one: Standing, desk: Desk) -> Choice:
    now = desk.clock.now()
    left: Line = (
        (f"{_word(one.word):<8}", _ROLES[one.word]),
        (plain(one.rule.title), "strong"),
        (f"  {', '.join(on.words for on in one.rule.on)}", "muted"),
        (f"  {plain(one.state.cut_why)}" if one.word == CUT else "", "bad"),
    )
    fired = ngettext("fired {n} time", "fired {n} times", one.fired).format(n=f"{one.fired:,}") if one.fired else ""
    last = phrases.moment(one.last_at, now, desk.zone) if one.last_at is not None else ""
    right = " · ".join(part for part in (fired, last) if part)
    return Choice(("rule", one.rule.name), left, ((right, "muted"),), words=f"{one.rule.name} {one.rule.when}")


async def _edit(desk: Desk, found: rules.Found) -> None:
    from omnitui.config.writing import put_file
    from omnitui.ui.drafts.editor import edit_file

    path = desk.session.profile.rules_file
    if not path.exists():
        await asyncio.to_thread(put_file, path, rules.EXAMPLE)
    await edit_file(desk.screen.app, path, 1)
    _every, again = await asyncio.to_thread(_found, desk)
    if again.problems:
        desk.say(f"! {plain(again.problems[0].message)}", "bad")


def _read(db: sqlite3.Connection, name: str) -> tuple[list[Firing], dict[str, str]]:
    firings = reads.firings(db, name, limit=MOST)
    rows = inbox.conversations(db, {one.conversation_id for one in firings})
    return firings, {row.id: row.contact or row.subject for row in rows}


async def open_rule(desk: Desk, name: str) -> bool:
    """Show one rule until it is left; False where one went on to a conversation."""
    at: object = None
    while True:
        every, _faults = await asyncio.to_thread(_found, desk)
        one = next((held for held in every if held.rule.name == name), None)
        if one is None:
            return True
        firings, people = await desk.cache.aread(_read, name)
        choices = [*_deeds(one), *_says(one, desk)]
        choices += [_firing(held, people.get(held.conversation_id, ""), desk) for held in firings]
        hint = _("Enter on a firing goes to its conversation, or takes it back")
        title = f"{one.rule.title} · {_word(one.word)}"
        chosen = await desk.ask(RuleScreen(title, choices, at, hint=hint))
        if chosen is None:
            return True
        value: Any = chosen.value
        at = value
        if isinstance(value, Firing):
            if not await _at_firing(desk, value):
                return False
        elif value == "change":
            from omnitui.ui.screens.rule_form import change_rule

            await change_rule(desk, name)
        elif value == "try":
            if not await _try(desk, one.rule):
                return False
        elif value == "off":
            await _switch(desk, one.rule, on=False)
        else:
            agreed = await _agreed(desk, one)
            if agreed is None:
                return False
            if agreed:
                await _switch(desk, one.rule, on=True)


def _deeds(one: Standing) -> list[Choice]:
    switch = ("off", _("switch it off")) if one.word == ON else ("on", _("switch it on"))
    words = (("try", _("try it on all that has happened")), switch, ("change", _("change it …")))
    return [Choice(value, ((said, "label"),)) for value, said in words]


def _says(one: Standing, desk: Desk) -> list[Choice]:
    rule, state, now = one.rule, one.state, desk.clock.now()
    said = [(_("on"), ", ".join(on.words for on in rule.on)), (_("when"), rule.when or _("always"))]
    said += [(_("does"), step.words) for step in rule.steps]
    if rule.once:
        said.append((_("once"), _("ever") if rule.once == EVER else span_words(rule.once)))
    if rule.stop:
        said.append((_("stop"), _("later rules are not asked")))
    for label, at, why in (
        (_("switched off"), state.cut_at, state.cut_why),
        (_("could not"), state.failed_at, state.failed_why),
        (_("tried"), state.tried_at if one.tried else None, ""),
        (_("next time"), state.next_at if one.word == ON else None, ""),
    ):
        if at is not None:
            said.append((label, f"{phrases.moment(at, now, desk.zone)} {why}".strip()))
    return [Choice(None, ((f"{label}: ", "muted"), (plain(text), "text")), words=text) for label, text in said]


def _firing(one: Firing, who: str, desk: Desk) -> Choice:
    left: Line = (
        (f"{phrases.moment(one.at, desk.clock.now(), desk.zone)}  ", "muted"),
        (plain(who), "theirs"),
        (f"  {plain(one.why)}", "muted" if one.undone else "text"),
    )
    return Choice(one, left, ((_("undone") if one.undone else "", "muted"),), words=one.why)


async def _at_firing(desk: Desk, one: Firing) -> bool:
    """Go to where it fired, or take just that back; False where one went there."""
    offers = [Choice("go", ((_("show the conversation"), "text"),))]
    if not one.undone:
        offers.append(Choice("undo", ((_("take back just that"), "bad"),)))
    chosen = await desk.ask(PickerScreen(plain(one.why), among(offers), small=True))
    if chosen is None:
        return True
    if chosen.value == "go":
        desk.go(one.conversation_id)
        desk.screen.layouts.read()
        return False
    if (undone := await _taken_back(desk, one)) is not None:
        tell(desk, undone, _("undone: {what}"), undone.originals)
    return True


async def _taken_back(desk: Desk, one: Firing) -> Undone | None:
    """What of a firing was taken back: all, or what has not left where that is wanted; None: it was left."""
    from omnitui.services.acting.undoing import Departed

    try:
        return await desk.act(desk.session.operations.undo, one.id)
    except Departed as error:
        if not error.rest:
            raise
        answers = [Choice(False, ((_("no, leave it"), "text"),)), Choice(True, ((_("take back the rest"), "bad"),))]
        chosen = await desk.ask(PickerScreen(_("Take back the rest?"), among(answers), hint=error.message, small=True))
        if chosen is None or not chosen.value:
            return None
        return await desk.act(desk.session.operations.undo, one.id, rest=error.group_id)


async def _try(desk: Desk, rule: Rule) -> bool:
    """Show what it would have done; False where one went on to a conversation."""
    from omnitui.ui.screens import trial

    found = await trial.attempt(desk, rule)
    if isinstance(found, OmniError):
        desk.complain(found)
    elif found is not None:
        return await trial.show(desk, found) is not None
    return True


async def _agreed(desk: Desk, one: Standing) -> bool | None:
    """Whether a rule is to be switched on: one that was not tried as it is, is tried first. None: one went on."""
    from omnitui.ui.screens import trial

    yes = _("switch it on")
    if one.tried:
        return True
    found = await trial.attempt(desk, one.rule)
    if isinstance(found, OmniError):
        answers = [Choice(False, ((_("no, leave it"), "text"),)), Choice(True, ((yes, "bad"),))]
        why = _("It cannot be tried: {why}").format(why=found.message)
        chosen = await desk.ask(PickerScreen(_("Switch it on untried?"), among(answers), hint=why, small=True))
        return chosen is not None and chosen.value is True
    return found is not None and await trial.show(desk, found, ask=yes)


async def _switch(desk: Desk, rule: Rule, *, on: bool) -> None:
    await desk.act(rule_standing.switch, desk.session, rule.name, on)
    said = _("rule {name} is on: what happens from now on sets it off") if on else _("rule {name} is off")
    desk.say(said.format(name=plain(rule.title)))
