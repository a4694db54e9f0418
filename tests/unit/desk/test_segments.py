"""Counting text messages: what a phone would get, whatever is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.desk.segments import foreign, parts, segments

LETTERS = st.sampled_from("aZ é€[]{}お茶🍵\n")


@pytest.mark.parametrize(
    ("text", "count", "left", "gsm"),
    [
        ("", 0, 0, True),
        ("a" * 160, 1, 0, True),
        ("a" * 161, 2, 2 * 153 - 161, True),
        ("€" * 80, 1, 0, True),
        ("€" * 81, 2, 153 - 2 * 5, True),
        ("茶" * 70, 1, 0, False),
        ("茶" * 71, 2, 2 * 67 - 71, False),
        ("🍵" * 35, 1, 0, False),
        ("🍵" * 36, 2, 67 - 2 * 3, False),
        ("é", 1, 159, True),
        ("ê", 1, 69, False),
    ],
)
def test_parts_are_counted_as_the_standard_cuts_them(text: str, count: int, left: int, gsm: bool) -> None:
    found = segments(text)
    assert (found.count, found.left, found.gsm) == (count, left, gsm)


@given(st.text(LETTERS, max_size=400), LETTERS)
def test_more_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert segments(text + more).count >= segments(text).count


@given(st.text(LETTERS, min_size=1, max_size=600))
def test_every_unit_is_in_a_part_and_none_is_nearly_empty(text: str) -> None:
    found = segments(text)
    units = len(text) + sum(char in "€[]{}" for char in text) if found.gsm else len(text.encode("utf-16-le")) // 2
    single, part = (160, 153) if found.gsm else (70, 67)
    room = single if found.count == 1 else part * found.count
    assert 0 <= room - units - found.left < found.count, "at most one unit is lost at the end of each part"
    assert found.gsm is (foreign(text) == "")


@given(st.text(LETTERS, max_size=600))
def test_parts_are_as_many_as_counted_fit_and_make_the_text_again(text: str) -> None:
    found, cut = segments(text), parts(text)
    assert "".join(cut) == text
    assert len(cut) == found.count
    for part in cut if len(cut) > 1 else ():
        assert segments(part).gsm or not found.gsm
        units = len(part) + sum(char in "€[]{}" for char in part) if found.gsm else len(part.encode("utf-16-le")) // 2
        assert units <= (153 if found.gsm else 67)
