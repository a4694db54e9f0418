"""csat ask."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from omnitui.cli.macros import refused
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help=_("conversations; “-” reads ids from standard input"))


def _ask(shell: Shell) -> int:
    from omnitui.services.triage.csat import ask

    done = ask(shell.session, shell.ids(shell.arguments.ids))
    refused(shell, done.left)
    return shell.done(list(done.ops))


VERBS: Final = {
    "csat ask": Verb(_ask, _arguments, notes=N_("The words are those of [csat] in config.toml; see docs/csat.md."))
}
