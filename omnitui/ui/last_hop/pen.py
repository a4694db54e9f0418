"""Writes changed cells with the fewest bytes, knowing where the terminal's cursor is and which ink it holds."""

from __future__ import annotations

from operator import ne, or_

from rich.cells import cell_len

from omnitui.ui.last_hop.ink import Inks

Row = tuple[list[str], list[int]]
"""Glyphs and ink numbers of a row's cells; the second cell of a wide glyph is ""."""

ERASE_FROM = 5  # blanks; shorter runs are cheaper written than erased and jumped over
JOIN_GAP = 4  # unchanged cells between two changes that are cheaper rewritten than jumped over


def is_unsure(glyph: str) -> bool:
    """Whether terminals disagree about the width of this glyph (emoji, sequences)."""
    return len(glyph) > 1 or glyph >= "\U0001f000"


def reach(glyph: str, cells: int) -> int:
    """Cells that a glyph may take where a terminal draws each of its characters on its own."""
    return max(cells, sum(2 if part >= "\U0001f000" else cell_len(part) for part in glyph)) if len(glyph) > 1 else cells


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

    def hold_for_blank(self, ink: int) -> None:
        """Take up an ink for blanks, unless the one held paints blanks alike."""
        if self._ink is None or self.inks.blank_of(self._ink) != ink:
            self.hold(ink)

    def write(self, x: int, y: int, text: str, ink: int, cells: int) -> None:
        """Draw glyphs of agreed width at a place."""
        self.move(x, y)
        if text.isspace():
            self.hold_for_blank(ink)
        else:
            self.hold(ink)
        self._out.append(text)
        self._x = x + cells if x + cells < self.width else None

    def write_unsure(self, x: int, y: int, glyph: str, ink: int, cells: int) -> None:
        """Draw one glyph about whose width terminals disagree; what follows is placed anew."""
        self.move(x, y)
        self.hold(ink)
        # Blanks first: where the terminal thinks the glyph is narrow, its second cell must not keep old text.
        self._out.append(f"{' ' * cells}\x1b[{x + 1}G{glyph}")
        self._x = None

    def erase(self, x: int, y: int, count: int, ink: int) -> None:
        """Blank cells from a place on: to the end of the line where they reach it."""
        self.move(x, y)
        self.hold_for_blank(ink)
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
    changed = list(map(or_, map(ne, glyphs, old_glyphs), map(ne, numbers, old_numbers)))
    x = 0
    while True:
        try:
            x = changed.index(True, x)
        except ValueError:
            return
        if glyphs[x] == "":
            x -= 1
        end = run_end(changed, x + 1, width)
        x = draw_run(pen, y, x, end, glyphs, numbers)


def run_end(changed: list[bool], x: int, width: int) -> int:
    """Where a run of changed cells ends, joined over short gaps."""
    end = x
    while x < width and x - end <= JOIN_GAP:
        x += 1
        if changed[x - 1]:
            end = x
    return end


def draw_run(pen: Pen, y: int, x: int, end: int, glyphs: list[str], numbers: list[int]) -> int:
    """Draw cells x to end; runs of blanks are erased where that is the same and shorter.

    Gives where the drawing ended: further on, where a terminal may have spilt the parts of a joined emoji.
    """
    width = pen.width
    while x < end:
        glyph, number = glyphs[x], numbers[x]
        stop = x + 1
        if glyph == " ":
            while stop < width and glyphs[stop] == " " and numbers[stop] == number:
                stop += 1
            if stop < width:
                stop = min(stop, end)
            if stop - x >= ERASE_FROM and pen.inks.erases(number, pen.colour_erase):
                pen.erase(x, y, stop - x, number)
            else:
                stop = min(stop, end)
                pen.write(x, y, " " * (stop - x), number, stop - x)
        elif is_unsure(glyph):
            if stop < width and glyphs[stop] == "":
                stop += 1
            pen.write_unsure(x, y, glyph, number, stop - x)
            end = max(end, min(x + reach(glyph, stop - x), width))
        else:
            blank = pen.inks.blank_of(number)
            while stop < end:
                glyph = glyphs[stop]
                if glyph == " ":
                    # A single blank between words costs no change of ink.
                    if numbers[stop] != blank or (stop + 1 < end and glyphs[stop + 1] == " "):
                        break
                elif numbers[stop] != number or len(glyph) > 1 or glyph >= "\U0001f000":
                    break
                stop += 1
            if stop < width and glyphs[stop] == "":
                stop += 1
            pen.write(x, y, "".join(glyphs[x:stop]), number, stop - x)
        x = stop
    return x
