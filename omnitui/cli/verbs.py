"""What a verb of the shell is, and how its words become arguments."""

from __future__ import annotations

import argparse
import gettext
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

from omnitui.cli.table import Entry
from omnitui.errors import UsageError
from omnitui.i18n import LOCALES, N_, _
from omnitui.text.widths import wrap
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.cli.shell import Shell

_NEGATED = re.compile(r'-(?:[a-z]+:|["(]|[^\W\d_a-z])', re.IGNORECASE)
_MASK = "\x00"
_ARGPARSE: Final = (
    *(N_("usage: "), N_("positional arguments"), N_("options"), N_("show this help message and exit")),
    *(N_("the following arguments are required: %s"), N_("one of the arguments %s is required")),
    *(N_("unrecognized arguments: %s"), N_("not allowed with argument %s"), N_("ignored explicit argument %r")),
    *(N_("expected one argument"), N_("expected at least one argument"), N_("expected at most one argument")),
    *(N_("argument %(argument_name)s: %(message)s"), N_("invalid %(type)s value: %(value)r")),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
)
"""What argparse says: it asks gettext for it, which finds it in our catalogue."""
gettext.bindtextdomain("omnitui", LOCALES)
gettext.textdomain("omnitui")


@dataclass(frozen=True, slots=True)
class Verb:
    """How a verb takes its words, and what it does."""

    run: Callable[[Shell], int]
    """Does it; returns the exit code."""
    arguments: Callable[[argparse.ArgumentParser, Sequence[str]], None] = lambda parser, words: None
    """Declares options and ids; gets the words too, for options that depend on them."""
    objects: bool = True
    """Whether --json and --jsonl mean something."""
    query: bool = False
    """Whether `-label:x` is a word of a query, and no option."""
    notes: str = ""
    """Shown below the options of --help."""


class Parser(argparse.ArgumentParser):
    """argparse that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=" ".join(self.format_usage().split()))


class _Help(argparse.RawDescriptionHelpFormatter):
    """Breaks lines by cells, as terminals count them."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(" ".join(text.split()), width)


def load(entry: Entry) -> Verb:
    """The verb of a table's entry."""
    verb: Verb = import_module(f"omnitui.cli.{entry.module}").VERBS[entry.name]
    return verb


def parser_of(entry: Entry, verb: Verb, words: Sequence[str] = ()) -> Parser:
    """The parser of a verb's own words."""
    parser = Parser(
        prog=f"omnitui {entry.name}",
        description=_(entry.help),
        epilog=_(verb.notes) if verb.notes else None,
        allow_abbrev=False,
        formatter_class=_Help,
    )
    verb.arguments(parser, words)
    common = parser.add_argument_group(_("everywhere"))
    common.add_argument("--profile", metavar="NAME", help=_("the profile to work in"))
    if verb.objects:
        form = common.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help=_("print one JSON object"))
        form.add_argument("--jsonl", action="store_true", help=_("print JSON objects, one a line"))
    return parser


def parse(entry: Entry, verb: Verb, words: Sequence[str]) -> argparse.Namespace:
    """The arguments in `words`; options may stand before, between or after ids.

    Raises:
        UsageError: They do not make sense.
        SystemExit: `--help` was asked for and has been printed.
    """
    if verb.query:
        words = [_MASK + word if _NEGATED.match(word) else word for word in words]
    parser = parser_of(entry, verb, words)
    # argparse's intermixed mode would lose what "--" protects.
    found = parser.parse_args(words) if "--" in words else parser.parse_intermixed_args(words)
    if verb.query:
        found.query = [word.removeprefix(_MASK) for word in found.query]
    return found
