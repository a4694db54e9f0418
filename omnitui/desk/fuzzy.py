"""How well a few letters fit a name: for the palette and every other list of choices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from omnitui.desk.querying.matching import fold
from omnitui.values import dataclass

_WHOLE: Final = 100
_LOOSE: Final = 10
ELSEWHERE: Final = 20
"""What a word is worth that stands beside the name."""
_LONGEST: Final = 400
_NEAR: Final = 40
"""Characters within which letters that stand apart have to stand: in whole sentences they find anything."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a name fits what was typed."""

    score: int
    """More is better."""
    places: tuple[int, ...] = ()
    """The characters that were matched; empty where folding moved them."""


def fit(typed: str, name: str, aside: str = "") -> Fit | None:
    """How `name` fits `typed`, each of whose words has to be in it, in any order; None where one is missing.

    A word that stands in the name as it is fits best, at its beginning better; else its letters may stand apart, if
    each begins a word or follows the one before it and all are near.

    Args:
        typed: What was typed.
        name: What is shown.
        aside: Other words that find it, such as an id; they count less.
    """
    words = fold(typed).split()
    folded = fold(name[:_LONGEST])
    same = len(folded) == len(name[:_LONGEST])
    other = fold(aside)
    score = 0
    places: list[int] = []
    for word in words:
        one = _word(word, folded)
        if one is None:
            if word not in other:
                return None
            score += ELSEWHERE
            continue
        score += one.score
        places += one.places
    return Fit(score - len(folded) // 40, tuple(sorted(set(places))) if same else ())


def spans(text: str, words: Iterable[str]) -> set[int]:
    """The characters of `text` that belong to one of `words`; none where folding moved them."""
    folded = fold(text)
    if len(folded) != len(text):
        return set()
    wanted = [part for word in words for part in fold(word).split()]
    return {at + offset for part in wanted for at in _found(part, folded) for offset in range(len(part))}


def _word(word: str, name: str) -> Fit | None:
    at = name.find(word)
    if at >= 0:
        begun = next((place for place in _found(word, name) if _begins(name, place)), None)
        first = at if begun is None else begun
        bonus = 60 if first == 0 else 40 if begun is not None else 0
        return Fit(_WHOLE + bonus, tuple(range(first, first + len(word))))
    if len(word) < 2 or not word.isascii():
        return None
    places = _apart(word, name)
    return Fit(_LOOSE + sum(_begins(name, place) for place in places), places) if places else None


def _found(word: str, name: str) -> list[int]:
    places: list[int] = []
    at = name.find(word)
    while at >= 0:
        places.append(at)
        at = name.find(word, at + 1)
    return places


def _begins(name: str, at: int) -> bool:
    return at == 0 or not name[at - 1].isalnum()


def _apart(word: str, name: str) -> tuple[int, ...]:
    """Where the letters stand, each at the beginning of a word or right after the one before; () where they do not."""
    reached: list[tuple[int, ...]] = [(at,) for at in _found(word[0], name) if _begins(name, at)]
    for letter in word[1:]:
        further: dict[int, tuple[int, ...]] = {}
        for path in reached:
            for at in range(path[-1] + 1, min(path[0] + _NEAR, len(name))):
                follows = name[at] == letter and (at == path[-1] + 1 or _begins(name, at))
                # Of two ways to the same place, the one that began later has more room.
                if follows and (at not in further or further[at][0] < path[0]):
                    further[at] = (*path, at)
        reached = list(further.values())
        if not reached:
            return ()
    return reached[0] if reached else ()
