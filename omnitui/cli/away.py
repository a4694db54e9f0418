"""away, back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.shell import Shell
from omnitui.cli.triage import agent
from omnitui.cli.verbs import Verb
from omnitui.errors import UsageError
from omnitui.i18n import N_, _
from omnitui.services.exchange import records

if TYPE_CHECKING:
    from omnitui.clock import Millis
    from omnitui.ids import Ulid

_NOTES: Final = N_("Rules give nothing to who is away, and claim refuses: omnitui away until monday 9.")


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--who", default="me", metavar="NAME", help=_("a colleague; this profile alone knows it then"))


def _away_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("words", nargs="*", metavar="until T", help=_("until when; without a time: until you are back"))
    _who(parser)


def _back_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _who(parser)


def _away(shell: Shell) -> int:
    from omnitui.services.triage.away import leave

    words = [*shell.arguments.words]
    if words[:1] == ["until"]:
        del words[0]
        if not words:
            raise UsageError(_("until when?"))
    who = _agent(shell)
    return _told(shell, who, leave(shell.session, " ".join(words), who))


def _back(shell: Shell) -> int:
    from omnitui.services.triage.away import come_back

    who = _agent(shell)
    come_back(shell.session, who)
    return _told(shell, who, None)


def _agent(shell: Shell) -> Ulid:
    found = agent(shell, shell.arguments.who)
    if found is None:
        raise UsageError(_("nobody is called so: {name}").format(name=shell.arguments.who))
    return found


def _told(shell: Shell, who: Ulid, until: Millis | None) -> int:
    from omnitui.services.triage.away import endless

    open_end = until is not None and endless(until)
    said = _("back") if until is None else _("away until back")
    if until is not None and not open_end:
        said = _("away until {time}").format(time=shell.out.time(until))
    at = None if until is None or open_end else records.time(until)
    shell.out.one("away", {"agent_id": who, "away": until is not None, "until": at}, said)
    return shell.code


VERBS: Final = {
    "away": Verb(_away, _away_arguments, notes=_NOTES),
    "back": Verb(_back, _back_arguments, notes=_NOTES),
}
