"""Rows of the inbox as runs of text with the names of their styles: pure, knowing neither Rich nor Textual.

The first frame, the list, the shell's `ls` and the tests draw the same rows. A run's style is a role of the theme
(`ROLES`); what lies behind the whole row is `row_role`.
"""

from __future__ import annotations

from omnitui.text.listing.runs import Drawing, cells, fitted, gutter_runs
from omnitui.text.listing.signs import (
    ASCII,
    CHANNEL_MARKS,
    COLUMNS,
    DAY,
    HOUR,
    MINUTE,
    ROLES,
    UNICODE,
    Density,
    Glyphs,
    Line,
    Run,
    age,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from omnitui.clock import Millis
    from omnitui.text.listing.signs import Row

__all__ = [
    "ASCII",
    "CHANNEL_MARKS",
    "COLUMNS",
    "DAY",
    "HOUR",
    "MINUTE",
    "ROLES",
    "UNICODE",
    "Density",
    "Glyphs",
    "Line",
    "Run",
    "age",
    "cells",
    "inbox_row",
    "plain",
    "row_role",
]


def row_role(selected: bool, marked: bool, focused: bool = True) -> str:
    """The role of what lies behind a whole row."""
    if selected:
        return "row.selected" if focused else "row.selected.away"
    return "row.marked" if marked else "row"


def inbox_row(
    conversation: Row,
    width: int,
    *,
    now: Millis,
    density: Density = Density.TWO,
    selected: bool = False,
    marked: bool = False,
    glyphs: Glyphs = UNICODE,
    columns: Collection[str] = COLUMNS,
    match: tuple[str, ...] = (),
) -> tuple[Line, ...]:
    """A conversation as one or two lines of exactly `width` cells.

    Args:
        conversation: What the row is about.
        width: Cells of each line.
        now: For ages.
        density: One line or two.
        selected, marked: Whether it bears these signs.
        glyphs: The signs.
        columns: What it shows beside contact, subject and age; see `COLUMNS`.
        match: Folded words whose letters are shown where they stand.
    """
    gutter = gutter_runs(conversation, selected, marked, glyphs)
    room = width - cells(gutter)
    draw = Drawing(conversation, now, glyphs, columns, match)
    if density is Density.ONE:
        return (fitted((*gutter, *one_line(draw, room)), width),)
    upper = (*gutter, *upper_line(draw, room))
    lower = ((" " * cells(gutter), "row"), *lower_line(draw, room))
    return fitted(upper, width), fitted(lower, width)


def upper_line(draw: Drawing, room: int) -> Line:
    """Contact, and at the right assignee, send state and age."""
    end = draw.end()
    assignee = draw.assignee(min(12, room - cells(end) - 16))
    name = draw.contact(room - cells(end) - cells(assignee))
    return (*name, *assignee, *end)


def lower_line(draw: Drawing, room: int) -> Line:
    """What precedes the subject, subject and snippet, and at the right the labels."""
    labels = draw.labels(room // 3)
    return (*draw.matter(room - cells(labels)), *labels)


def one_line(draw: Drawing, room: int) -> Line:
    """Contact, matter, labels, assignee, send state and age; labels go first where there is no room, then assignees."""
    end = draw.end()
    room -= cells(end)
    labels = draw.labels(room // 5) if room >= 60 else ()
    assignee = draw.assignee(10) if room >= 50 else ()
    room -= cells(labels) + cells(assignee)
    name_room = max(min(room * 3 // 10, 24), min(room, 8))
    name = draw.contact(name_room)
    matter = draw.matter(room - name_room - 1)
    return (*name, (" ", "row"), *matter, *labels, *assignee, *end)


def plain(lines: tuple[Line, ...]) -> str:
    """The text of a row without its styles."""
    return "\n".join("".join(text for text, _role in line).rstrip() for line in lines)
