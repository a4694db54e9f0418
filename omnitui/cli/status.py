"""status: counts from the cache, for prompts and the status lines of multiplexers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from omnitui.cli.prompt import DEFAULT, filled
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import UsageError
from omnitui.i18n import N_, _
from omnitui.store.reads.brief import FIELDS, brief

_NOTES: Final = N_(
    "In --format {unread} is a number; {unread:TEXT} is TEXT with the number for %, and nothing where it is 0.\n"
    "Fields: inbox mine unassigned unread waiting snoozed failed drafts outbox unsure faulted."
)


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--format", default="", metavar="TEXT", help=_("what to print, with fields in braces"))


def _status(shell: Shell) -> int:
    counts = brief(str(shell.profile.cache_file))
    try:
        text = filled(shell.arguments.format or _(DEFAULT), counts or dict.fromkeys(FIELDS, 0))
    except KeyError as error:
        raise UsageError(_("there is no field “{name}”").format(name=error.args[0]), hint=" ".join(FIELDS)) from None
    if shell.out.text:
        # Without a cache a prompt stays as it is.
        if counts is not None:
            shell.out.one("status", {}, text)
    else:
        shell.out.one("status", dict(counts or {}), "")
    return 0 if counts is not None else 1


VERBS: Final = {"status": Verb(_status, _arguments, notes=_NOTES)}
