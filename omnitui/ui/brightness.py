"""Whether the terminal's background is dark: asked once, after the first rows, and only where it matters."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

QUESTION = "\x1b]11;?\x1b\\"
FILE = "background"
"""In the state folder: what the terminal said last, "dark" or "light"."""
_COLOUR = re.compile(r"\x1b\]11;rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})", re.IGNORECASE)
_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""How bright red, green and blue are (ITU-R BT.709)."""


def is_dark(answer: str) -> bool | None:
    """Whether the terminal's answer names a dark colour; None where it names none."""
    found = _COLOUR.match(answer)
    if found is None:
        return None
    shares: list[float] = [int(part, 16) / (16 ** len(part) - 1) for part in found.groups()]
    light: float = sum(share * weight for share, weight in zip(shares, _WEIGHTS, strict=True))
    return light < 0.5


def remembered(state: Path) -> bool | None:
    """Whether the background was dark the last time; None where it is not known."""
    with suppress(OSError, ValueError):
        return {"dark": True, "light": False}.get((state / FILE).read_text("utf-8").strip())
    return None


def remember(state: Path, dark: bool) -> None:
    """Keep it for the next start."""
    with suppress(OSError):
        (state / FILE).write_text("dark\n" if dark else "light\n", "utf-8")
