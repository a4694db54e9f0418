"""What each part of a line looks like: roles, their styles in a theme, and a line as pieces of text with roles."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from omnitui.text.listing import rows
from omnitui.text.safe import SafeText, safe
from omnitui.text.secrets.covering import shown
from omnitui.text.widths import cell_width, clusters, crop
from omnitui.ui.look.themes import Look

if TYPE_CHECKING:
    from rich.style import Style

MOST_LOOKS = 8
_STYLES: dict[int, tuple[Look, dict[str, Style]]] = {}
"""By theme, which is kept so that its number stays its own, the styles of its roles."""
LONG = 4_096
"""Characters from which on a piece is taken for wider than any line."""

Piece = tuple[str, str]
"""Text and its role."""
Line = tuple[Piece, ...]

ROLES: Mapping[str, str] = {
    **rows.ROLES,
    "": "",
    "text": "$foreground",
    "strong": "bold $foreground",
    "muted": "$muted",
    "line": "$line",
    "title": "bold $primary",
    "key": "bold $primary",
    "label": "$accent",
    "good": "$success",
    "warn": "$warning",
    "bad": "bold $error",
    "mine": "bold $mine",
    "theirs": "bold $primary",
    "quote": "italic $muted",
    "link": "underline $primary",
    "chip": "on $chip",
    "note": "on $note-background",
    "note.title": "bold $note on $note-background",
    "note.text": "$foreground on $note-background",
    "note.muted": "$muted on $note-background",
    "day": "$muted",
    "current": "bold $primary",
    "chosen": "$foreground on $chosen",
    "hit": "bold underline $accent",
    "jump": "bold reverse $accent",
    "chosen.hit": "bold underline $foreground on $chosen",
    "unread": "bold $foreground",
    "found": "bold reverse $warning",
}

_VARIABLE = re.compile(r"\$([a-z-]+)")


def spelled(look: Look, role: str) -> str:
    """A role's style in a theme, as Rich spells styles: "bold #f0f3f7 on #24415f"; "" for plain text."""
    colours = {**look.colors, **look.variables}
    definition = look.roles.get(role) or ROLES.get(role, "")
    return _VARIABLE.sub(lambda match: colours.get(match[1], "default").removeprefix("ansi_"), definition)


def rich_style(look: Look, role: str) -> Style:
    """The style of a role in a theme; roles that are unknown look like plain text."""
    known = _STYLES.get(id(look))
    if known is None or known[0] is not look:
        if len(_STYLES) >= MOST_LOOKS:
            _STYLES.clear()
        known = _STYLES[id(look)] = look, {}
    style = known[1].get(role)
    if style is None:
        style = known[1][role] = _parsed(spelled(look, role))
    return style


@lru_cache(maxsize=512)
def _parsed(definition: str) -> Style:
    from rich.style import Style

    return Style.parse(definition)


def plain(text: str) -> SafeText:
    """Text of any origin as one harmless line, as much of it as a line may show."""
    return safe(shown(safe(text, multiline=False, max_chars=LONG)))


def line_width(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_width(text) for text, _ in line)


def cropped(line: Line, cells: int) -> Line:
    """The line cut to at most `cells`."""
    used = 0
    kept: list[Piece] = []
    for text, role in line:
        # Measuring a quarter of a million characters to show sixty of them takes as long as drawing the screen.
        width = cell_width(text) if len(text) <= LONG else cells + 1
        if used + width > cells:
            if used < cells:
                kept.append((crop(text, cells - used), role))
            return tuple(kept)
        used += width
        kept.append((text, role))
    return line


def spread(left: Line, right: Line, cells: int) -> Line:
    """`left`, then blanks, then `right` at the end of `cells`; `left` is cut where there is no room for both."""
    tail = line_width(right)
    if tail + 2 > cells:
        return cropped(left, cells)
    head = cropped(left, max(cells - tail - 1, 0))
    return (*head, (" " * (cells - tail - line_width(head)), ""), *right)


def clear_of(line: Line, cuts: tuple[int, ...]) -> Line:
    """The line with a blank before each wide character that would stand across one of the `cuts`.

    Textual draws a layer above others in pieces, cut where widgets below it end; half a character draws as nothing.
    """
    at = 0
    kept: list[Piece] = []
    for text, role in line:
        parts: list[str] = []
        for cluster, width in clusters(text):
            if width == 2 and at + 1 in cuts:
                parts.append(" ")
                at += 1
            parts.append(cluster)
            at += width
        kept.append(("".join(parts), role))
    return tuple(kept)


def lit(line: Line, places: Collection[int], role: str = "hit") -> Line:
    """The line with the characters at `places`, counted over all its pieces, in another role."""
    if not places:
        return line
    kept: list[Piece] = []
    at = 0
    for text, own in line:
        start = 0
        for index in range(1, len(text) + 1):
            inside = at + start in places
            if index == len(text) or (at + index in places) != inside:
                kept.append((text[start:index], role if inside else own))
                start = index
        at += len(text)
    return tuple(kept)
