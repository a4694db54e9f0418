"""The verbs within the console: the same parsers, with the conversations that are meant put in.

What the shell needs an option for may follow the verb as it is: `snooze tomorrow 9`, `assign mei`, `label +vip -new`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Final

from omnitui.cli.output import Output
from omnitui.cli.shell import Shell
from omnitui.cli.table import ENTRIES, FAMILIES, Entry, find
from omnitui.cli.verbs import Verb, load, parse, parser_of
from omnitui.config.checks import nearest
from omnitui.desk.querying.completion import Completion, Names, complete
from omnitui.desk.querying.matching import fold
from omnitui.desk.querying.parsing import QueryError
from omnitui.errors import NotFound, OmniError, UsageError
from omnitui.i18n import _
from omnitui.model.states import Priority
from omnitui.services.keys.commandline import CommandError, Said, Word, words

if TYPE_CHECKING:
    from omnitui.cli.front import Themes
    from omnitui.ids import Ulid
    from omnitui.services.session import Session

OUTSIDE: Final = frozenset(
    (
        *("console", "demo", "completion", "account add", "account remove", "sync", "import", "export"),
        *("gateway", "gateway observe", "call"),
    )
)
"""Verbs that need the terminal, standard output or the sync lease for themselves."""
FILLED: Final = {
    "snooze": "--until",
    "assign": "--to",
    "priority": "--set",
    "resolve": "--reason",
    "reopen": "--reason",
    "close": "--reason",
    "reply": "--text",
    "note": "--text",
}
"""The option that takes the words after the verb."""
TIMES: Final = ("2h", "4h", "tomorrow 9", "tomorrow 14:00", "monday 9", "3d")
_REF = re.compile(r"(?=[A-Z]*[0-9])[0-9A-HJKMNP-TV-Z]{6,26}")
_HELP: Final = ("--help", "-h")


class Commands:
    """Runs and completes lines."""

    def __init__(self, themes: Themes) -> None:
        self._themes = themes

    def names(self) -> Mapping[str, str]:
        """Every verb and one line about it."""
        return {entry.name: _(entry.help) for entry in ENTRIES.values() if entry.name not in OUTSIDE}

    def run(self, session: Session, line: str, ids: Sequence[Ulid], shown: Ulid | None) -> Said:
        """Do what a line says."""
        found = words(line)
        entry, rest = _verb(found)
        verb = load(entry)
        if any(word.text in _HELP for word in rest):
            return Said(0, parser_of(entry, verb).format_help().replace("omnitui ", ":"))
        argv = [line[word.start : word.end] for word in rest] if verb.query else _spelt(entry, verb, line, rest)
        arguments = _parsed(entry, verb, _aimed(parser_of(entry, verb), argv, ids, shown), line, rest)
        text, beside = StringIO(), StringIO()
        out = Output("json" if getattr(arguments, "json", False) else "text", text, beside)
        out.zone = session.zone
        with Shell(arguments, console=_no_console, themes=self._themes, session=session, out=out) as shell:
            try:
                code = verb.run(shell) or shell.code
            except QueryError as error:
                start = rest[0].start if rest else len(line)
                raise _pointed(error, start + error.position, error.word) from None
            except (NotFound, UsageError) as error:
                raise _pointed(error, *_guess(error.message, line, rest)) from None
        said = " ".join(beside.getvalue().split())
        if code and not shell.ops:
            raise OmniError(said or _("it was not done"))
        return Said(code, text.getvalue(), said, tuple(shell.ops))

    def complete(self, line: str, position: int, names: Names) -> list[Completion]:
        """What the word at `position` may become."""
        found = words(line)
        word = next((one for one in found if one.start < position <= one.end), Word("", position, position))
        before = [one for one in found if one.end < position and one is not word]
        entry, rest = find([one.text for one in before])
        if entry is None or entry.name in OUTSIDE:
            head = " ".join(one.text for one in before)
            start = before[0].start if before else word.start
            typed = f"{head} {word.text}".strip()
            return [Completion(name, start, word.end) for name in _ranked(typed, self.names()) if len(before) < 2]
        verb = load(entry)
        if verb.query:
            start = before[-1].end + 1
            inner = complete(line[start:], position - start, names)
            return [Completion(one.text, one.start + start, one.end + start) for one in inner]
        offered = self._offered(entry, verb, word.text, [one.text for one in before], rest, names)
        if entry.name == "snooze" and not word.text.startswith("-"):
            start = before[-len(rest)].start if rest else word.start
            return [Completion(one, start, word.end) for one in _ranked(line[start:position], offered)]
        return [Completion(_quoted(one), word.start, word.end) for one in _ranked(word.text, offered)]

    def _offered(
        self, entry: Entry, verb: Verb, typed: str, before: list[str], rest: list[str], names: Names
    ) -> Sequence[str]:
        parser = parser_of(entry, verb)
        options = {option: action for action in parser._actions for option in action.option_strings}
        previous = options.get(before[-1])
        if previous is not None and previous.nargs != 0:
            return [str(choice) for choice in previous.choices or ()]
        if typed.startswith("--"):
            return [option for option in options if option.startswith("--") and option != "--profile"]
        match entry.name:
            case "assign":
                return ("me", "none", *names.agents) if not rest else ()
            case "label":
                sign = typed[:1] if typed[:1] in ("+", "-") else "+"
                return [f"{sign}{label}" for label in names.labels]
            case "priority":
                return [one.value for one in Priority] if not rest else ()
            case "snooze":
                return TIMES
        return ()


def _no_console(_session: Session) -> int:
    raise UsageError(_("this is the console already"))


def _verb(found: list[Word]) -> tuple[Entry, list[Word]]:
    """The verb that a line begins with, and the words after it."""
    if not found:
        raise CommandError(_("a verb is missing"))
    entry, rest = find([word.text for word in found])
    first = found[0]
    if entry is None and first.text in FAMILIES:
        seconds = [name.partition(" ")[2] for name in ENTRIES if name.startswith(first.text + " ")]
        second = found[1] if len(found) > 1 else Word("", first.end, first.end)
        message = _("“{family}” needs one of: {verbs}").format(family=first.text, verbs=", ".join(seconds))
        raise CommandError(message, position=second.start, word=second.text)
    if entry is None:
        message = _("there is no verb “{word}”").format(word=first.text)
        hint = nearest(first.text, sorted({name.partition(" ")[0] for name in ENTRIES if name not in OUTSIDE}))
        raise CommandError(message, hint=hint, position=first.start, word=first.text)
    if entry.name in OUTSIDE:
        message = _("“{verb}” cannot run within the console").format(verb=entry.name)
        hint = _("in a shell: omnitui {verb}").format(verb=entry.name)
        raise CommandError(message, hint=hint, position=first.start, word=first.text)
    return entry, found[len(found) - len(rest) :]


def _spelt(entry: Entry, verb: Verb, line: str, rest: list[Word]) -> list[str]:
    """The words as the shell takes them."""
    if entry.name == "label":
        return [part for word in rest for part in _label(word.text)]
    option = FILLED.get(entry.name)
    if option is None:
        return [word.text for word in rest]
    valued = {name for action in parser_of(entry, verb)._actions if action.nargs != 0 for name in action.option_strings}
    argv: list[str] = []
    free: list[Word] = []
    taken = False
    for word in rest:
        if taken or word.text.startswith("--"):
            taken = not taken and word.text in valued
            argv.append(word.text)
        elif not free and _REF.fullmatch(word.text):
            argv.append(word.text)
        else:
            free.append(word)
    if free and option == "--text":
        return [*argv, f"{option}={line[free[0].start : free[-1].end]}"]
    return [*argv, f"{option}={' '.join(word.text for word in free)}"] if free else argv


def _label(text: str) -> Iterator[str]:
    if text.startswith("--") or _REF.fullmatch(text):
        yield text
    elif text.startswith("-"):
        yield f"--remove={text[1:]}"
    else:
        yield f"--add={text.removeprefix('+')}"


def _aimed(parser: argparse.ArgumentParser, argv: list[str], ids: Sequence[Ulid], shown: Ulid | None) -> list[str]:
    """The words with the ids that are meant, where the verb takes some and none is named."""
    wanted = next((one for one in parser._actions if one.dest in ("ids", "id") and not one.option_strings), None)
    if wanted is None or wanted.nargs == "?" or any(_REF.fullmatch(word) for word in argv):
        return argv
    aims = list(ids) if wanted.nargs == "+" else [shown] if shown else []
    if not aims:
        raise CommandError(_("no conversation is shown"), hint=_("choose one in the list"))
    named = any(one.dest == "name" and not one.option_strings for one in parser._actions)
    return [*argv, *aims] if named else [*aims, *argv]


def _parsed(entry: Entry, verb: Verb, argv: list[str], line: str, rest: list[Word]) -> argparse.Namespace:
    try:
        return parse(entry, verb, argv)
    except UsageError as error:
        raise _pointed(UsageError(error.message), *_guess(error.message, line, rest)) from None


def _guess(message: str, line: str, rest: list[Word]) -> tuple[int, str]:
    """The word that a message is about: one that it names, else all that follows the verb."""
    whole = " ".join(word.text for word in rest)
    named = (
        None
        if whole in message
        else next((word for word in rest if word.text and word.text.lstrip("+-") in message), None)
    )
    if named is not None:
        return named.start, line[named.start : named.end]
    return (rest[0].start, line[rest[0].start : rest[-1].end]) if rest else (len(line), "")


def _pointed(error: OmniError, position: int, word: str) -> CommandError:
    return CommandError(error.message, hint=error.hint, position=position, word=word)


def _ranked(typed: str, offered: Mapping[str, str] | Sequence[str]) -> list[str]:
    wanted = fold(typed)
    begins = [one for one in offered if fold(one).startswith(wanted)]
    return begins + [one for one in offered if wanted.lstrip("+") in fold(one) and one not in begins]


def _quoted(text: str) -> str:
    return f'"{text}"' if any(char.isspace() for char in text) else text
