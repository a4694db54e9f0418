"""completion: shell completion made from the verbs' own parsers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from omnitui.cli.shell import Shell
from omnitui.cli.table import ENTRIES
from omnitui.cli.verbs import Verb, load, parser_of
from omnitui.i18n import _


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a verb, as completion needs it."""

    name: str
    help: str
    takes_value: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A verb, as completion needs it."""

    help: str
    options: tuple[Option, ...]
    words: tuple[str, ...]
    """What may follow it beside options, where that is one of a few."""


def tree() -> dict[str, Known]:
    """Every verb by name."""
    found: dict[str, Known] = {}
    for entry in ENTRIES.values():
        parser = parser_of(entry, load(entry), ())
        options = [
            Option(name, action.help or "", action.nargs != 0, tuple(map(str, action.choices or ())))
            for action in parser._actions
            for name in action.option_strings
        ]
        bare = [action for action in parser._actions if not action.option_strings]
        words = tuple(str(choice) for action in bare for choice in action.choices or ())
        found[entry.name] = Known(_(entry.help), tuple(options), words)
    return found


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish"], help=_("for which shell"))


def _completion(shell: Shell) -> int:
    print({"bash": bash, "zsh": zsh, "fish": fish}[shell.arguments.shell](), end="")
    return 0


def _seconds_of(first: str) -> list[str]:
    return [name.partition(" ")[2] for name in ENTRIES if name.startswith(first + " ")]


def bash() -> str:
    """For bash: source it, or put it into ~/.local/share/bash-completion/completions/omnitui."""
    verbs = sorted({name.partition(" ")[0] for name in ENTRIES})
    lines = [
        "_omnitui() {",
        '  local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" verb="" i',
        "  for ((i = 1; i < COMP_CWORD; i++)); do",
        '    case "${COMP_WORDS[i]}" in --profile) ((i++)) ;; -*) ;; *) verb="${COMP_WORDS[i]}"; break ;; esac',
        "  done",
        '  local second="${COMP_WORDS[i+1]}" words=""',
        '  case "$verb $previous" in',
    ]
    known = tree()
    for name, one in known.items():
        for option in one.options:
            if option.choices:
                first = name.partition(" ")[0]
                choices = " ".join(option.choices)
                lines.append(
                    f"    '{first} {option.name}') COMPREPLY=($(compgen -W '{choices}' -- \"$word\")); return ;;"
                )
    lines += ["  esac", '  case "$verb" in', f"    '') words='{' '.join(verbs)} --profile --version --help' ;;"]
    for first in verbs:
        own = _offered(known.get(first))
        seconds = _seconds_of(first)
        if seconds:
            lines.append(f'    {first}) case "$second" in')
            lines += [f"      {second}) words='{_offered(known[f'{first} {second}'])}' ;;" for second in seconds]
            lines.append(f"      *) words='{' '.join(seconds)} {own}' ;; esac ;;")
        else:
            lines.append(f"    {first}) words='{own}' ;;")
    lines += [
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
        '  [[ ${#COMPREPLY[@]} -eq 0 && "$word" != -* ]] && COMPREPLY=($(compgen -f -- "$word"))',
        "}",
        "complete -o filenames -F _omnitui omnitui",
    ]
    return "\n".join(lines) + "\n"


def _offered(one: Known | None) -> str:
    """What may follow a verb, in one line; empty where there is no such verb."""
    if one is None:
        return ""
    return " ".join((*one.words, *(option.name for option in one.options if len(option.name) > 2)))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def zsh() -> str:
    """For zsh: put it into a folder of $fpath as _omnitui."""
    verbs = tree()
    firsts: dict[str, str] = {}
    for name, one in verbs.items():
        firsts.setdefault(name.partition(" ")[0], one.help)
    lines = ["#compdef omnitui", "_omnitui() {", "  local -a verbs seconds"]
    lines.append("  while [[ ${words[2]} == --profile && CURRENT -gt 3 ]]; do words[2,3]=(); (( CURRENT -= 2 )); done")
    lines += ["  local verb=${words[2]}", "  if (( CURRENT == 2 )); then"]
    entries = " ".join(_quoted(f"{name}:{text}") for name, text in firsts.items())
    lines += [f"    verbs=({entries})", "    _describe verb verbs", "    return", "  fi"]
    for first in dict.fromkeys(name.partition(" ")[0] for name in verbs if " " in name):
        seconds = {second: verbs[f"{first} {second}"].help for second in _seconds_of(first)}
        entries = " ".join(_quoted(f"{name}:{text}") for name, text in seconds.items())
        lines.append(f"  if [[ $verb == {first} ]]; then")
        lines.append(f"    if (( CURRENT == 3 )); then seconds=({entries}); _describe verb seconds; return; fi")
        lines.append(f'    case ${{words[3]}} in {" | ".join(seconds)}) verb="$verb ${{words[3]}}" ;; esac')
        lines.append("  fi")
    lines.append('  case "$verb" in')
    for name, one in verbs.items():
        specs = [_quoted(f"{option.name}[{_bare(option.help)}]{_value(option)}") for option in one.options]
        rest = _quoted(f"*:word:({' '.join(one.words)})") if one.words else "'*:file:_files'"
        lines.append(f"    {_quoted(name)}) _arguments {' '.join(specs)} {rest} ;;")
    lines += ["  esac", "}", '_omnitui "$@"']
    return "\n".join(lines) + "\n"


def _bare(text: str) -> str:
    return "".join(" " if char in "[]:\n" else char for char in text.replace("%%", "%"))


def _value(option: Option) -> str:
    if not option.takes_value:
        return ""
    return f":value:({' '.join(option.choices)})" if option.choices else ":value:_files"


_FISH: Final = """\
function __omnitui_at
    # Whether the words before the cursor name this verb, and no longer one.
    set -l rest (commandline -opc)
    set -l found
    set -e rest[1]
    while set -q rest[1]
        if test "$rest[1]" = --profile
            set -e rest[1]
        else if not string match -q -- '-*' "$rest[1]"
            set -a found $rest[1]
        end
        set -e rest[1]
    end
    if set -q found[2]; and contains -- "$found[1] $found[2]" {pairs}
        test "$argv" = "$found[1] $found[2]"
    else
        test "$argv" = "$found[1]"
    end
