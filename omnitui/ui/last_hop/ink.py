"""Inks: what a cell is drawn with, as small numbers, and the shortest SGR from one to the next."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem, ColorType
from rich.style import Style

# bit in rich.style.Style._attributes → SGR on, SGR off. Blink and conceal are left out: nobody may hide or flash text.
ATTRIBUTES: tuple[tuple[int, str, str], ...] = (
    (1 << 0, "1", "22"),
    (1 << 1, "2", "22"),
    (1 << 2, "3", "23"),
    (1 << 3, "4", "24"),
    (1 << 6, "7", "27"),
    (1 << 8, "9", "29"),
    (1 << 9, "21", "24"),
    (1 << 12, "53", "55"),
)
KNOWN = sum(bit for bit, _, _ in ATTRIBUTES)
BOLD_DIM = 0b11
REVERSE = 1 << 6
SHOWN_ON_BLANKS = (1 << 3) | REVERSE | (1 << 8) | (1 << 9) | (1 << 12)

STANDS_OUT = 0.12  # difference of brightness from which a background means something (a selection, a button)

CUBE = (0, 95, 135, 175, 215, 255)


class Ink(NamedTuple):
    """SGR parameters of the two colours ("" is the terminal's own) and attribute bits of `rich.style.Style`."""

    foreground: str = ""
    background: str = ""
    attributes: int = 0


PLAIN = Ink()


def palette_index(red: int, green: int, blue: int) -> int | None:
    """The entry of the fixed part (16–255) of the 256-colour palette that equals the colour exactly, if any."""
    if red in CUBE and green in CUBE and blue in CUBE:
        return 16 + 36 * CUBE.index(red) + 6 * CUBE.index(green) + CUBE.index(blue)
    if red == green == blue and 8 <= red <= 238 and (red - 8) % 10 == 0:
        return 232 + (red - 8) // 10
    return None


def colour_code(colour: Color, system: ColorSystem, foreground: bool) -> str:
    """SGR parameters for a colour in the colour system of the terminal; "" for the terminal's own."""
    colour = colour.downgrade(system)
    if colour.type is ColorType.DEFAULT:
        return ""
    if colour.type is ColorType.TRUECOLOR and colour.triplet is not None:
        index = palette_index(*colour.triplet)
        if index is not None:
            return f"{38 if foreground else 48};5;{index}"
    return ";".join(colour.get_ansi_codes(foreground))


class Inks:
    """Numbers the inks of one terminal. Styles of Rich go in, numbers come out; equal looks get equal numbers."""

    LIMIT = 4096

    def __init__(self, system: ColorSystem | None, *, base: Color | None = None) -> None:
        """`system` None means no colour: a background far from `base` then becomes reverse video."""
        self._system = system
        self._base = base
        self._inks: list[Ink] = [PLAIN]
        self._blanks: list[int] = [0]
        self._numbers: dict[Ink, int] = {PLAIN: 0}
        self._styles: dict[Style | None, tuple[int, int]] = {}
        self._steps: dict[tuple[int, int], str] = {}

    def of(self, style: Style | None) -> tuple[int, int]:
        """The numbers of the ink for glyphs and of the one for blanks of this style."""
        pair = self._styles.get(style)
        if pair is None:
            if len(self._styles) > self.LIMIT:
                self._styles.clear()
            ink = self._ink(style)
            number = self._number(ink)
            pair = self._styles[style] = number, self._blanks[number]
        return pair

    def blank_of(self, number: int) -> int:
        """The ink that paints blanks as this one does."""
        return self._blanks[number]

    def erases(self, number: int, colour_erase: bool) -> bool:
        """Whether erasing with this ink paints the same as writing blanks (background colour erase)."""
        ink = self._inks[number]
        return not ink.attributes and (colour_erase or not ink.background)

    def step(self, before: int | None, after: int) -> str:
        """The shortest escape sequence that turns one ink into the other; None is an unknown state."""
        if before == after:
            return ""
        key = (-1 if before is None else before, after)
        sequence = self._steps.get(key)
        if sequence is None:
            if len(self._steps) > self.LIMIT:
                self._steps.clear()
            sequence = step(None if before is None else self._inks[before], self._inks[after])
            self._steps[key] = sequence
        return sequence

    def _number(self, ink: Ink) -> int:
        number = self._numbers.get(ink)
        if number is None:
            number = self._numbers[ink] = len(self._inks)
            self._inks.append(ink)
            self._blanks.append(number)
            self._blanks[number] = self._number(blank(ink))
        return number

    def _ink(self, style: Style | None) -> Ink:
        if style is None:
            return PLAIN
        attributes = style._attributes & style._set_attributes & KNOWN
        if self._system is None:
            if self._stands_out(style.bgcolor):
                attributes ^= REVERSE
            return Ink("", "", attributes)
        return Ink(
            colour_code(style.color, self._system, True) if style.color else "",
            colour_code(style.bgcolor, self._system, False) if style.bgcolor else "",
            attributes,
        )

    def _stands_out(self, background: Color | None) -> bool:
        if background is None or background.is_default or self._base is None:
            return False
        return abs(luminance(background) - luminance(self._base)) > STANDS_OUT


@lru_cache(256)
def luminance(colour: Color) -> float:
    """Perceived brightness between 0 and 1 (Rec. 601 weights)."""
    red, green, blue = colour.get_truecolor()
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def blank(ink: Ink) -> Ink:
    """The ink of a space: its foreground does not matter unless a line or reverse video shows it."""
    attributes = ink.attributes & SHOWN_ON_BLANKS
    return Ink(ink.foreground if attributes else "", ink.background, attributes)


def step(before: Ink | None, after: Ink) -> str:
    """The shortest SGR sequence from one ink to another."""
    on = [code for bit, code, _ in ATTRIBUTES if after.attributes & bit]
    anew = ";".join(filter(None, ["0", *on, after.foreground, after.background]))
    if anew == "0":
        anew = ""
    if before is None:
        return f"\x1b[{anew}m"
    parts: list[str] = []
    lost = before.attributes & ~after.attributes
    gained = after.attributes & ~before.attributes
    for bit, _, off in ATTRIBUTES:
        if lost & bit and off not in parts:
            parts.append(off)
    if lost & BOLD_DIM:
        gained |= after.attributes & BOLD_DIM
    parts += [code for bit, code, _ in ATTRIBUTES if gained & bit]
    if before.foreground != after.foreground:
        parts.append(after.foreground or "39")
    if before.background != after.background:
        parts.append(after.background or "49")
    change = ";".join(parts)
    return f"\x1b[{min(change, anew, key=len)}m"
