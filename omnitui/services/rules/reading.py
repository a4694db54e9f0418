"""rules.toml: the rules of a profile, read and checked. What fires them is `omnitui.services.rules.ruling`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.config.lines import line_of
from omnitui.desk.acting.macros import TEXTS, Do, Fault, Macro
from omnitui.desk.rules.rule import Rule
from omnitui.desk.rules.tables import parsed
from omnitui.errors import ConfigError, NotFound, OmniError
from omnitui.i18n import _
from omnitui.services.keys.keymap import Problem
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.config.settings import Settings
    from omnitui.paths import Profile
    from omnitui.services.triage.views import Views

MOST: Final = 200
"""Rules of a profile."""
EXAMPLE: Final = """[vip]
title = "VIP on LINE"
on = "message"                  # what sets it off: see docs/rules.md; also "30m after message", "every day 9:00"
when = "channel:line segment:vip is:open"
once = "12h"                    # on one conversation at most once in this time; true: a single time
# stop = true                   # later rules are not asked about the same event
enabled = false                 # try it first: omnitui rule try vip

[[vip.do]]
priority = "high"

[[vip.do]]
label = ["+vip"]
"""


@dataclass(frozen=True, slots=True)
class Found:
    """The rules that can fire, in the order of the file, and what is wrong with the others."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()
    broken: bool = False
    """Whether the file cannot be read at all: nobody knows which rules there are."""
    macros: frozenset[str] = frozenset()
    """The macros that they name."""
    faulty: frozenset[str] = frozenset()
    """The names of the others."""

    def get(self, name: str) -> Rule:
        """A rule by its name. Raises NotFound."""
        found = next((one for one in self.rules if one.name == name.casefold()), None)
        if found is None:
            names = ", ".join(one.name for one in self.rules)
            raise NotFound(_("there is no rule “{name}”").format(name=name), hint=names)
        return found


class Macros:
    """The macros of a profile, read where a rule names one."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.named: set[str] = set()
        """Those that were asked for."""

    def get(self, name: str) -> Macro | None:
        """A macro; None where there is none, or it has a fault."""
        found = next((one for one in self._every if one.name.casefold() == name.casefold()), None)
        self.named.add(found.name if found else name)
        return found

    @cached_property
    def _every(self) -> Sequence[Macro]:
        from omnitui.services.texts import macros

        return macros.read(self._profile).macros


def read(profile: Profile, settings: Settings, views: Views | None = None) -> Found:
    """The rules of the file; a faulty one is left out, and its faults are named with their lines.

    Args:
        profile: Whose.
        settings: Teams, which queries may name.
        views: What `view:` may name; read where not given.
    """
    file = profile.rules_file
    try:
        data = read_toml(file, forbidden=UNTAMPERED)
    except ConfigError as error:
        return Found(problems=(Problem(error.message.replace(str(file), file.name), error.hint),), broken=True)
    if not data:
        return Found()
    from omnitui.services.triage.views import read_views

    known = read_views(profile, settings) if views is None else views
    rules: list[Rule] = []
    problems: list[Problem] = []
    text = file.read_text("utf-8", "replace")
    macros = Macros(profile)
    for name, table in data.items():
        rule, faults = _rule(name, table, settings, known, macros)
        if len(rules) >= MOST:
            faults = [Fault(_("there are more than {n} rules").format(n=MOST))]
        if rule is not None and not faults:
            rules.append(rule)
        problems += [Problem(f"{file.name}:{_line(text, name, one)}: [{name}] {one.message}") for one in faults]
    faulty = frozenset(data) - {one.name for one in rules}
    return Found(tuple(rules), tuple(problems), macros=frozenset(macros.named), faulty=faulty)


def _rule(name: str, table: Any, settings: Settings, views: Views, macros: Macros) -> tuple[Rule | None, list[Fault]]:
    from omnitui.services.texts.rendering import TextFault, check

    if not isinstance(table, dict):
        return None, [Fault(_("a table is needed: [{name}]").format(name=name))]
    rule, faults = parsed(name, table)
    try:
        check_query(rule.when, settings, views)
    except OmniError as error:
        faults.append(Fault(f"{error.message} {error.hint}".strip(), key="when"))
    for number, step in enumerate(rule.steps if not faults else ()):
        if step.kind in TEXTS:
            try:
                check(step.value)
            except TextFault as error:
                faults.append(Fault(error.message, number, step.kind, error.line))
    return (rule, faults) if faults else with_macros(rule, macros)


def with_macros(rule: Rule, macros: Macros) -> tuple[Rule, list[Fault]]:
    """A rule with the steps of the macros that it names in their places; it is for the channels that those are for."""
    steps: list[Do] = []
    faults: list[Fault] = []
    when = rule.when
    for number, step in enumerate(rule.steps):
        if step.kind != "macro":
            steps.append(step)
            continue
        macro = macros.get(step.value)
        if macro is None:
            why = _("there is no macro “{name}”, or it has a fault").format(name=step.value)
            faults.append(Fault(why, number, step.kind))
            continue
        steps += [replace(one, macro=macro.name) for one in macro.steps]
        if macro.channels:
            only = " OR ".join(f'channel:"{one}"' for one in macro.channels)
            when = f"({when}) ({only})" if when else f"({only})"
    return replace(rule, steps=tuple(steps), when=when), faults


def check_query(text: str, settings: Settings, views: Views) -> None:
    """See whether the query of a rule makes sense. Raises QueryError."""
    from datetime import UTC

    from omnitui.desk.querying.matching import fold
    from omnitui.desk.querying.parsing import parse
    from omnitui.services.triage.views import Names

    teams = {fold(name): members for name, members in settings.teams.items()} | {"mine": ()}
    parse(text, now=0, me="", zone=UTC, teams=teams, views=Names(views))


def _line(text: str, name: str, fault: Fault) -> int:
    table = (name,) if fault.step is None else (name, "do")
    return line_of(text, table, fault.key, number=fault.step or 0, within=fault.line)
