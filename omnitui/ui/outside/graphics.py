"""Pictures in the terminal: shown behind the console, by the protocol that the terminal itself says it has.

Nothing is assumed from names: kitty's protocol and sixel are asked for, and iTerm2's only where the terminal answers
with its own name; without any of them a picture is drawn of half blocks, where there are colours enough. A picture
comes from a stranger: a plain PNG is decoded here within limits, anything else in a process of its own.
"""

from __future__ import annotations

import asyncio
import base64
import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
import tty
import zlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from rich.color import ColorSystem
from textual.app import App, SuspendNotSupported

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ui.last_hop.frame import drawable
from omnitui.ui.last_hop.terminfo import colours_of
from omnitui.ui.outside.decoding import NoDecoder
from omnitui.ui.outside.decoding import decoded as decoded_apart
from omnitui.ui.outside.png import Picture, decoded

ASK: Final = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[>q\x1b[c"
"""Whether it has kitty's protocol, its name, and what it is: the last is answered by every terminal."""
ANSWER_SECONDS: Final = 1.5
PNG: Final = "f=100"
CELL: Final = (8, 16)
"""Pixels of a cell, wide and high, where the terminal does not tell."""
MOST_SIXELS: Final = 1_000
"""Pixels in either direction that an xterm takes (its `maxGraphicSize`)."""
_CHUNK: Final = 4_096
_WINDOW: Final = struct.Struct("HHHH")


class Way(StrEnum):
    """How a terminal takes pictures."""

    KITTY = "kitty"
    ITERM = "iterm2"
    SIXEL = "sixel"
    BLOCKS = "half blocks"
    """Two pixels a cell."""
    COARSE = "half blocks of 216 colours"
    NONE = ""


def way_of(answer: bytes) -> Way:
    """What a terminal's answer to `ASK` says."""
    if re.search(rb"\x1b_Gi=31;OK", answer):
        return Way.KITTY
    if re.search(rb"\x1bP>\|(?:iTerm2|WezTerm|mintty|Konsole)", answer, re.I):
        return Way.ITERM
    attributes = re.search(rb"\x1b\[\?([\d;]*)c", answer)
    return Way.SIXEL if attributes and b"4" in attributes[1].split(b";") else Way.NONE


def drawn(environ: Mapping[str, str]) -> Way:
    """How pictures are drawn where the terminal has no protocol for them."""
    if environ.get("NO_COLOR"):
        return Way.NONE
    found = {ColorSystem.TRUECOLOR: Way.BLOCKS, ColorSystem.EIGHT_BIT: Way.COARSE}
    return found.get(colours_of(environ) or ColorSystem.STANDARD, Way.NONE)


async def show_picture(app: App[Any], data: bytes, name: str) -> None:
    """Show a picture until a key is pressed.

    Raises:
        Refused: The terminal shows no pictures, or not one of this form.
    """
    try:
        with app.suspend():
            why = await asyncio.to_thread(_shown, data, name)
    except SuspendNotSupported:
        why = _("this terminal shows no pictures")
    if why:
        raise Refused(why, hint=_("save it or open it outside"))


def _shown(data: bytes, name: str) -> str:
    """Ask, show, wait for a key; returns why not."""
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    out = sys.__stdout__.fileno() if sys.__stdout__ is not None else 1
    try:
        before = termios.tcgetattr(terminal)
    except termios.error:
        return _("this terminal shows no pictures")
    try:
        tty.setraw(terminal)
        _write(out, ASK)
        way = way_of(_answer(terminal)) or drawn(os.environ)
        if way is Way.NONE:
            return _("this terminal has neither pictures (kitty, iTerm2, sixel) nor colours enough to draw them")
        size = os.get_terminal_size(out)
        try:
            parts = list(spelled(way, data, size.columns, max(size.lines - 3, 1), _cell(out)))
        except NoDecoder:
            words = _("only PNG is shown without Pillow; pip install {package} brings JPEG, WebP and GIF")
            return words.format(package="'omnitui[pictures]'")
        except ValueError:
            return _("this form of picture cannot be shown by {way}").format(way=way.value)
        words = _("{name} – any key goes back").format(name=name)
        _write(out, b"\x1b[2J\x1b[H" + drawable(words).encode("utf-8", "replace") + b"\r\n")
        for part in parts:
            _write(out, part)
        select.select([terminal], [], [])
        os.read(terminal, 1_024)
        if way is Way.KITTY:
            _write(out, b"\x1b_Ga=d,d=A\x1b\\")
        _write(out, b"\x1b[2J\x1b[H")
        return ""
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _cell(out: int) -> tuple[int, int]:
    """Pixels of a cell, as the terminal told the kernel."""
    lines, columns, width, height = _WINDOW.unpack(fcntl.ioctl(out, termios.TIOCGWINSZ, bytes(_WINDOW.size)))
    return (width // columns, height // lines) if columns and lines and width > columns and height > lines else CELL


def _answer(terminal: int) -> bytes:
    found = b""
    end = time.monotonic() + ANSWER_SECONDS
    while (left := end - time.monotonic()) > 0 and len(found) < _CHUNK:
        ready, _out, _err = select.select([terminal], [], [], left)
        if ready:
            found += os.read(terminal, 1_024)
        if re.search(rb"\x1b\[\?[\d;]*c", found):
            break
    return found


def _write(out: int, data: bytes) -> None:
    while data:
        data = data[os.write(out, data) :]


def spelled(way: Way, data: bytes, columns: int, lines: int, cell: tuple[int, int] = CELL) -> Iterator[bytes]:
    """The picture in a terminal's own words, within so many columns and lines of cells of so many pixels.

    Raises:
        NoDecoder: What would decode it is not installed.
        ValueError: This way cannot show this form of picture.
    """
    if way is Way.KITTY:
        width, height = columns * cell[0], lines * cell[1]
        picture, form = _kitty_form(data, width, height)
        scale = min(width / picture.width, height / picture.height, 1.0)
        across, down = round(picture.width * scale / cell[0]), round(picture.height * scale / cell[1])
        # Both: given one of them, kitty before 2024 and WezTerm leave the other as it is.
        fit = f"c={max(across, 1)},r={max(down, 1)}"
        sent = base64.standard_b64encode(data if form == PNG else zlib.compress(picture.rgb))
        for start in range(0, len(sent), _CHUNK):
            more = int(start + _CHUNK < len(sent))
            keys = f"a=T,{form},q=2,{fit},m={more}" if start == 0 else f"m={more}"
            yield b"\x1b_G" + keys.encode() + b";" + sent[start : start + _CHUNK] + b"\x1b\\"
    elif way is Way.ITERM:
        sent = base64.standard_b64encode(data)
        keys = f"inline=1;size={len(data)};width={columns};height={lines};preserveAspectRatio=1"
        yield b"\x1b]1337;File=" + keys.encode() + b":" + sent + b"\x07"
    elif way is Way.SIXEL:
        yield sixels(_within(data, min(columns * cell[0], MOST_SIXELS), min(lines * cell[1], MOST_SIXELS)))
    else:
        yield half_blocks(_within(data, columns, lines * 2), exact=way is Way.BLOCKS)


def _kitty_form(data: bytes, width: int, height: int) -> tuple[Picture, str]:
    """A plain PNG goes as it is, anything else as its pixels."""
    try:
        return decoded(data), PNG
    except ValueError:
        picture = decoded_apart(data, width, height)
        return picture, f"f=24,o=z,s={picture.width},v={picture.height}"


def _within(data: bytes, width: int, height: int) -> Picture:
    try:
        return decoded(data).within(width, height)
    except ValueError:
        return decoded_apart(data, width, height)


def half_blocks(picture: Picture, *, exact: bool) -> bytes:
    """A picture as upper halves of cells on the lower ones, in 24 bits or in the 216 colours of a cube."""

    def ink(layer: int, pixel: bytes) -> bytes:
        red, green, blue = pixel
        if exact:
            return b"%d8;2;%d;%d;%d" % (layer, red, green, blue)
        return b"%d8;5;%d" % (layer, 16 + (red * 6 >> 8) * 36 + (green * 6 >> 8) * 6 + (blue * 6 >> 8))

    lines: list[bytes] = []
    for y in range(0, picture.height, 2):
        upper, lower = picture.row(y), picture.row(y + 1) if y + 1 < picture.height else b""
        cells: list[bytes] = []
        before = b""
        for x in range(0, 3 * picture.width, 3):
            inks = ink(3, upper[x : x + 3]) + (b";" + ink(4, lower[x : x + 3]) if lower else b"")
            cells.append((b"\x1b[%sm" % inks if inks != before else b"") + "▀".encode())
            before = inks
        lines.append(b"".join(cells) + b"\x1b[0m")
    return b"\r\n".join(lines)


_BAYER: Final = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))
_LEVELS: Final = [[bytes((5 * one + 16 * step + 7) // 255 for one in range(256)) for step in row] for row in _BAYER]
"""Of each place in a square of four by four pixels, which of six levels a brightness becomes (ordered dithering)."""


def sixels(picture: Picture) -> bytes:
    """A picture as sixels, in 216 colours; what is between two of them is mixed of points."""
    out = [b'\x1bPq"1;1;%d;%d' % (picture.width, picture.height)]
    out += [b"#%d;2;%d;%d;%d" % (n, n // 36 * 20, n // 6 % 6 * 20, n % 6 * 20) for n in range(216)]
    for top in range(0, picture.height, 6):
        band: dict[int, bytearray] = {}
        for y in range(top, min(top + 6, picture.height)):
            row, across = picture.row(y), _LEVELS[y % 4]
            for x in range(picture.width):
                red, green, blue = row[3 * x : 3 * x + 3]
                levels = across[x % 4]
                colour = levels[red] * 36 + levels[green] * 6 + levels[blue]
                band.setdefault(colour, bytearray(b"?" * picture.width))[x] += 1 << (y - top)
        out.append(b"$".join(b"#%d%s" % (colour, _runs(cells)) for colour, cells in band.items()) + b"-")
    return b"".join(out) + b"\x1b\\"


def _runs(cells: bytearray) -> bytes:
    """Sixels with what is repeated told once."""
    return re.sub(rb"(.)\1{3,}", lambda run: b"!%d%s" % (len(run[0]), run[1]), cells.rstrip(b"?"))
