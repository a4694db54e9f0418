"""Where the words of a filter stand in a row."""

from __future__ import annotations

from collections.abc import Sequence

from omnitui.text.analyser import normalised
from omnitui.text.listing.signs import Line, Run
from omnitui.text.widths import cell_width, clusters

LEAD = 16
"""Cells that are shown at most before a find which would be out of sight."""


def folded(text: str) -> str:
    """`text` as filters compare it: width, compatibility forms and case made one."""
    return normalised(text).casefold()


def spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where folded `words` stand in `text`: apart from each other, in order, whole characters with their marks."""
    letters: list[str] = []
    owners: list[tuple[int, int]] = []
    at = 0
    for piece, _width in clusters(text):
        for letter in folded(piece):
            letters.append(letter)
            owners.append((at, at + len(piece)))
        at += len(piece)
    whole = "".join(letters)
    found: list[tuple[int, int]] = []
    for word in words:
        start = whole.find(word) if word else -1
        while start >= 0:
            end = start + len(word)
            found.append((owners[start][0], owners[end - 1][1]))
            start = whole.find(word, end)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def lit(text: str, role: str, words: Sequence[str]) -> Line:
    """`text` in runs, the letters that match in a role of their own."""
    runs: list[Run] = []
    at = 0
    for start, end in spans(text, words):
        runs += [(text[at:start], role), (text[start:end], "row.match")]
        at = end
    runs.append((text[at:], role))
    return tuple(run for run in runs if run[0])


def near(text: str, room: int, words: Sequence[str], ellipsis: str) -> str:
    """`text` from a little before the first find on, where that would not be seen in `room` cells."""
    found = spans(text, words)
    if not found or cell_width(text[: found[0][1]]) < room:
        return text
    first, end = found[0]
    lead = min(LEAD, room - 2 - cell_width(text[first:end]))
    at = start = first
    for piece, width in reversed(clusters(text[:first])):
        lead -= width
        at -= len(piece)
        if lead < 0:
            break
        start = at
    return ellipsis + text[start:]