end
"""


def fish() -> str:
    """For fish: put it into ~/.config/fish/completions/omnitui.fish."""
    verbs = tree()
    lines = [_FISH.replace("{pairs}", " ".join(_quoted(name) for name in verbs if " " in name)).rstrip()]
    said: set[str] = set()
    for name, one in verbs.items():
        first, _space, second = name.partition(" ")
        if first not in said:
            said.add(first)
            lines.append(f"complete -c omnitui -n __omnitui_at -f -a {first} -d {_quoted(one.help)}")
        if second:
            lines.append(f"complete -c omnitui -n '__omnitui_at {first}' -f -a {second} -d {_quoted(one.help)}")
        at = f"complete -c omnitui -n '__omnitui_at {name}'"
        if one.words:
            lines.append(f"{at} -f -a {_quoted(' '.join(one.words))}")
        for option in one.options:
            flag = f"-l {option.name[2:]}" if option.name.startswith("--") else f"-s {option.name[1:]}"
            value = (
                f" -x -a {_quoted(' '.join(option.choices))}" if option.choices else " -r" if option.takes_value else ""
            )
            lines.append(f"{at} {flag}{value} -d {_quoted(option.help.replace('%%', '%'))}")
    lines.append("complete -c omnitui -n __omnitui_at -l profile -r")
    return "\n".join(lines) + "\n"


VERBS: Final = {"completion": Verb(_completion, _arguments, objects=False)}
