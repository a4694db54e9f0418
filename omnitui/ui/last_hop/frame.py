"""The screen as cells: what the terminal shows, what it should show, and the fewest bytes between the two."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import split_graphemes
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from omnitui.text.safe import strip_controls
from omnitui.ui.last_hop.ink import Inks

Row = tuple[list[str], list[int]]

UNKNOWN = -1
ERASE_FROM = 5  # blanks; shorter runs are cheaper written than erased and jumped over
JOIN_GAP = 4  # unchanged cells between two changes that are cheaper rewritten than jumped over


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
            glyph = text[start:end]
            if glyph == "\u3000":
                glyphs += "  "
                numbers += (space, space)
                continue
            glyphs.append(glyph)
            numbers.append(ink)
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


def is_unsure(glyph: str) -> bool:
    """Whether terminals disagree about the width of this glyph (emoji, sequences)."""
    return len(glyph) > 1 or glyph >= "\U0001f000"


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
        glyphs, numbers = strip_cells(strip, self._inks)
        if len(glyphs) > self.width - x:
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

    def changes(self) -> str:
        """The bytes that turn what is shown into what should be. Ends with the plain ink; "" if nothing differs."""
        if not self._dirty:
            return ""
        pen = Pen(self._inks, self.width, self._colour_erase)
        for y in sorted(self._dirty):
            want, shown = self._want[y], self._shown[y]
            if want != shown:
                draw_row(pen, y, want, shown)
                shown[0][:] = want[0]
                shown[1][:] = want[1]
        self._dirty.clear()
        return pen.finish()


class Pen:
    """Writes cells to a list of strings, knowing where the terminal's cursor is and which ink it holds."""

    def __init__(self, inks: Inks, width: int, colour_erase: bool) -> None:
        self.inks = inks
        self.width = width
        self.colour_erase = colour_erase
        self._out: list[str] = []
        self._x: int | None = None
        self._y: int | None = None
        self._ink: int | None = None

    def move(self, x: int, y: int) -> None:
        """Put the cursor somewhere, if it is not there yet."""
        if y != self._y:
            self._out.append(f"\x1b[{y + 1}H" if x == 0 else f"\x1b[{y + 1};{x + 1}H")
        elif self._x is None or x < self._x:
            self._out.append("\r" if x == 0 else f"\x1b[{x + 1}G")
        elif x > self._x:
            self._out.append("\x1b[C" if x == self._x + 1 else f"\x1b[{x - self._x}C")
        self._x, self._y = x, y

    def hold(self, ink: int) -> None:
        """Take up an ink."""
        if ink != self._ink:
            self._out.append(self.inks.step(self._ink, ink))
            self._ink = ink

    def write(self, x: int, y: int, glyph: str, ink: int, cells: int) -> None:
        """Draw one glyph at a place."""
        self.move(x, y)
        self.hold(ink)
        if is_unsure(glyph):
            # Blanks first: where the terminal thinks the glyph is narrow, its second cell must not keep old text.
            self._out.append(f"{' ' * cells}\x1b[{x + 1}G{glyph}")
            self._x = None
        else:
            self._out.append(glyph)
            self._x = x + cells if x + cells < self.width else None

    def erase(self, x: int, y: int, count: int, ink: int) -> None:
        """Blank cells from a place on: to the end of the line where they reach it."""
        self.move(x, y)
        self.hold(ink)
        self._out.append("\x1b[K" if x + count >= self.width else f"\x1b[{count}X")

    def finish(self) -> str:
        """Everything written, with the plain ink taken up again."""
        if self._out:
            self.hold(0)
        return "".join(self._out)


def draw_row(pen: Pen, y: int, want: Row, shown: Row) -> None:
    """Draw the cells of one row that differ."""
    glyphs, numbers = want
    old_glyphs, old_numbers = shown
    width = pen.width
    changed = [glyphs[x] != old_glyphs[x] or numbers[x] != old_numbers[x] for x in range(width)]
    x = 0
    while True:
        try:
            x = changed.index(True, x)
        except ValueError:
            return
        if glyphs[x] == "":
            x -= 1
        end = run_end(changed, x + 1, width)
        draw_run(pen, y, x, end, glyphs, numbers)
        x = end


def run_end(changed: list[bool], x: int, width: int) -> int:
    """Where a run of changed cells ends, joined over short gaps."""
    end = x
    while x < width and x - end <= JOIN_GAP:
        x += 1
        if changed[x - 1]:
            end = x
    return end


def draw_run(pen: Pen, y: int, x: int, end: int, glyphs: list[str], numbers: list[int]) -> None:
    """Draw cells x to end; runs of blanks are erased where that is the same and shorter."""
    width = pen.width
    while x < end:
        glyph, number = glyphs[x], numbers[x]
        if glyph == " " and pen.inks.erases(number, pen.colour_erase):
            stop = x + 1
            while stop < width and glyphs[stop] == " " and numbers[stop] == number:
                stop += 1
            if stop < width:
                stop = min(stop, end)
            if stop - x >= ERASE_FROM:
                pen.erase(x, y, stop - x, number)
                x = stop
                continue
        cells = 2 if x + 1 < width and glyphs[x + 1] == "" else 1
        pen.write(x, y, glyph, number, cells)
        x += cells
