"""Keys to actions: chords, counts and the begun chord. Knows no widget."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.desk.acting.grammar import LETTERED, Meant, Sentence, follow, motions, operator_of
from omnitui.services.actions import ACTIONS, READING, Scope
from omnitui.services.keys.keymap import Chord, Keymap
from omnitui.values import dataclass

MAX_COUNT = 9_999


@dataclass(frozen=True, slots=True)
class Press:
    """What a key came to."""

    taken: bool
    """Whether the key meant something; else it goes on to whoever wants it."""
    action_id: str = ""
    """The action to run; empty while a chord or a count is unfinished."""
    count: int = 1
    counted: bool = False
    """Whether a count was typed."""
    motion: str = ""
    """The movement of the list that says how far an act reaches."""
    letter: str = ""
    """The register that is meant."""


IGNORED = Press(False)
WAITING = Press(True)
SUSPEND = "ctrl+z"
"""The terminal's own key for going back to the shell; it means that wherever the keymap gives it to nothing else."""
_SPELLED = {"ctrl+underscore": "ctrl+_", "ctrl+@": "ctrl+space"}


def spelled(key: str, character: str | None) -> str:
    """A key of Textual's as keymaps spell it: the character itself where it types one."""
    if character and character.isprintable() and len(character) == 1 and "+" not in key:
        return "space" if character == " " else character
    return _SPELLED.get(key, key)


class Keyboard:
    """Reads keys one by one for the pane in focus."""

    def __init__(self, keymap: Keymap) -> None:
        self.keymap = keymap
        self._scope: Scope | None = None
        self._chord: Chord = ()
        self._count = ""
        self._said = Sentence()
        self._lettered = ""
        self._forgiven = ""
        self.recording = False
        """Whether a recording is going on: the key that begins one ends it then."""

    @property
    def begun(self) -> str:
        """What has been typed of an unfinished chord."""
        return self._count + "".join(self._chord) + self._said.text

    @property
    def lettered(self) -> bool:
        """Whether all that is missing is the letter of a recording."""
        return bool(self._lettered)

    def forget(self) -> None:
        """Drop an unfinished chord."""
        self._chord, self._count, self._said, self._lettered = (), "", Sentence(), ""

    def forgive(self, key: str) -> None:
        """Let this key mean nothing if it is the next one: it was meant for a dialog that has closed by itself."""
        self._forgiven = key

    def press(self, scope: Scope, key: str) -> Press:
        """Take one key, spelled as keymaps do."""
        if scope is not self._scope:
            self.forget()
            self._scope = scope
        forgiven, self._forgiven = self._forgiven, ""
        if key == forgiven:
            return WAITING
        if key == "escape" and self.begun:
            self.forget()
            return WAITING
        if self._lettered:
            return self._letter(key)
        table = self.keymap.tables[scope]
        if self._is_count(scope, key):
            self._count = str(min(int(self._count + key), MAX_COUNT))
            return WAITING
        chord = (*self._chord, key)
        action_id = table.get(chord) if not self._said.motion else None
        if action_id in LETTERED and not (action_id == "recording.begin" and self.recording):
            self._chord, self._lettered = chord, action_id
            return WAITING
        if action_id is not None:
            counted = bool(self._count or self._said.count)
            count = min(int(self._count or 1) * int(self._said.count or 1), MAX_COUNT)
            self.forget()
            return Press(True, action_id, count, counted)
        operator = operator_of(table, self._chord) if scope is Scope.LIST else ""
        if operator and (press := self._speak(table, operator, key)) is not None:
            return press
        if any(other[: len(chord)] == chord for other in table):
            self._chord = chord
            return WAITING
        had_begun = bool(self.begun)
        self.forget()
        if key == SUSPEND:
            return Press(True, "app.suspend")
        return WAITING if had_begun else IGNORED

    def _letter(self, key: str) -> Press:
        action_id, count, counted = self._lettered, int(self._count or 1), bool(self._count)
        self.forget()
        if len(key) == 1 and key.isascii() and (key.isalpha() or key == "@"):
            return Press(True, action_id, count, counted, letter=key)
        return WAITING

    def _speak(self, table: Mapping[Chord, str], operator: str, key: str) -> Press | None:
        """A key after an operator; None where no motion can follow with it."""
        found = follow(table, Sentence(operator, self._said.count, self._said.motion), key)
        if isinstance(found, Meant):
            counted = bool(self._count or self._said.count)
            count = min(found.count * int(self._count or 1), MAX_COUNT)
            self.forget()
            return Press(True, operator, count, counted, motion=found.motion)
        if found is None:
            return None
        self._said = found
        return WAITING

    def _is_count(self, scope: Scope, key: str) -> bool:
        if scope not in READING or self._chord or not (len(key) == 1 and key.isascii() and key.isdigit()):
            return False
        return (key != "0" or bool(self._count)) and (key,) not in self.keymap.tables[scope]

    def continuations(self) -> list[tuple[str, str]]:
        """For an unfinished chord: the keys that may follow, each with its action's id."""
        if self._scope is None or not self._chord:
            return []
        size = len(self._chord)
        table = self.keymap.tables[self._scope]
        if self._scope is Scope.LIST and operator_of(table, self._chord) and self._said.text:
            return motions(table)
        found = [
            (" ".join(chord[size:]), action_id)
            for chord, action_id in table.items()
            if chord[:size] == self._chord and action_id in ACTIONS
        ]
        if self._scope is Scope.LIST and operator_of(table, self._chord):
            found += motions(table)
        return found
