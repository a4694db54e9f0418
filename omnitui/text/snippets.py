"""The part of a text that a search is about, in one line."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from omnitui.text.analyser import normalised

_BEFORE: Final = 24
_ELLIPSIS: Final = "…"


def snippet(text: str, words: Iterable[str], size: int = 160) -> str:
    """About `size` characters of `text` around the first of `words` that stands in it, white space made single.

    Compatibility forms are made one, as the index sees them; without a find it is the beginning.
    """
    line = " ".join(normalised(text).split())
    if len(line) <= size:
        return line
    folded = line.lower()
    if len(folded) != len(line):
        folded = line
    places = (folded.find(word) for word in map(_folded, words) if word)
    first = min((place for place in places if place >= 0), default=0)
    start = 0 if first <= _BEFORE else max(0, min(first - _BEFORE, len(line) - size))
    end = start + size
    return f"{_ELLIPSIS if start else ''}{line[start:end]}{_ELLIPSIS if end < len(line) else ''}"


@lru_cache(maxsize=64)
def _folded(word: str) -> str:
    return normalised(word).lower()
