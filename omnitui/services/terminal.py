"""What the terminal says of itself when it is asked: its name and its colours. One that says nothing is right too.

The last question is one that every terminal answers (DA1): what has not been answered by then will not be.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from omnitui.values import dataclass

QUESTIONS: Final = "\x1b[>0q\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b]4;8;?\x1b\\\x1b[c"
"""XTVERSION; foreground, background and bright black of the palette (OSC 10, 11 and 4); DA1."""
SECONDS: Final = 1.0
"""How long is waited for answers: five times the round trip of a far line."""
FILE: Final = "background"
"""In the state folder: what the terminal said last, "dark" or "light"."""
QUIET: Final = 1.6
"""Contrast below which words in a colour can hardly be told from the background."""
_COLOUR = re.compile(r"\x1b\](10|11|4;8);rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})", re.IGNORECASE)
_NAME = re.compile(r"\x1bP>\|([ -~]{1,64})")
_LAST = re.compile(r"\x1b\[\?[\d;]*c")
_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""How bright red, green and blue are (ITU-R BT.709)."""
_SILENT = ("", "dumb", "unknown", "linux", "vt", "cons25", "ansi")
"""Beginnings of `TERM` where a question would be drawn on the screen."""

Colour = tuple[float, float, float]
"""Red, green and blue from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the terminal has said."""

    name: str = ""
    """Its name and version."""
    foreground: Colour | None = None
    background: Colour | None = None
    quiet: Colour | None = None
    """Bright black of its palette, in which sixteen colours write what matters less."""
    complete: bool = False
    """Whether the last question is answered."""

    @property
    def dark(self) -> bool | None:
        """Whether the background is dark; None where it did not say."""
        return None if self.background is None else _light(self.background) < 0.5

    @property
    def hides_quiet(self) -> bool:
        """Whether bright black can hardly be read on the background."""
        return self.background is not None and self.quiet is not None and _contrast(self.background, self.quiet) < QUIET


def asks(environ: Mapping[str, str]) -> bool:
    """Whether this terminal may be asked at all."""
    term = environ.get("TERM", "")
    mute = any(term == word or (word and term.startswith(word)) for word in _SILENT)
    return not mute and environ.get("TERM_PROGRAM") != "Apple_Terminal"


def taken_in(told: Told, answer: str) -> Told:
    """What is known with one more answer."""
    if found := _NAME.match(answer):
        return replace(told, name=found[1])
    if _LAST.match(answer):
        return replace(told, complete=True)
    if found := _COLOUR.match(answer):
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups()[1:])
        colour: Colour = (red, green, blue)
        if found[1] == "10":
            return replace(told, foreground=colour)
        return replace(told, background=colour) if found[1] == "11" else replace(told, quiet=colour)
    return told


def written(colour: Colour) -> str:
    """A colour as people write it: #1d2021."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def remembered(state: Path) -> bool | None:
    """Whether the background was dark the last time; None where it is not known."""
    with suppress(OSError, ValueError):
        return {"dark": True, "light": False}.get((state / FILE).read_text("utf-8").strip())
    return None


def remember(state: Path, dark: bool) -> None:
    """Keep it for the next start."""
    with suppress(OSError):
        (state / FILE).write_text("dark\n" if dark else "light\n", "utf-8")


def ask(source: int = 0, target: int = 1, seconds: float = SECONDS) -> Told:
    """Ask the terminal behind these descriptors, and wait for its answers at most so long.

    Nothing is asked where they are no terminal or one that draws questions, nor in the background. What is typed
    meanwhile is lost.
    """
    import select
    import termios
    import time
    import tty

    told = Told()
    if not (os.isatty(source) and os.isatty(target) and asks(os.environ)) or os.tcgetpgrp(source) != os.getpgrp():
        return told
    before = termios.tcgetattr(source)
    try:
        tty.setcbreak(source, termios.TCSADRAIN)
        os.write(target, QUESTIONS.encode())
        end, text = time.monotonic() + seconds, ""
        while not told.complete and (left := end - time.monotonic()) > 0:
            if not select.select([source], [], [], left)[0]:
                break
            text += os.read(source, 4096).decode("latin-1")
            for answer in answers(text):
                told = taken_in(told, answer)
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
    return told


def answers(text: str) -> list[str]:
    """The whole answers in what a terminal has sent."""
    return [found[0] for found in _WHOLE.finditer(text)]


_WHOLE = re.compile(r"\x1b(?:\](?:10|11|4);[^\x07\x1b]*(?:\x07|\x1b\\)|P>\|[^\x1b\x07]*\x1b\\|\[\?[\d;]*c)")


def _light(colour: Colour) -> float:
    return sum(share * weight for share, weight in zip(colour, _WEIGHTS, strict=True))


def _contrast(one: Colour, other: Colour) -> float:
    """How well two colours can be told apart, from 1 to 21 (WCAG 2.1, relative luminance)."""

    def luminance(colour: Colour) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
        return sum(part * weight for part, weight in zip(linear, _WEIGHTS, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
