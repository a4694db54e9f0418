"""From the words of a command line to the verb that they name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from omnitui import __version__
from omnitui.cli.table import ENTRIES, FAMILIES, GROUPS, find
from omnitui.errors import UsageError
from omnitui.i18n import _, use_language

if TYPE_CHECKING:
    from omnitui.services.channels.webhooks import Premises
    from omnitui.services.session import Session

Console = Callable[["Session"], int]
"""Runs the terminal face on a session until the agent quits; returns the exit code."""
Themes = Callable[[Path], list[tuple[str, str]]]
"""All themes by name and title, those in the given folder of the user's included."""
Gateway = Callable[["Premises"], int]
"""Runs the web face until it is told to stop; returns the exit code."""

_VALUED = ("--profile",)
_HELP = ("--help", "-h")


def run(words: list[str], *, console: Console, themes: Themes, gateway: Gateway | None = None) -> int:
    """Do what `words` say and return the exit code.

    Args:
        words: Without the program's name; empty starts the console.
        console, themes: What the terminal face offers; faces do not know each other.
        gateway: The web face; None where none can be run.

    Raises:
        OmniError: It could not be done, and why.
    """
    use_language()
    leading, rest = _leading(words)
    if not rest and any(word in _HELP for word in leading):
        print(overview())
        return 0
    if "--version" in leading or "-V" in leading:
        print(f"omnitui {__version__}")
        return 0
    entry, own = find(rest or ["console"])
    if entry is None and rest[0] in FAMILIES and any(word in _HELP for word in (*leading, *rest)):
        print(family(rest[0]))
        return 0
    if entry is None:
        raise _unknown(rest)
    from omnitui.cli.shell import Shell
    from omnitui.cli.verbs import load, parse

    verb = load(entry)
    try:
        arguments = parse(entry, verb, [*leading, *own])
    except SystemExit:
        return 0
    with Shell(arguments, console=console, themes=themes, gateway=gateway) as shell:
        return verb.run(shell) or shell.code


def overview() -> str:
    """What --help prints: every verb in one line."""
    lines = [_("usage: omnitui [--profile NAME] [VERB …]   ·   omnitui VERB --help"), ""]
    width = max(len(name) for name in ENTRIES)
    for title, entries in GROUPS:
        lines.append(_(title))
        lines += [f"  {entry.name:<{width}}  {_(entry.help)}" for entry in entries]
        lines.append("")
    lines.append(_("Ids may be whole or their last six or more characters; “-” reads standard input."))
    lines.append(_("Exit codes: 0 done, 1 failed, 2 usage, 3 configuration or secret."))
    return "\n".join(lines)


def family(first: str) -> str:
    """What --help prints for the first word of verbs that have two."""
    found = [entry for entry in ENTRIES.values() if entry.name.partition(" ")[0] == first]
    width = max(len(entry.name) for entry in found)
    return "\n".join(f"  omnitui {entry.name:<{width}}  {_(entry.help)}" for entry in found)


def _leading(words: list[str]) -> tuple[list[str], list[str]]:
    """The options before the verb, and the rest from the verb on."""
    position = 0
    while position < len(words) and words[position].startswith("-") and words[position] != "-":
        position += 2 if words[position] in _VALUED else 1
    return words[:position], words[position:]


def _unknown(rest: list[str]) -> UsageError:
    from omnitui.config.checks import nearest

    first = rest[0]
    if first in FAMILIES:
        second = [name.partition(" ")[2] for name in ENTRIES if name.startswith(first + " ")]
        return UsageError(_("omnitui {family} needs one of: {verbs}").format(family=first, verbs=", ".join(second)))
    words = [name.partition(" ")[0] for name in ENTRIES]
    return UsageError(_("there is no verb “{word}”").format(word=first), hint=nearest(first, sorted(set(words))))
