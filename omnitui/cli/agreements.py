"""claim, sla show, sla check."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.reading import ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import ConfigError
from omnitui.i18n import N_, _, ngettext
from omnitui.services.exchange import records

if TYPE_CHECKING:
    from omnitui.clock import Millis
    from omnitui.desk.promises.sla import Clock
    from omnitui.services.triage.agreements import Explained, Resting

_NOTES: Final = N_("The clocks go by sla.toml beside config.toml; see docs/sla.md.")


def _claim(shell: Shell) -> int:
    from omnitui.services.triage.claiming import claim

    claimed = claim(shell.session)
    shell.ops.append(claimed.op)
    got, ref = claimed.conversation, ref_of(shell, claimed.conversation.id)
    shell.out.one("conversation", records.conversation(got, ref), f"{ref}  {got.contact}  {got.subject or got.snippet}")
    return shell.code


def _show_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", metavar="ID", help=_("the conversation"))
    supposed = parser.add_mutually_exclusive_group()
    supposed.add_argument("--snooze", metavar="T", help=_("as it would stand if it slept until then"))
    supposed.add_argument("--wait", metavar="T", help=_("as it would stand if it waited for the customer until then"))


def _resting(shell: Shell) -> Resting | None:
    from omnitui.desk.times.wake import wake_time
    from omnitui.model.states import Status
    from omnitui.services.triage.agreements import Resting

    text = shell.arguments.snooze or shell.arguments.wait
    if not text:
        return None
    session = shell.session
    until = wake_time(text, now=session.cache.clock.now(), zone=session.zone)
    return Resting(Status.SNOOZED if shell.arguments.snooze else Status.WAITING, until)


def _show(shell: Shell) -> int:
    from omnitui.services.triage.agreements import explain

    cache = shell.session.cache
    resting, now = _resting(shell), cache.clock.now()
    found = cache.read(explain, shell.id(shell.arguments.id), now, resting)
    if not shell.out.text:
        shell.out.one("sla", _fields(found), "")
        return 0
    if not found.policy:
        shell.out.say(_("under no agreement"))
    else:
        shell.out.line(_("agreement: {name}").format(name=found.policy))
    rows = [_row(shell, clock, resting.until if resting else now) for clock in found.clocks]
    shell.out.table(rows, widths=(14, 10, 16, 12, 0))
    if resting is None and found.reasons:
        from omnitui.desk.naming import CLOCK

        shell.out.line(_("falls due:"))
        for reason in found.reasons:
            shell.out.line(f"  {shell.out.time(reason.at)}  {_(CLOCK[reason.cause])}")
    return 0


def _row(shell: Shell, clock: Clock, now: Millis) -> tuple[str, ...]:
    from omnitui.desk.naming import CLOCK, STANDING
    from omnitui.desk.promises.urgency import Cause

    due = _("due {time}").format(time=shell.out.time(clock.due_at)) if clock.due_at is not None else ""
    left = _("{length} left").format(length=duration(clock.left)) if clock.active and clock.left else ""
    return (
        _(CLOCK[Cause(clock.target.value)]),
        _(STANDING[clock.standing]),
        shell.out.time(clock.started_at),
        left,
        due,
    )


def duration(length: Millis) -> str:
    """A length of time to the second: 2:05:00."""
    seconds = length // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _fields(found: Explained) -> records.Fields:
    return {
        "id": found.conversation.id,
        "policy": found.policy or None,
        "clocks": [
            {
                "target": clock.target.value,
                "standing": clock.standing.value,
                "started_at": records.time(clock.started_at),
                "due_at": records.time(clock.due_at),
                "left_seconds": clock.left // 1000,
                "ended_at": records.time(clock.ended_at),
                "warnings": [records.time(at) for at in clock.warnings],
            }
            for clock in found.clocks
        ],
        "urgency": [{"cause": one.cause.value, "at": records.time(one.at)} for one in found.reasons],
    }


def _check(shell: Shell) -> int:
    from omnitui.services.triage.agreements import put_in_force, sweep
    from omnitui.store.reads import inbox

    session = shell.session
    applied = put_in_force(session)
    sweep(session)
    if not applied.policies:
        if session.profile.sla_file.exists():
            raise ConfigError(_("{file} has no policy").format(file=session.profile.sla_file), hint="[[policies]]")
        shell.out.say(_("there is no {file}").format(file=session.profile.sla_file))
        return 0
    counts = {
        word: session.cache.read(inbox.count, session.query(f"is:open sla:{word}"))
        for word in ("<52w", "risk", "breached")
    }
    said = ngettext("{n} agreement in force", "{n} agreements in force", applied.policies).format(n=applied.policies)
    shell.out.one(
        "sla_check",
        {
            "policies": applied.policies,
            "running": counts["<52w"],
            "at_risk": counts["risk"],
            "late": counts["breached"],
        },
        f"{said}; "
        + _("{running} clocks run, {risk} at risk, {late} breached").format(
            running=counts["<52w"], risk=counts["risk"], late=counts["breached"]
        ),
    )
    return 0


VERBS: Final = {
    "claim": Verb(_claim),
    "sla show": Verb(_show, _show_arguments, notes=_NOTES),
    "sla check": Verb(_check, notes=_NOTES),
}
