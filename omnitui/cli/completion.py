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


def tree() -> dict[str, tuple[str, tuple[Option, ...]]]:
    """Every verb by name: its help and its options."""
    found: dict[str, tuple[str, tuple[Option, ...]]] = {}
    for entry in ENTRIES.values():
        parser = parser_of(entry, load(entry), ())
        options = [
            Option(name, action.help or "", action.nargs != 0, tuple(map(str, action.choices or ())))
            for action in parser._actions
            for name in action.option_strings
        ]
        found[entry.name] = (_(entry.help), tuple(options))
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
    for name, (_help, options) in tree().items():
        for option in options:
            if option.choices:
                first = name.partition(" ")[0]
                choices = " ".join(option.choices)
                lines.append(
                    f"    '{first} {option.name}') COMPREPLY=($(compgen -W '{choices}' -- \"$word\")); return ;;"
                )
    lines += ["  esac", '  case "$verb" in', f"    '') words='{' '.join(verbs)} --profile --version --help' ;;"]
    for first in verbs:
        own = tree_options(first)
        seconds = _seconds_of(first)
        if seconds:
            lines.append(f'    {first}) case "$second" in')
            lines += [f"      {second}) words='{tree_options(f'{first} {second}')}' ;;" for second in seconds]
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


def tree_options(name: str) -> str:
    """The options of a verb in one line; empty where there is no such verb."""
    if name not in ENTRIES:
        return ""
    entry = ENTRIES[name]
    parser = parser_of(entry, load(entry), ())
    return " ".join(option for action in parser._actions for option in action.option_strings if len(option) > 2)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def zsh() -> str:
    """For zsh: put it into a folder of $fpath as _omnitui."""
    verbs = tree()
    firsts: dict[str, str] = {}
    for name, (text, _options) in verbs.items():
        firsts.setdefault(name.partition(" ")[0], text)
    lines = ["#compdef omnitui", "_omnitui() {", "  local -a verbs seconds", "  local verb=${words[2]}"]
    lines.append("  if (( CURRENT == 2 )); then")
    entries = " ".join(_quoted(f"{name}:{text}") for name, text in firsts.items())
    lines += [f"    verbs=({entries})", "    _describe verb verbs", "    return", "  fi"]
    for first in {name.partition(" ")[0] for name in verbs if " " in name}:
        seconds = [
            (name.partition(" ")[2], text) for name, (text, _options) in verbs.items() if name.startswith(first + " ")
        ]
        entries = " ".join(_quoted(f"{name}:{text}") for name, text in seconds)
        lines.append(f"  if [[ $verb == {first} ]]; then")
        lines.append(f"    if (( CURRENT == 3 )); then seconds=({entries}); _describe verb seconds; return; fi")
        names = " | ".join(name for name, _text in seconds)
        lines.append(f'    case ${{words[3]}} in {names}) verb="$verb ${{words[3]}}" ;; esac')
        lines.append("  fi")
    lines.append('  case "$verb" in')
    for name, (_text, options) in verbs.items():
        specs = [_quoted(f"{option.name}[{_bare(option.help)}]{_value(option)}") for option in options]
        lines.append(f"    {_quoted(name)}) _arguments {' '.join(specs)} '*:file:_files' ;;")
    lines += ["  esac", "}", '_omnitui "$@"']
    return "\n".join(lines) + "\n"


def _bare(text: str) -> str:
    return "".join(" " if char in "[]:\n" else char for char in text.replace("%%", "%"))


def _value(option: Option) -> str:
    if not option.takes_value:
        return ""
    return f":value:({' '.join(option.choices)})" if option.choices else ":value:_files"


def fish() -> str:
    """For fish: put it into ~/.config/fish/completions/omnitui.fish."""
    lines: list[str] = []
    said: set[str] = set()
    for name, (text, options) in tree().items():
        first, _space, second = name.partition(" ")
        if first not in said:
            said.add(first)
            lines.append(f"complete -c omnitui -n __fish_use_subcommand -f -a {first} -d {_quoted(text)}")
        seen = f"__fish_seen_subcommand_from {first}"
        if second:
            lines.append(f"complete -c omnitui -n {_quoted(seen)} -f -a {second} -d {_quoted(text)}")
            seen += f"; and __fish_seen_subcommand_from {second}"
        for option in options:
            flag = f"-l {option.name[2:]}" if option.name.startswith("--") else f"-s {option.name[1:]}"
            value = (
                f" -x -a {_quoted(' '.join(option.choices))}" if option.choices else " -r" if option.takes_value else ""
            )
            help_text = option.help.replace("%%", "%")
            lines.append(f"complete -c omnitui -n {_quoted(seen)} {flag}{value} -d {_quoted(help_text)}")
    return "\n".join(lines) + "\n"


VERBS: Final = {"completion": Verb(_completion, _arguments, objects=False)}
