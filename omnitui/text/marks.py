"""A limit on combining marks: at most a few on one base.

Towers of marks paint over other lines, and putting a long run of them in canonical order is quadratic in
`unicodedata.normalize`, so this goes before any normalising.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_MARKS: Final = 4

_SUSPECT: Final = (
    "[^\x00-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u20cf\u2100-\u2ce0\u2e00-\u3029\u3030-\u3098\u309b-\ua66e"
    "\ua6a0-\ua6ef\uac00-\ud7ff\uf900-\ufb1d\uff00-\uffff\U0001f000-\U000e00ff]"
)
"""A character of the blocks that hold combining marks."""
# Five of them in a row; a coarse sieve before the exact look. Written so, and not as {5,}, Python's regular
# expressions skip to the first such character in half the time: every text that comes in goes through here.
_MANY = re.compile(f"{_SUSPECT}{_SUSPECT}{{4,}}")


def may_have_many(text: str) -> bool:
    """Whether more than four marks may stand on one base; True for some harmless scripts too."""
    return _MANY.search(text) is not None


def few_marks(text: str) -> str:
    """`text` with at most four nonspacing marks in a row."""
    return text if text.isascii() else _MANY.sub(_few, text)


def _few(match: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in match[0]:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)
