"""Steps from one ink to another say no more than what differs."""

from __future__ import annotations

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style

from omnitui.ui.last_hop.ink import Ink, Inks, palette_index, step
from omnitui.ui.last_hop.terminfo import colours_of


def test_a_step_says_only_what_differs() -> None:
    assert step(Ink("31", "44", 1), Ink("32", "44", 1)) == "\x1b[32m"


def test_a_step_to_plain_is_a_reset() -> None:
    assert step(Ink("38;2;1;2;3", "44", 1), Ink()) == "\x1b[m"


def test_losing_bold_keeps_dim() -> None:
    assert step(Ink("31", "", 0b11), Ink("31", "", 0b10)) in ("\x1b[22;2m", "\x1b[0;2;31m")


def test_colours_that_the_palette_has_are_sent_as_its_entries() -> None:
    assert palette_index(0, 95, 135) == 24
    assert palette_index(8, 8, 8) == 232
    assert palette_index(1, 2, 3) is None


def test_blink_and_conceal_never_reach_the_terminal() -> None:
    inks = Inks(ColorSystem.TRUECOLOR)
    assert inks.of(Style(blink=True, conceal=True)) == inks.of(None)


def test_without_colour_a_background_that_stands_out_is_reversed() -> None:
    inks = Inks(None, base=Color.parse("#101010"))
    sent = inks.step(0, inks.of(Style(color="#ffffff", bgcolor="#c0c0c0", bold=True))[0])
    assert sent == "\x1b[1;7m"
    assert inks.of(Style(color="#ff0000", bgcolor="#141414")) == inks.of(None)


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"TERM": "xterm-256color"}, ColorSystem.EIGHT_BIT),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, ColorSystem.TRUECOLOR),
        ({"TERM": "tmux-direct"}, ColorSystem.TRUECOLOR),
        ({"TERM": "foot"}, ColorSystem.EIGHT_BIT),
        ({"TERM": "xterm-ghostty"}, ColorSystem.EIGHT_BIT),
        ({"TERM": "not-heard-of"}, ColorSystem.STANDARD),
        ({}, ColorSystem.STANDARD),
    ],
)
def test_colours_are_those_of_the_terminal_also_where_its_entry_is_not_there(
    environ: dict[str, str], colours: ColorSystem
) -> None:
    assert colours_of(environ) is colours
