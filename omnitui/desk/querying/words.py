"""A query cut into words: where each begins and ends, so that errors can point at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from omnitui.values import dataclass

_KEY = re.compile(r"([A-Za-z]+)([:：])")
_QUOTES: Final = {'"': '"', "“": "”", "”": "”"}


class Kind(Enum):
    """What a word of a query is."""

    WORD = auto()
    PHRASE = auto()
    FILTER = auto()
    MINUS = auto()
    OPEN = auto()
    CLOSE = auto()
    OR = auto()
    AND = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """One word of a query. Of a filter `key` and `text` are its two sides, and `value_at` is where the value begins."""

    kind: Kind
    text: str
    start: int
    end: int
    key: str = ""
    value_at: int = 0


def pieces(text: str, *, keys: frozenset[str] = frozenset()) -> Iterator[Piece]:
    """The words of `text`, then one of kind END. Never fails: an open quote lasts to the end.

    Args:
        text: What was typed.
        keys: Names before which a colon makes a filter in any form; an unknown name makes one only where its value
            is neither empty nor a URL's, so that `Re:` and `https://…` stay text.
    """
    at, depth = 0, 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
            continue
        if char == "(":
            depth += 1
            yield Piece(Kind.OPEN, char, at, at + 1)
            at += 1
        elif char == ")":
            depth = max(0, depth - 1)
            yield Piece(Kind.CLOSE, char, at, at + 1)
            at += 1
        elif char == "-" and at + 1 < len(text) and not text[at + 1].isspace():
            yield Piece(Kind.MINUS, char, at, at + 1)
            at += 1
        else:
            piece = _piece(text, at, depth, keys)
            yield piece
            at = piece.end
    yield Piece(Kind.END, "", len(text), len(text))


def _piece(text: str, at: int, depth: int, keys: frozenset[str]) -> Piece:
    if text[at] in _QUOTES:
        inner, end = _quoted(text, at)
        return Piece(Kind.PHRASE, inner, at, end)
    if match := _KEY.match(text, at):
        key, value_at = match[1].lower(), match.end()
        if value_at < len(text) and text[value_at] in _QUOTES:
            value, end = _quoted(text, value_at)
        else:
            end = _word_end(text, value_at, depth)
            value = text[value_at:end]
        if key in keys or (match[2] == ":" and value and not value.startswith("/")):
            return Piece(Kind.FILTER, value, at, end, key, value_at)
    end = _word_end(text, at, depth)
    word = text[at:end]
    kind = {"OR": Kind.OR, "AND": Kind.AND}.get(word, Kind.WORD)
    return Piece(kind, word, at, end)


def _quoted(text: str, at: int) -> tuple[str, int]:
    close = text.find(_QUOTES[text[at]], at + 1)
    return (text[at + 1 :], len(text)) if close < 0 else (text[at + 1 : close], close + 1)


def _word_end(text: str, at: int, depth: int) -> int:
    """Where the word that begins at `at` ends; a closing bracket ends it only if it closes a group."""
    nested = 0
    for end in range(at, len(text)):
        char = text[end]
        if char.isspace() or char == '"':
            return end
        if char == "(":
            nested += 1
        elif char == ")":
            if nested:
                nested -= 1
            elif depth:
                return end
    return len(text)
