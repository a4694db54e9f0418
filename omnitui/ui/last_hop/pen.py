"""Writes changed cells with the fewest bytes, knowing where the terminal's cursor is and which ink it holds.

An ink costs some twenty bytes to take up and a place some seven to go to. So all that has one ink is drawn before
another is taken up, wherever on the screen it lies.
"""

from __future__ import annotations

from operator import ne, or_

from rich.cells import cell_len

from omnitui.ui.last_hop.ink import Inks

Row = tuple[list[str], list[int]]
"""Glyphs and ink numbers of a row's cells; the second cell of a wide glyph is ""."""
Piece = tuple[int, int, str, int, int]
"""Line and column, a text, the cells it takes, and how many blank cells follow it: erased, not written."""

ERASE_FROM = 5  # blanks; shorter runs are cheaper written than erased and jumped over
JOIN_GAP = 4  # unchanged cells between two changes that are cheaper rewritten than jumped over
JUMP = 7  # bytes to another place on the screen


def is_unsure(glyph: str) -> bool:
    """Whether terminals disagree about the width of this glyph (emoji, sequences)."""
    return len(glyph) > 1 or glyph >= "\U0001f000"


def reach(glyph: str, cells: int) -> int:
    """Cells that a glyph may take where a terminal draws each of its characters on its own."""
    return max(cells, sum(2 if part >= "\U0001f000" else cell_len(part) for part in glyph)) if len(glyph) > 1 else cells


def place(x: int, y: int) -> str:
    """The shortest sequence that puts the cursor somewhere wherever it is."""
    if x:
        return f"\x1b[{y + 1};{x + 1}H"
    return f"\x1b[{y + 1}H" if y else "\x1b[H"


