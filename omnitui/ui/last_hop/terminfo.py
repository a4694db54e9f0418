"""What `TERM` says of the terminal: the colours it has, and how it erases."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rich.color import ColorSystem

MODERN = re.compile(r"256|alacritty|contour|foot|ghostty|iterm|kitty|konsole|rio|wezterm")
"""Terminals of 256 colours at least: a machine that is reached over SSH seldom has their entries."""


def colours_of(environ: Mapping[str, str]) -> ColorSystem | None:
    """The colours that a terminal has; None where it has none. `COLORTERM` knows best, but SSH does not pass it on."""
    term = environ.get("TERM", "")
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return ColorSystem.TRUECOLOR
    if MODERN.search(term):
        return ColorSystem.EIGHT_BIT
    return None if number(term, "colors") == -1 else ColorSystem.STANDARD


def erases_in_colour(term: str) -> bool:
    """Whether the terminal erases with the current background (terminfo's `bce`)."""
    return number(term, "bce") == 1


def number(term: str, name: str) -> int | None:
    """A number or flag of terminfo's, -1 or 0 where the terminal has it not; None where nothing is known of it.

    Curses knows one terminal in a process: the first that has an entry.
    """
    import curses

    if term in ("", "dumb"):
        return None
    try:
        curses.setupterm(term)
    except curses.error:
        return None
    found = curses.tigetnum(name)
    return curses.tigetflag(name) if found == -2 else found
