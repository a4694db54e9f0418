"""Signs for terminals and fonts that have ASCII only: borders, marks and arrows of ours, one cell for one cell."""

from __future__ import annotations

import os
from collections.abc import Mapping

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HORIZONTAL = "─━┄┅┈┉╌╍═╴╶╸╺╼╾"
_VERTICAL = "│┃┆┇┊┋╎╏║╵╷╹╻╽╿▌▐▍▎▏▕"
_SINGLE = {
    **dict.fromkeys("•●◆■▪▶", "*"),
    **dict.fromkeys("○◇□▫", "o"),
    **dict.fromkeys("…✎", "~"),
    **dict.fromkeys("–—―‐‑", "-"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’‚‹›", "'"),
    "✓": "v",
    "✔": "v",
    "✗": "x",
    "✘": "x",
    "×": "x",
    "·": ".",
    "‖": "=",
    "⋮": ":",
    "⚠": "!",
    "◌": ".",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "↩": "<",
    "↪": ">",
    "↳": ">",
    "↺": "<",
    "▸": ">",
    "▾": "v",
    "▴": "^",
    "◂": "<",
    "\u00a0": " ",
}
TABLE: Mapping[int, str] = {
    **dict.fromkeys(range(0x2500, 0x2580), "+"),
    **dict.fromkeys(range(0x2580, 0x25A0), "#"),
    **{ord(sign): "-" for sign in _HORIZONTAL},
    **{ord(sign): "|" for sign in _VERTICAL},
    **{ord(sign): plain for sign, plain in _SINGLE.items()},
}
"""Code point → one character of ASCII."""


def wants_ascii(setting: str) -> bool:
    """Whether signs are to be ASCII: by the setting, or with "auto" where the locale is no UTF-8 one."""
    if setting != "auto":
        return setting == "ascii"
    names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")]
    if not names[0] and names[1] == "C.UTF-8" and names[2] in ("C", "POSIX"):
        return True  # Python put the second there itself (PEP 538)
    locale = next((name for name in names if name), "")
    return bool(locale) and "utf8" not in locale.lower().replace("-", "")


def plain_signs(text: str) -> str:
    """The text with the signs of ASCII, in the same cells."""
    return text.translate(TABLE)


class AsciiSigns(LineFilter):
    """Draws every widget's lines, borders included, with the signs of ASCII. Letters of any script stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same lines in the same cells."""
        return [
            segment if segment.text.isascii() else Segment(plain_signs(segment.text), segment.style, segment.control)
            for segment in segments
        ]
