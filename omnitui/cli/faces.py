"""console, demo: the verbs that open the terminal face."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import UsageError
from omnitui.i18n import N_, _


def _console(shell: Shell) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(_("the console needs a terminal"), hint=_("the verbs do not: omnitui ls, omnitui --help"))
    return shell.console(shell.session)


def _demo_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--seed", type=int, default=1, metavar="N", help=_("chooses the world"))
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help=_("how fast time runs; 0 stands still"))
    parser.add_argument("--reset", action="store_true", help=_("start anew; what was done in the demo is gone"))


def _demo(shell: Shell) -> int:
    from omnitui.services.demo import open_demo

    arguments = shell.arguments
    if not 0 <= arguments.speed <= 100_000:
        raise UsageError(_("--speed is between 0 and 100000"))
    if sys.stdout.isatty():
        shell.out.say(_("setting up the demo …"))
    session = open_demo(seed=arguments.seed, speed=arguments.speed, reset=arguments.reset)
    with session:
        return shell.console(session)


VERBS: Final = {
    "console": Verb(_console, objects=False),
    "demo": Verb(
        _demo,
        _demo_arguments,
        objects=False,
        notes=N_("It has a profile of its own; without a terminal it prints one screen and ends."),
    ),
}
