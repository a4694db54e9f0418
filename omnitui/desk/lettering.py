"""Letters to type for things on the screen: for jumping, and for menus."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Final

HOME: Final = "asdfghjklqwertyuiopzxcvbnm"
"""Letters in the order in which fingers find them."""


def codes(count: int) -> list[str]:
    """So many codes of one letter or, beyond 26, some of two; none is the beginning of another."""
    pairs = max(-(-(count - len(HOME)) // (len(HOME) - 1)), 0)
    single = HOME[: len(HOME) - pairs]
    found = [*single, *(first + second for first in HOME[len(HOME) - pairs :] for second in HOME)]
    return found[:count]


def lettered(words: Sequence[str]) -> list[str]:
    """A letter of its own for each word: one of the word's where one is free, the first best; "" beyond 52 words."""
    taken: set[str] = set()
    found: list[str] = []
    for word in words:
        own = [char for char in word.lower() if char.isascii() and char.isalpha()]
        wanted = [*own, *(char.upper() for char in own), *ascii_letters]
        letter = next((char for char in wanted if char not in taken), "")
        taken.add(letter)
        found.append(letter)
    return found
