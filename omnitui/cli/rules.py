"""rule list, show, enable, disable."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from omnitui.cli.reading import count_of, ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _
from omnitui.services.exchange.records import time

if TYPE_CHECKING:
    from omnitui.desk.rules.rule import Rule
    from omnitui.services.rules.reading import Found
    from omnitui.services.rules.standing import Standing
    from omnitui.store.reads.rules import Firing


def _found(shell: Shell, name: str = "") -> Found:
    """The rules of the file; what is wrong in it is said, where it is not about others than the one that is meant."""
    from omnitui.services.rules import reading as rules

    session = shell.session
    found = rules.read(session.profile, session.settings, session.views)
    for problem in () if any(one.name == name for one in found.rules) else found.problems:
        shell.fail(problem.message, problem.hint)
    return found


def _list_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--example", action="store_true", help=_("print a file to begin with"))


def _list(shell: Shell) -> int:
    from omnitui.services.rules import reading as rules
    from omnitui.services.rules import standing as rule_standing

    if shell.arguments.example:
        for line in rules.EXAMPLE.splitlines():
            shell.out.line(line)
        return 0
    found = _found(shell)
    every = rule_standing.standings(shell.session, found)
    if not shell.out.text:
        shell.out.many("rule", [_record(shell, one, _firings(shell, one.rule, 1)) for one in every])
        return shell.code
    shell.out.table(
        [
            (
                one.rule.name,
                _(_STATES[one.word]),
                str(one.fired),
                shell.out.time(one.last_at),
                ", ".join(on.words for on in one.rule.on),
                one.rule.when,
            )
            for one in every
        ],
        widths=(24, 8, -6, 16, 32, 0),
    )
    for trouble in rule_standing.troubles(shell.session):
        shell.out.say(trouble.message)
    if not every and not found.problems:
        said = _("there is none; write some into {file} (--example prints a beginning)")
        shell.out.say(said.format(file=shell.profile.rules_file))
    return shell.code


_STATES: Final = {"on": N_("on"), "off": N_("off"), "cut": N_("cut")}


def _firings(shell: Shell, rule: Rule, limit: int) -> list[Firing]:
    from omnitui.store.reads import rules as reads

    return shell.session.cache.read(lambda db: reads.firings(db, rule.name, limit=limit))


def _record(shell: Shell, one: Standing, firings: Sequence[Firing]) -> dict[str, Any]:
    rule, state = one.rule, one.state
    return {
        "name": rule.name,
        "title": rule.title,
        "on": [on.words for on in rule.on],
        "when": rule.when,
        "steps": [_step(step) for step in rule.steps],
        "once_ms": rule.once or None,
        "stop": rule.stop,
        "state": one.word,
        "since": time(state.since_at),
        "fired": one.fired,
        "last_at": time(one.last_at),
        "next_at": time(state.next_at),
        "cut_at": time(state.cut_at),
        "cut_why": state.cut_why or None,
        "failed_at": time(state.failed_at),
        "failed_why": state.failed_why or None,
        "tried_at": time(state.tried_at),
        "tried": one.tried,
        "firings": [_fired(shell, each) for each in firings],
    }


def _step(step: Any) -> dict[str, Any]:
    value = step.value if isinstance(step.value, str | bool | list) else str(step.value)
    more = {"beside": step.beside, "macro": step.macro}
    return {"kind": step.kind, "value": value, **{name: said for name, said in more.items() if said}}


def _named(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("name", metavar="NAME", help=_("the rule, as rules.toml calls it"))


def _show_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _named(parser, words)
    parser.add_argument("--limit", type=count_of, default=20, metavar="N", help=_("firings that are shown, the newest"))


def _show(shell: Shell) -> int:
    from omnitui.services.rules.standing import standings

    given = shell.arguments
    found = _found(shell, given.name)
    rule = found.get(given.name)
    one = next(one for one in standings(shell.session, found) if one.rule is rule)
    firings = _firings(shell, rule, given.limit)
    if not shell.out.text:
        shell.out.one("rule", _record(shell, one, firings), "")
        return shell.code
    state = one.state
    for name, value in (
        (_("rule"), f"{rule.name}: {rule.title}"),
        (_("state"), _(_STATES[one.word])),
        (_("on"), ", ".join(on.words for on in rule.on)),
        (_("when"), rule.when),
        *((_("does"), step.words) for step in rule.steps),
        (_("in force since"), shell.out.time(state.since_at)),
        (_("next time"), shell.out.time(state.next_at)),
        (_("switched off"), " ".join(part for part in (shell.out.time(state.cut_at), state.cut_why) if part)),
        (_("could not"), " ".join(part for part in (shell.out.time(state.failed_at), state.failed_why) if part)),
        (_("tried"), shell.out.time(state.tried_at) if one.tried else ""),
        (_("fired"), str(one.fired)),
    ):
        if value:
            shell.out.line(f"{name}: {value}")
    undone = _("(undone)")
    shell.out.table(
        [
            (
                shell.out.time(each.at),
                each.id[-6:],
                ref_of(shell, each.conversation_id),
                f"{each.why} {undone}" if each.undone else each.why,
            )
            for each in firings
        ],
        widths=(16, 8, 10, 0),
    )
    return shell.code


def _fired(shell: Shell, one: Firing) -> dict[str, Any]:
    return {
        "group_id": one.id,
        "conversation_id": one.conversation_id,
        "ref": ref_of(shell, one.conversation_id),
        "at": time(one.at),
        "why": one.why,
        "undone": one.undone,
        "cause": one.cause,
    }


def _enable_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _named(parser, words)
    parser.add_argument("--untried", action="store_true", help=_("do not try it on the history first"))


def _enable(shell: Shell) -> int:
    from omnitui.services.rules.standing import standings

    found = _found(shell, shell.arguments.name)
    rule = found.get(shell.arguments.name)
    one = next(one for one in standings(shell.session, found) if one.rule is rule)
    if not one.tried and not shell.arguments.untried:
        from omnitui.services.rules import trials

        tried = trials.attempt(shell.session, rule, limit=0)
        shell.out.say(_("in all that has happened: {summary}").format(summary=trials.summary(tried)))
    return _switched(shell, rule, on=True)


def _disable(shell: Shell) -> int:
    name = shell.arguments.name
    return _switched(shell, _found(shell, name).get(name), on=False)


def _switched(shell: Shell, rule: Rule, *, on: bool) -> int:
    from omnitui.services.rules import standing as rule_standing

    rule_standing.switch(shell.session, rule.name, on)
    found = _found(shell, rule.name)
    one = next(one for one in rule_standing.standings(shell.session, found) if one.rule.name == rule.name)
    shell.out.one("rule", _record(shell, one, _firings(shell, rule, 1)), rule.name)
    return 0


VERBS: Final = {
    "rule list": Verb(_list, _list_arguments, notes=N_("They are in rules.toml beside config.toml.")),
    "rule show": Verb(
        _show,
        _show_arguments,
        notes=N_("Beside each firing stands the end of its id: “undo” with that takes it back as one act."),
    ),
    "rule enable": Verb(
        _enable,
        _enable_arguments,
        notes=N_(
            "Only what happens from now on sets it off. What it would have done so far is said first, unless it was"
            " tried as it is. A rule that was switched off because it fired too often is in force again, too."
        ),
    ),
    "rule disable": Verb(_disable, _named),
}