class Pen:
    """Takes the rows of a screen that differ, and draws what does: `row` for each from the top, then `finish`."""

    def __init__(self, inks: Inks, width: int, colour_erase: bool) -> None:
        self._inks = inks
        self._width = width
        self._colour_erase = colour_erase
        self._texts: dict[int, list[Piece]] = {}
        self._blanks: dict[int, list[Piece]] = {}
        self._starts: dict[tuple[int, int], tuple[int, Piece]] = {}
        self._out: list[str] = []
        self._x: int | None = None
        self._y: int | None = None
        self._ink: int | None = None

    def row(self, y: int, want: Row, shown: Row) -> None:
        """Note the cells of one row that differ. Glyphs of disputed width are drawn at once: others go over them."""
        glyphs, numbers = want
        changed = list(map(or_, map(ne, glyphs, shown[0]), map(ne, numbers, shown[1])))
        x = 0
        while True:
            try:
                x = changed.index(True, x)
            except ValueError:
                return
            if glyphs[x] == "":
                x -= 1
            glyph = glyphs[x]
            if glyph == " ":
                x = self._note_blanks(y, x, want, changed)
            elif is_unsure(glyph):
                cells = 2 if glyphs[x + 1 : x + 2] == [""] else 1
                self._write_unsure(x, y, glyph, numbers[x], cells)
                end = min(x + reach(glyph, cells), self._width)
                x += cells
                changed[x:end] = [True] * (end - x)
            else:
                x = self._note_text(y, x, x, want, changed)

    def finish(self) -> str:
        """The bytes that draw all that was noted and end with the plain ink."""
        while self._texts:
            follows = self._starts.get((self._y, self._x)) if self._y is not None and self._x is not None else None
            following = follows[0] if follows else None
            ink = min(self._texts, key=lambda ink: len(self._inks.step(self._ink, ink)) - JUMP * (ink == following))
            pieces = self._texts.pop(ink)
            pieces += self._blanks.pop(self._inks.blank_of(ink), ())
            pieces.sort()
            if follows and ink == following:
                pieces.remove(follows[1])
                pieces.insert(0, follows[1])
            self._hold(ink)
            for piece in pieces:
                self._starts.pop(piece[:2], None)
                self._draw(*piece)
        for ink, pieces in self._blanks.items():
            self._hold(ink)
            for piece in pieces:
                self._draw(*piece)
        if self._out:
            self._hold(0)
        return "".join(self._out)

    def _note_blanks(self, y: int, x: int, want: Row, changed: list[bool]) -> int:
        """Note the run of blanks that begins at x, alone or before the text that follows; gives where it ends."""
        glyphs, numbers = want
        stop = self._blanks_end(x, want, changed)
        if stop - x < ERASE_FROM and stop < self._width and changed[stop]:
            follows = glyphs[stop]
            if follows != " " and not is_unsure(follows) and self._inks.blank_of(numbers[stop]) == numbers[x]:
                return self._note_text(y, x, stop, want, changed)
        text, erased = self._blank(stop - x, numbers[x])
        self._blanks.setdefault(numbers[x], []).append((y, x, text, len(text), erased))
        return stop

    def _note_text(self, y: int, x: int, begin: int, want: Row, changed: list[bool]) -> int:
        """Note the text of one ink from `begin`, with blanks from x to there and those behind; gives where it ends."""
        glyphs, numbers = want
        width, number = self._width, numbers[begin]
        blank = self._inks.blank_of(number)
        end = at = begin + 1
        while at < width and at - end <= JOIN_GAP:
            glyph = glyphs[at]
            if glyph == " ":
                if numbers[at] != blank:
                    break
                at += 1
                continue
            if glyph and (numbers[at] != number or is_unsure(glyph)):
                break
            at += 1
            if changed[at - 1]:
                end = at
        if end < width and glyphs[end] == "":
            end += 1
        text, stop, erased = "".join(glyphs[x:end]), end, 0
        if end < width and changed[end] and glyphs[end] == " " and numbers[end] == blank:
            stop = self._blanks_end(end, want, changed)
            blanks, erased = self._blank(stop - end, blank)
            text += blanks
        piece = y, x, text, stop - x - erased, erased
        self._texts.setdefault(number, []).append(piece)
        self._starts[y, x] = number, piece
        return stop

    def _blanks_end(self, x: int, want: Row, changed: list[bool]) -> int:
        """Where a run of blanks of one ink ends: at the end of the line, or else after the last that changed."""
        glyphs, numbers = want
        width, number = self._width, numbers[x]
        end = at = x + 1
        erasable = self._inks.erases(number, self._colour_erase)
        while at < width and glyphs[at] == " " and numbers[at] == number and (erasable or at - end <= JOIN_GAP):
            at += 1
            if changed[at - 1]:
                end = at
        return width if at == width and erasable else end

    def _blank(self, length: int, ink: int) -> tuple[str, int]:
        """Blanks to write, and blanks to erase instead, where that is the same and shorter."""
        if length >= ERASE_FROM and self._inks.erases(ink, self._colour_erase):
            return "", length
        return " " * length, 0

    def _draw(self, y: int, x: int, text: str, cells: int, erased: int) -> None:
        """Draw a piece in the ink that is held."""
        self._move(x, y)
        self._out.append(text)
        at = x + cells
        if erased:
            self._out.append("\x1b[K" if at + erased >= self._width else f"\x1b[{erased}X")
        self._x = at if at < self._width else None

    def _move(self, x: int, y: int) -> None:
        """Put the cursor somewhere, if it is not there yet."""
        if y != self._y:
            self._out.append(place(x, y))
        elif self._x is None or x < self._x:
            self._out.append("\r" if x == 0 else f"\x1b[{x + 1}G")
        elif x > self._x:
            self._out.append("\x1b[C" if x == self._x + 1 else f"\x1b[{x - self._x}C")
        self._x, self._y = x, y

    def _hold(self, ink: int) -> None:
        """Take up an ink."""
        if ink != self._ink:
            self._out.append(self._inks.step(self._ink, ink))
            self._ink = ink

    def _write_unsure(self, x: int, y: int, glyph: str, ink: int, cells: int) -> None:
        """Draw one glyph about whose width terminals disagree; what follows is placed anew."""
        self._move(x, y)
        self._hold(ink)
        # Blanks first: where the terminal thinks the glyph is narrow, its second cell must not keep old text.
        self._out.append(f"{' ' * cells}\x1b[{x + 1}G{glyph}")
        self._x = None
