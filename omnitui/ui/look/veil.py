"""The veil over customers' names, addresses and texts, for a screen that others see: same cells, nothing to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from omnitui.text.widths import clusters
from omnitui.ui.look.roles import LONG, Line

if TYPE_CHECKING:
    from omnitui.ui.screens.main import MainScreen

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


def names_here(widget: Widget) -> Sequence[str]:
    """What customers on the screen are called, where they are reached, and what was typed to find them.

    For lines that are ours but may name one of them, as the title of a dialog does.
    """
    main: MainScreen | None = getattr(widget.app, "main", None)
    if main is None:
        return ()
    found = [main.narrowing.text]
    picture = main.desk.picture
    if picture is not None:
        card = picture.card
        found += [picture.address, picture.conversation.contact, picture.conversation.subject]
        if card is not None:
            contacts = (
                card.contact,
                *(link.contact for link in card.links),
                *(one.contact for one in card.suggestions),
            )
            found += [one.name for one in contacts]
            found += [text for one in card.identities for text in (one.address, one.name)]
    found += [text for row in main.queue.window.rows for text in (row.contact, row.subject)]
    return tuple(dict.fromkeys(text for text in found if text))


def veil(line: Line, *, private: bool, names: Sequence[str] = ()) -> Line:
    """The line as others may see it.

    `private`: whatever is not plainly ours may be a customer's; `names` are covered wherever they stand.
    """
    return tuple(
        (covered(text), role)
        if is_theirs(role) or (private and role not in OURS and any(map(str.isalpha, text)))
        else (without(text, names), role)
        for text, role in line
    )


def veiled_strip(strip: Strip) -> Strip:
    """What a text field shows, as others may see it."""
    return Strip([Segment(covered(text), style, control) for text, style, control in strip], strip.cell_length)
