"""The cell diff leads to the same screen as drawing anew, and sends only what changed."""

from __future__ import annotations

import random

import pyte
import pytest
from pyte.modes import DECAWM
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from omnitui.ui.last_hop.frame import REMEMBERED, Frame
from omnitui.ui.last_hop.ink import Inks

STYLES = [
    None,
    Style(bold=True, color="#ff0000"),
    Style(color="#123456", bgcolor="#1e1e1e"),
    Style(bgcolor="#005f87"),
    Style(reverse=True, italic=True),
    Style(underline=True, dim=True, bgcolor="#1e1e1e"),
]
TEXTS = ["", " ", "   ", "            ", "abc", "日本語", "ｱｲｳ", "é", "a b  c", "返金のお願い", "x" * 9]


def frame(width: int, height: int, colour_erase: bool = True) -> Frame:
    return Frame(width, height, Inks(ColorSystem.TRUECOLOR), colour_erase=colour_erase)


def a_strip(chance: random.Random, width: int) -> Strip:
    segments = [Segment(chance.choice(TEXTS), chance.choice(STYLES)) for _ in range(chance.randint(1, 12))]
    return Strip(segments).adjust_cell_length(width, chance.choice(STYLES))


def shown(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    return [
        [
            (c.data, c.bg, c.reverse, c.underscore, "" if c.data == " " and not (c.reverse or c.underscore) else c.fg)
            for c in (screen.buffer[y][x] for x in range(screen.columns))
        ]
        for y in range(screen.lines)
    ]


@pytest.mark.parametrize("colour_erase", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_changes_lead_to_the_same_screen_as_drawing_anew(seed: int, colour_erase: bool) -> None:
    chance = random.Random(seed)
    width, height = 31, 6
    kept = frame(width, height, colour_erase)
    terminal = pyte.Screen(width, height)
    terminal.mode.discard(DECAWM)
    stream = pyte.Stream(terminal)
    content = {}
    for _ in range(60):
        for y in chance.sample(range(height), chance.randint(1, 3)):
            cut = chance.choice([0, 10, 20])
            size = width if cut == 0 else 10
            content[y, cut] = strip = a_strip(chance, size)
            kept.put(cut, y, strip)
        stream.feed(kept.changes())
        anew = pyte.Screen(width, height)
        anew.mode.discard(DECAWM)
        kept_text = kept.text()
        kept.forget()
        pyte.Stream(anew).feed(kept.changes())
        assert shown(terminal) == shown(anew)
        assert "\n".join("".join(c[0] for c in row).rstrip() for row in shown(anew)) == kept_text  # type: ignore[misc]


def test_nothing_is_sent_when_nothing_changed() -> None:
    screen = frame(20, 2)
    screen.put(0, 0, Strip([Segment("hello 日本")]))
    assert screen.changes()
    screen.put(0, 0, Strip([Segment("hello 日本")]))
    assert screen.changes() == ""


def test_only_the_changed_cells_are_sent() -> None:
    screen = frame(40, 2)
    screen.put(0, 0, Strip([Segment("the quick brown fox jumps over the lazy")]))
    screen.changes()
    screen.put(0, 0, Strip([Segment("the quick brown cat jumps over the lazy")]))
    assert screen.changes() == "\x1b[m\x1b[1;17Hcat"


def test_each_ink_is_taken_up_once_wherever_it_is_needed() -> None:
    screen = frame(40, 9)
    for y in range(9):
        screen.put(0, y, Strip([Segment(f"name {y}", STYLES[1]), Segment(f" 返金 {y}", STYLES[2])]))
    sent = screen.changes()
    assert sent.count("38;5;196") == sent.count("38;2;18;52;86") == 1


def test_glyphs_of_disputed_width_are_placed_one_by_one() -> None:
    screen = frame(10, 1)
    screen.put(0, 0, Strip([Segment("👩‍👩‍👧x")]))
    assert "\x1b[3Gx" in screen.changes()


def test_what_a_terminal_spills_of_a_joined_emoji_is_painted_over() -> None:
    """pyte, like many terminals, draws a skin tone in cells of its own."""
    screen = pyte.Screen(20, 1)
    screen.mode.discard(DECAWM)
    stream = pyte.Stream(screen)
    kept = frame(20, 1)
    for text in ("", "ok 👍🏽", "ko 👍🏽", ""):
        kept.put(0, 0, Strip([Segment(text)]).adjust_cell_length(20, None))
        stream.feed(kept.changes())
        assert screen.display[0].replace("👍", "").split() == text.replace("👍🏽", "").split()


def test_no_more_is_drawn_in_one_cell_than_an_emoji_needs() -> None:
    kept = frame(20, 1)
    kept.put(0, 0, Strip([Segment("a" + "\u0301" * 5_000)]).adjust_cell_length(20, None))
    assert kept.changes().count("\u0301") < 20


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]0;t\x07",
        "\x1b[2J",
        "\x9b2J",
        "\x90q\x9c",
        "a\x00b\x7fc",
        "\u202egnp.exe",
        "\U000e0041x",
        "\ud800y",
        "a\tb",
    ],
)
def test_controls_in_text_never_leave(hostile: str) -> None:
    screen = frame(30, 1)
    screen.put(0, 0, Strip([Segment(hostile)], 30))
    sent = screen.changes()
    for start in ("\x1b]", "\x1b[2J", "\x9b", "\x90", "\x00", "\x7f", "\u202e", "\U000e0041", "\ud800", "\t", "\x07"):
        assert start not in sent


def test_links_in_styles_are_dropped() -> None:
    screen = frame(30, 1)
    screen.put(0, 0, Strip([Segment("here", Style(link="https://evil.example/\x1b]52;c;x\x07"))]))
    assert "\x1b]" not in screen.changes()


def test_a_strip_shorter_than_it_says_is_padded() -> None:
    screen = frame(10, 1)
    screen.put(0, 0, Strip([Segment("a\x1bb")], 3))
    screen.put(3, 0, Strip([Segment("next")]))
    assert screen.text() == "ab next"


def test_strip_that_was_drawn_cut_is_whole_where_there_is_room() -> None:
    strip = Strip([Segment("abc日本語de", STYLES[1])])
    drawn = frame(12, 2)
    drawn.put(6, 0, strip)
    drawn.put(0, 1, strip)
    assert drawn.text() == "      abc日\nabc日本語de"


def test_strips_beyond_those_that_are_remembered_are_drawn_as_themselves() -> None:
    drawn = frame(8, 1)
    for number in range(3 * REMEMBERED):
        drawn.put(0, 0, Strip([Segment(f"{number:<8}")]))
        assert drawn.text() == str(number)
