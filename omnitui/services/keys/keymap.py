"""The keys in force: those of a preset and what keys.toml says on top, checked, with every fault named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.services.actions import ACTIONS, READING, Action, Scope, actions_of, printable
from omnitui.services.keys import presets
from omnitui.values import dataclass

Chord = tuple[str, ...]
_NONE: Mapping[str, Sequence[str]] = {}

_NAMED = frozenset(
    (
        *("enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"),
        *("up", "down", "left", "right"),
        *(f"f{number}" for number in range(1, 25)),
    )
)
_SAME = {"ctrl+m": "enter", "ctrl+i": "tab", "ctrl+h": "backspace", "ctrl+[": "escape"}
_WRITING = frozenset(
    ("enter", "backspace", "delete", "up", "down", "left", "right", "home", "end", "pageup", "pagedown")
)
"""Keys that a text field needs for itself."""
_KEY = re.compile(r"((?:ctrl\+|alt\+|shift\+|super\+)*)(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in keys.toml: what is wrong, and what was probably meant."""

    message: str
    hint: str = ""
    conflict: bool = False
    """Whether all keys of the file are in force, and only some of the preset's gave way."""


@dataclass(frozen=True, slots=True)
class Keymap:
    """Which keys do what in each pane."""

    keys: Mapping[str, tuple[str, ...]]
    """Action id → its keys."""
    problems: tuple[Problem, ...] = ()
    tables: Mapping[Scope, Mapping[Chord, str]] = field(default_factory=dict)
    """Pane → chord → action id."""
    preset: str = presets.VIM

    def key_of(self, action_id: str) -> str:
        """The first key of an action as it is shown: "dd", "ctrl+p"; "" where it has none."""
        keys = self.keys.get(action_id, ())
        return shown(keys[0]) if keys else ""

    def keys_of(self, action_id: str) -> tuple[str, ...]:
        """All keys of an action as they are shown."""
        return tuple(shown(key) for key in self.keys.get(action_id, ()))

    def binds(self, key: str) -> bool:
        """Whether a key is part of any chord, in any pane."""
        return any(key in chord for table in self.tables.values() for chord in table)


def shown(key: str) -> str:
    """A key as people write it: "d d" → "dd"."""
    parts = ["esc" if part == "escape" else part for part in key.split(" ")]
    return "".join(parts) if all(len(part) == 1 for part in parts) else " ".join(parts)


def key_fault(key: str) -> Problem | None:
    """What is wrong with a key of keys.toml, if anything."""
    parts = key.split(" ")
    if not key or not all(parts):
        return Problem(_("a key is empty"))
    for part in parts:
        match = _KEY.fullmatch(part)
        modifiers, base = (match[1], match[2]) if match else ("", part)
        if part in _SAME:
            return Problem(
                _("terminals send the same for {key} as for {other}").format(key=part, other=_SAME[part]),
                _("choose another key"),
            )
        if base in _NAMED or (len(base) == 1 and base.isprintable() and base != " "):
            if modifiers and len(base) == 1 and base.isupper():
                return Problem(_("{key} needs a small letter").format(key=part), f"{modifiers}{base.lower()}")
            continue
        near = get_close_matches(base.lower(), sorted(_NAMED), 1)
        return Problem(
            _("there is no key called {key}").format(key=repr(part)), f"{modifiers}{near[0]}" if near else ""
        )
    return None


def default_keymap(preset: str = presets.VIM) -> Keymap:
    """A preset's own keys. Raises ConfigError: there is no such preset."""
    presets.keys_of(preset)
    return build({}, preset=preset)


def read_keymap(path: Path, preset: str = presets.VIM, more: Mapping[str, Sequence[str]] = _NONE) -> Keymap:
    """The keymap with what the file says; faults are in `problems` and leave the preset's keys in force.

    `preset` holds unless the file names another one. `more` are keys that another file gives: this one is stronger.
    """
    try:
        data = read_toml(path, forbidden=UNTAMPERED)
    except ConfigError as error:
        return build(more, (Problem(error.message, error.hint),), preset=preset)
    chosen = data.pop("preset", preset)
    return build({**more, **dict(presets.flat(data))}, preset=chosen)


