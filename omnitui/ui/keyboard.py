"""Keys to actions: chords, counts and the begun chord. Knows no widget."""

from __future__ import annotations

from omnitui.services.actions import ACTIONS, READING, Scope
from omnitui.services.keymap import Chord, Keymap
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

    @property
    def begun(self) -> str:
        """What has been typed of an unfinished chord."""
        return self._count + "".join(self._chord)

    def forget(self) -> None:
        """Drop an unfinished chord."""
        self._chord, self._count = (), ""

    def press(self, scope: Scope, key: str) -> Press:
        """Take one key, spelled as keymaps do."""
        if scope is not self._scope:
            self.forget()
            self._scope = scope
        if key == "escape" and self.begun:
            self.forget()
            return WAITING
        table = self.keymap.tables[scope]
        if self._is_count(scope, key):
            self._count = str(min(int(self._count + key), MAX_COUNT))
            return WAITING
        chord = (*self._chord, key)
        action_id = table.get(chord)
        if action_id is not None:
            count, counted = int(self._count or 1), bool(self._count)
            self.forget()
            return Press(True, action_id, count, counted)
        if any(other[: len(chord)] == chord for other in table):
            self._chord = chord
            return WAITING
        had_begun = bool(self.begun)
        self.forget()
        if key == SUSPEND:
            return Press(True, "app.suspend")
        return WAITING if had_begun else IGNORED

    def _is_count(self, scope: Scope, key: str) -> bool:
        if scope not in READING or self._chord or not (len(key) == 1 and key.isascii() and key.isdigit()):
            return False
        return (key != "0" or bool(self._count)) and (key,) not in self.keymap.tables[scope]

    def continuations(self) -> list[tuple[str, str]]:
        """For an unfinished chord: the keys that may follow, each with its action's id."""
        if self._scope is None or not self._chord:
            return []
        size = len(self._chord)
        return [
            (" ".join(chord[size:]), action_id)
            for chord, action_id in self.keymap.tables[self._scope].items()
            if chord[:size] == self._chord and action_id in ACTIONS
        ]
