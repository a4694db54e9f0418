"""console, demo: the verbs that open the terminal face."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import UsageError
from omnitui.i18n import N_, _

if TYPE_CHECKING:
    from omnitui.services.session import Session


def _linear(shell: Shell, session: Session) -> int:
    from omnitui.cli.front import run
    from omnitui.cli.linear import run_linear

    def verb(words: list[str]) -> int:
        at = ["--profile", session.profile.name]
        return run([*at, *words], console=shell.console, themes=shell.themes)

    return run_linear(session, verb)


def _console_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--linear", action="store_true", help=_("line by line, for screen readers and braille"))


def _console(shell: Shell) -> int:
    if shell.arguments.linear:
        return _linear(shell, shell.session)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(_("the console needs a terminal"), hint=_("the verbs do not: omnitui ls, omnitui --help"))
    return shell.console(shell.session)


def _demo_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--seed", type=int, default=1, metavar="N", help=_("chooses the world"))
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help=_("how fast time runs; 0 stands still"))
    _console_arguments(parser, _words)
    parser.add_argument("--reset", action="store_true", help=_("start anew; what was done in the demo is gone"))


def _demo(shell: Shell) -> int:
    from omnitui.services.demo.profile import open_demo

    arguments = shell.arguments
    if not 0 <= arguments.speed <= 100_000:
        raise UsageError(_("--speed is between 0 and 100000"))
    if sys.stdout.isatty():
        shell.out.say(_("setting up the demo …"))
    session = open_demo(seed=arguments.seed, speed=arguments.speed, reset=arguments.reset)
    with session:
        return _linear(shell, session) if arguments.linear else shell.console(session)


VERBS: Final = {
    "console": Verb(_console, _console_arguments, objects=False),
    "demo": Verb(
        _demo,
        _demo_arguments,
        objects=False,
        notes=N_("It has a profile of its own; without a terminal it prints one screen and ends."),
    ),
}