def build(changes: Mapping[str, Any], problems: Iterable[Problem] = (), *, preset: object = presets.VIM) -> Keymap:
    """The keys of `preset` with `changes` (action id → key or keys)."""
    found = list(problems)
    name = str(preset)
    try:
        keys = presets.keys_of(name)
    except ConfigError as error:
        found.append(Problem(error.message, error.hint))
        name = presets.VIM
        keys = presets.keys_of(name)
    changed = [action_id for action_id, action in ACTIONS.items() if action.own]
    for action_id, value in changes.items():
        wanted = (value,) if isinstance(value, str) else value
        if action_id not in ACTIONS:
            near = get_close_matches(action_id, list(ACTIONS), 1, 0.4)
            hint = _("did you mean {name}?").format(name=near[0]) if near else ""
            found.append(Problem(_("there is no action called {name}").format(name=action_id), hint))
        elif not isinstance(wanted, list | tuple) or not all(isinstance(key, str) for key in wanted):
            found.append(Problem(_("{name}: a key or a list of keys is needed").format(name=action_id)))
        else:
            faults = [fault for key in wanted if (fault := key_fault(key) or _dead(ACTIONS[action_id], key))]
            found += [Problem(f"{action_id}: {fault.message}", fault.hint) for fault in faults]
            if not faults:
                keys[action_id] = tuple(wanted)
                changed.append(action_id)
    tables = {scope: _table(scope, keys, changed, found) for scope in (*READING, Scope.COMPOSER)}
    live = {(tuple(key), action_id) for table in tables.values() for key, action_id in table.items()}
    keys = {one: tuple(key for key in some if (tuple(key.split(" ")), one) in live) for one, some in keys.items()}
    return Keymap(keys, tuple(dict.fromkeys(found)), tables, name)


def _dead(action: Action, key: str) -> Problem | None:
    """What is wrong with a key of an action that is live only while one writes."""
    if action.scope is not Scope.COMPOSER or not _writes(key):
        return None
    return Problem(_("in the composer {key} belongs to the text").format(key=shown(key)), _("choose another key"))


def _writes(key: str) -> bool:
    """Whether a text field takes one of the keys of a chord."""
    return any(printable(part) or part in _WRITING for part in key.split(" "))


def _table(
    scope: Scope, keys: Mapping[str, tuple[str, ...]], changed: list[str], found: list[Problem]
) -> dict[Chord, str]:
    """The chords of one pane. What the user chose wins over defaults; two choices of the user are a conflict."""
    table: dict[Chord, str] = {}
    begun: dict[Chord, str] = {}
    for action in sorted(actions_of(scope), key=lambda action: action.id not in changed):
        for key in keys[action.id]:
            if scope is Scope.COMPOSER and _writes(key):
                continue
            chord = tuple(key.split(" "))
            other = begun.get(chord) or _within(table, chord)
            if other is None:
                table[chord] = action.id
                for size in range(1, len(chord) + 1):
                    begun.setdefault(chord[:size], action.id)
            elif other != action.id:
                found.append(_conflict(key, ACTIONS[other], action, changed))
    return table


def _within(table: Mapping[Chord, str], chord: Chord) -> str | None:
    """The action whose chord is a beginning of this one."""
    return next((table[chord[:size]] for size in range(1, len(chord)) if chord[:size] in table), None)


def _conflict(key: str, winner: Action, loser: Action, changed: Sequence[str]) -> Problem:
    return Problem(
        _("{key} means both {one} and {other}; {one} has it").format(key=shown(key), one=winner.id, other=loser.id),
        _("give {other} another key in keys.toml").format(other=loser.id),
        conflict=loser.id not in changed,
    )
