"""Cells are counted as the terminal face counts them, and lines break where readers expect it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from omnitui.text.widths import cell_width, clusters, crop, pad, wrap

TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=40)
JAPANESE = st.text(alphabet="あいう漢字テストー、。「」（）abc de1.", max_size=60)


def test_width_of_every_assigned_character_agrees_with_rich() -> None:
    # Between the third plane and the fourteenth nothing is assigned; the last two are for private use, all alike.
    planes = (range(0x20, 0xD800), range(0xE000, 0x40000), range(0xE0000, 0xF0100), range(0x10FF00, 0x110000))
    known = (chr(code) for codes in planes for code in codes)
    other = [
        hex(ord(char)) for char in known if unicodedata.category(char) != "Cn" and cell_width(char) != cell_len(char)
    ]
    assert other == []


@given(TEXT | st.text(alphabet="a日👩👧\u200d\ufe0f❤🏽☀1", max_size=20))
def test_width_of_any_text_agrees_with_rich(text: str) -> None:
    assert cell_width(text) == cell_len(text)


@given(TEXT)
def test_clusters_are_the_whole_text(text: str) -> None:
    assert "".join(piece for piece, _ in clusters(text)) == text
    assert sum(width for _, width in clusters(text)) == cell_width(text)


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語テスト", 7, "日本語…"),
        ("日本語テスト", 6, "日本…"),
        ("日本", 1, "…"),
        ("日本", 0, ""),
        ("👩\u200d💻 dev", 4, "👩\u200d💻 …"),
    ],
)
def test_crop_cuts_between_characters(text: str, cells: int, shown: str) -> None:
    assert crop(text, cells) == shown


@given(TEXT, st.integers(0, 30))
def test_crop_never_exceeds_and_pad_always_fills(text: str, cells: int) -> None:
    assert cell_width(crop(text, cells)) <= cells
    assert cell_width(pad(text, cells)) == cells


def test_pad_aligns() -> None:
    assert pad("日本", 7, align="right") == "   日本"
    assert pad("ab", 5, align="center") == " ab  "


def test_wrap_breaks_latin_text_at_spaces() -> None:
    assert wrap("the quick brown fox", 10) == ["the quick", "brown fox"]


def test_wrap_keeps_closing_marks_off_the_start_and_opening_ones_off_the_end() -> None:
    assert wrap("ああああ。いいい「うう」", 8) == ["あああ", "あ。いい", "い「う", "う」"]


@pytest.mark.parametrize("text", ["on 12/9 at noon", "see B-1107 again", "our 3-day offer", "12/9、品番 B-1107 です"])
def test_wrap_breaks_no_number_at_its_hyphen_or_slash(text: str) -> None:
    for cells in range(8, 20):
        joined = "\n".join(wrap(text, cells))
        assert not [mark for mark in ("12/\n", "B-\n", "3-\n") if mark in joined], joined


def test_wrap_breaks_words_at_their_hyphens_and_slashes() -> None:
    assert wrap("self-made and/or other", 9) == ["self-made", "and/or", "other"]
    assert wrap("a half-finished thing", 8) == ["a half-", "finished", "thing"]
    assert wrap("x 2024/12/09/11", 10) == ["x", "2024/12/09", "/11"]


def test_wrap_cuts_a_word_that_fits_no_line() -> None:
    assert wrap("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]


def test_wrap_keeps_newlines_and_blank_lines() -> None:
    assert wrap("a\n\nb", 10) == ["a", "", "b"]


@given(JAPANESE, st.integers(2, 20))
def test_wrap_loses_no_character_and_no_line_is_too_wide(text: str, cells: int) -> None:
    lines = wrap(text, cells)
    assert all(cell_width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(
    st.text(alphabet="ab -/(あ。「👩❤\u200d\ufe0f🏽e\u0301\u0300ش각", max_size=30),
    st.integers(1, 30),
    st.integers(2, 20),
)
def test_wrap_of_long_lines_keeps_together_what_belongs_together(text: str, times: int, cells: int) -> None:
    line = text * times
    lines = wrap(line, cells)
    assert "".join(lines).replace(" ", "") == line.replace(" ", "")
    widest = max((width for _, width in clusters(line)), default=0)
    assert all(cell_width(line) <= max(cells, widest) for line in lines)
    pieces = [piece for piece, _ in clusters(line) if piece != " "]
    assert [piece for line in lines for piece, _ in clusters(line) if piece != " "] == pieces


@pytest.mark.parametrize("text", ["x" * 300, "ab " * 100, "あ" * 300, "❤️" * 300, "e\u0301" * 300])
def test_wrap_looks_at_long_lines_in_parts(text: str) -> None:
    assert wrap(text * 40, 50)[:3] == wrap(text, 50)[:3]
    assert wrap(" " * 10_000 + "x", 50) == ["", "x"]
