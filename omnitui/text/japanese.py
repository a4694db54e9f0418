"""Where Japanese lines are broken: between phrases (bunsetsu), which the model of BudouX finds.

The model takes 16 ms and 1.2 MB, so it is loaded where a Japanese text is to be shown, and not on the event loop; until
then and in narrow columns lines are broken between any two characters that may part. Line-edge rules hold everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from omnitui.text.widths import may_break_at, wrap

if TYPE_CHECKING:
    from budoux.parser import Parser

NARROW = 30
"""Cells from which on phrases are kept whole: in narrower columns the gaps at the ends would be worse."""
LONGEST = 4_000
"""Characters of a paragraph that is looked at: longer ones are no prose."""
LOOKED = 500
"""Characters by which a text is known as Japanese."""
NEAR = (6, 16)
"""Characters before the edge among which a phrase mostly, and nearly always, ends."""
CONTEXT = 3
"""Characters on each side of a place that the model looks at."""
PARTICLE = re.compile(" *[\u3041-\u3096]")
KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")

_parser: Parser | None = None


def wanted(texts: Iterable[str]) -> bool:
    """Whether the model is needed for these texts, and not loaded yet."""
    return _parser is None and any(not text.isascii() and KANA.search(text, 0, LOOKED) for text in texts)


def load() -> None:
    """Load the model. Not for the event loop."""
    global _parser
    if _parser is None:
        from budoux.parser import load_default_japanese_parser

        _parser = load_default_japanese_parser()


def wrap_prose(text: str, cells: int) -> list[str]:
    """The same as `wrap`, with the phrases of Japanese paragraphs whole where the lines have room for them."""
    if _parser is None or cells < NARROW or text.isascii():
        return wrap(text, cells)
    lines: list[str] = []
    for line in text.split("\n"):
        japanese = len(line) <= LONGEST and KANA.search(line)
        lines += wrap(line, cells, _phrase_end if japanese else None)
    return lines


def _phrase_end(line: str, start: int, cut: int) -> int:
    """The last end of a phrase at or before `cut`; `cut` itself where the phrase fills the whole line."""
    for low in (*(cut - near for near in NEAR if cut - near > start), start):
        for at in _ends(line, low, cut):
            if at > start and may_break_at(line, at):
                return at
    return cut


def _ends(line: str, low: int, cut: int) -> Iterator[int]:
    """Ends of phrases between `low` and `cut`, the last one first; also those of words that are not Japanese."""
    assert _parser is not None
    first = max(low - CONTEXT, 0)
    found: set[int] = set()
    at = first
    for phrase in _parser.parse(line[first : cut + CONTEXT]):
        at += len(phrase)
        found.add(at)
    for place in range(cut, low, -1):
        # The model knows no Latin, `may_break_at` does; a particle follows its word even behind a space.
        latin = line[place].isascii() and (line[place - 1].isascii() or line[place] == " ")
        if place in found or (latin and not PARTICLE.match(line, place)):
            yield place
