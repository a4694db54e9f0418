"""The veil over customers' names, addresses and texts, for a screen that others see: same cells, nothing to read."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from omnitui.text.widths import clusters
from omnitui.ui.roles import LONG, Line

OURS = frozenset({"line", "day", "label", "note.title", "good", "current", "key", "hint"})
"""Roles of our own words, shown where everything else may be a customer's."""
THEIRS = ("row.contact", "row.subject", "row.snippet", "row.hit", "row.match", "row.reason", "theirs")
"""What roles begin with that are a customer's wherever they stand."""


def is_veiled(widget: Widget) -> bool:
    """Whether the veil is drawn."""
    return bool(getattr(widget.app, "veiled", False))


def covered(text: str) -> str:
    """The text with a sign for each letter and digit: the same text always gives the same, in as many cells."""
    if text.isascii():
        return "".join(_cover(char) for char in text)
    return "".join("〇" if width == 2 else _cover(cluster) for cluster, width in clusters(text[: LONG * 4]))


def _cover(char: str) -> str:
    if char.isdigit():
        return "0"
    if char.isascii() and not char.isalpha():
        return char
    return "X" if char.isupper() else "x" if char.isalpha() or len(char) > 1 else char


def without(text: str, names: Iterable[str]) -> str:
    """The text with these names covered."""
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        text = text.replace(name, covered(name))
    return text


def is_theirs(role: str) -> bool:
    """Whether a role is for customers' words alone."""
    return role.startswith(THEIRS)


def veil(line: Line, *, private: bool) -> Line:
    """The line as others may see it; `private` where whatever is not plainly ours may be a customer's."""
    return tuple(
        (covered(text), role)
        if is_theirs(role) or (private and role not in OURS and any(map(str.isalpha, text)))
        else (text, role)
        for text, role in line
    )
