"""The screen as cells: what the terminal shows, what it should show, and the fewest bytes between the two."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import split_graphemes
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from omnitui.text.safe import strip_controls
from omnitui.ui.last_hop.ink import Inks
from omnitui.ui.last_hop.pen import Pen, Row
from omnitui.ui.last_hop.recent import Recent

UNKNOWN = -1
REMEMBERED = 400
"""Strips whose cells are kept."""
MAX_GLYPH = 16
"""Characters in one cell; the longest emoji has ten. What a stranger piles up beyond goes nowhere."""


def drawable(text: str) -> str:
    """The text without anything that a terminal could obey. The last filter before the terminal."""
    if text.isprintable():
        return text
    return strip_controls(text).replace("\n", " ").replace("\t", " ")


def drawable_lines(text: str) -> str:
    """Like `drawable`, of several lines."""
    return "\n".join(map(drawable, text.split("\n")))


def strip_cells(strip: Strip, inks: Inks) -> Row:
    """The strip as cells: one glyph and one ink each; the second cell of a wide glyph is ""."""
    glyphs: list[str] = []
    numbers: list[int] = []
    for text, style, _control in strip:
        ink, space = inks.of(style)
        text = drawable(text)
        if text.isascii():
            glyphs += text
            if " " in text:
                numbers += [space if character == " " else ink for character in text]
            else:
                numbers += [ink] * len(text)
            continue
        spans, _ = split_graphemes(text)
        for start, end, width in spans:
            if not width:
                continue
            glyph = text[start : min(end, start + MAX_GLYPH)]
            if glyph == "\u3000":
                glyphs += "  "
                numbers += (space, space)
                continue
            glyphs.append(glyph)
            numbers.append(space if glyph == " " else ink)
            if width == 2:
                glyphs.append("")
                numbers.append(ink)
    length = strip.cell_length
    if len(glyphs) != length:
        fit(glyphs, numbers, length, inks.of(last_style(strip))[1])
    return glyphs, numbers


def fit(glyphs: list[str], numbers: list[int], length: int, space: int) -> None:
    """Crop or pad to the length the layout counted with: filtered characters may have had cells."""
    if len(glyphs) < length:
        missing = length - len(glyphs)
        glyphs += [" "] * missing
        numbers += [space] * missing
        return
    if length and glyphs[length] == "":
        glyphs[length - 1] = " "
    del glyphs[length:], numbers[length:]


def last_style(strip: Strip) -> Style | None:
    """The style at the strip's end."""
    segments = list(strip)
    return segments[-1].style if segments else None


class Frame:
    """Cells of one screen size. `put` says what should be there; `changes` gives the bytes, taken to be sent."""

    def __init__(self, width: int, height: int, inks: Inks, *, colour_erase: bool) -> None:
        self.width = width
        self.height = height
        self._inks = inks
        self._colour_erase = colour_erase
        self._want: list[Row] = [([" "] * width, [0] * width) for _ in range(height)]
        self._shown: list[Row] = [([" "] * width, [UNKNOWN] * width) for _ in range(height)]
        self._pieces: list[dict[int, Strip]] = [{} for _ in range(height)]
        self._known: Recent[int, tuple[Strip, Row]] = Recent(REMEMBERED)
        self._dirty: set[int] = set(range(height))

    def forget(self) -> None:
        """Assume nothing about what the terminal shows: the next changes draw every cell."""
        for _, numbers in self._shown:
            numbers[:] = [UNKNOWN] * self.width
        self._dirty.update(range(self.height))

    def text(self) -> str:
        """What should be on the screen, as lines of text."""
        return "\n".join("".join(glyphs).rstrip() for glyphs, _ in self._want)

    def without(self, regions: Iterable[Region]) -> str:
        """The bytes of the whole frame on a terminal that shows nothing; of these regions borders alone."""
        copy = Frame(self.width, self.height, self._inks, colour_erase=self._colour_erase)
        for (glyphs, numbers), (to_glyphs, to_numbers) in zip(self._want, copy._want, strict=True):
            to_glyphs[:], to_numbers[:] = glyphs, numbers
        for region in regions:
            inside = region.intersection(Region(0, 0, self.width, self.height))
            for y in inside.line_range:
                glyphs = copy._want[y][0]
                if inside.right < self.width and glyphs[inside.right] == "":
                    glyphs[inside.right] = " "
                if inside.x and glyphs[inside.x] == "":
                    glyphs[inside.x - 1] = " "
                for x in inside.column_range:
                    if not "\u2500" <= glyphs[x] <= "\u259f":
                        glyphs[x] = " "
        return copy.changes()

    def put(self, x: int, y: int, strip: Strip) -> None:
        """Say what should be at a place. The same strip at the same place costs nothing."""
        if not 0 <= y < self.height or not 0 <= x < self.width:
            return
        pieces = self._pieces[y]
        known = pieces.get(x)
        if known is strip or (known is not None and known == strip):
            return
        if known is None or known.cell_length != strip.cell_length:
            pieces.clear()
        pieces[x] = strip
        glyphs, numbers = self.cells(strip)
        if len(glyphs) > self.width - x:
            glyphs, numbers = glyphs[:], numbers[:]
            fit(glyphs, numbers, self.width - x, self._inks.of(last_style(strip))[1])
        if not glyphs:
            return
        row, row_inks = self._want[y]
        end = x + len(glyphs)
        if row[x] == "":
            row[x - 1] = " "
        if end < self.width and row[end] == "":
            row[end] = " "
        row[x:end] = glyphs
        row_inks[x:end] = numbers
        self._dirty.add(y)

    def cells(self, strip: Strip) -> Row:
        """The strip as cells, not to be changed: kept, for a line that is drawn comes again."""
        known = self._known.get(id(strip))
        if known is None or known[0] is not strip:
            known = self._known.put(id(strip), (strip, strip_cells(strip, self._inks)))
        return known[1]

    def changes(self) -> str:
        """The bytes that turn what is shown into what should be. Ends with the plain ink; "" if nothing differs."""
        if not self._dirty:
            return ""
        pen = Pen(self._inks, self.width, self._colour_erase)
        for y in sorted(self._dirty):
            want, shown = self._want[y], self._shown[y]
            if want != shown:
                pen.row(y, want, shown)
                shown[0][:] = want[0]
                shown[1][:] = want[1]
        self._dirty.clear()
        return pen.finish()
