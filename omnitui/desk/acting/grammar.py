"""The grammar of triage: [count] operator [count] motion, as `d3j`; a length of time, as `2d`; a register's letter.

Pure: it knows chords and the ids of actions, no keyboard and no list. A doubled chord, as `d d`, makes its first key an
operator in the list; the motions are the movements of the list, whatever keys they have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from omnitui.values import dataclass

Chord = tuple[str, ...]

MOTIONS: Final = frozenset({"list.down", "list.up", "list.top", "list.bottom"})
SPANNING: Final = frozenset(
    f"conversation.{verb}"
    for verb in (
        *("resolve", "reason", "reopen", "wait", "close", "assign", "take", "label", "priority", "unread"),
        *("snooze", "snooze_week", "again", "hand_off", "macro", "incident", "task", "task_done", "csat"),
    )
)
"""Acts that a count before them does to as many rows; the others take it as hours, days, or not at all."""
LETTERED: Final = frozenset({"recording.begin", "recording.replay"})
"""Actions that need one more key: the letter of a register."""
MOST: Final = 9_999

_LENGTH: Final = re.compile(r"[1-9]\d{0,3}[mhdw]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said so far after an operator."""

    operator: str = ""
    """The id of its action."""
    count: str = ""
    motion: Chord = ()

    @property
    def text(self) -> str:
        """What was typed of it."""
        return self.count + "".join(self.motion)


@dataclass(frozen=True, slots=True)
class Meant:
    """A whole sentence."""

    operator: str
    motion: str
    count: int


def operator_of(table: Mapping[Chord, str], begun: Chord) -> str:
    """The act that a begun chord is the operator of; "" where it is none."""
    action = table.get((*begun, *begun), "") if len(begun) == 1 else ""
    return action if action in SPANNING else ""


def follow(table: Mapping[Chord, str], said: Sentence, key: str) -> Sentence | Meant | None:
    """What a key makes of a sentence: more of it, the whole, or None where it does not belong there."""
    if not said.motion and len(key) == 1 and key.isascii() and key.isdigit() and (key != "0" or said.count):
        return Sentence(said.operator, str(min(int(said.count + key), MOST)))
    chord = (*said.motion, key)
    action = table.get(chord, "")
    if action in MOTIONS:
        return Meant(said.operator, action, int(said.count or 1))
    begins = any(other[: len(chord)] == chord for other, motion in table.items() if motion in MOTIONS)
    return Sentence(said.operator, said.count, chord) if begins else None


def motions(table: Mapping[Chord, str]) -> list[tuple[str, str]]:
    """The letters that may follow an operator, each with its motion; arrows do too."""
    letters = [(chord, action) for chord, action in table.items() if action in MOTIONS]
    return [("".join(chord), action) for chord, action in letters if all(len(key) == 1 for key in chord)]


def is_length(text: str) -> bool:
    """Whether a text is a length of time that nothing can be missing of: 2d, 30m, 1w."""
    return _LENGTH.fullmatch(text) is not None
