"""The part of a text that a search shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.snippets import snippet


def test_snippet_is_one_line_around_the_found_word() -> None:
    text = "はじめまして。\n\n" + "あ" * 200 + "返金をお願いします" + "い" * 200
    shown = snippet(text, ["返金"], 60)
    assert "返金をお願いします" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "\n" not in shown


def test_short_text_is_shown_whole() -> None:
    assert snippet("Ｒｅｆｕｎｄ  me", ["refund"]) == "Refund me"


def test_beginning_is_shown_without_a_find() -> None:
    assert snippet("a b " * 100, ["zebra"], 10) == "a b a b a …"


@given(st.text(), st.lists(st.text(max_size=4)), st.integers(1, 50))
def test_snippet_of_any_text_is_short_and_without_line_breaks(text: str, words: list[str], size: int) -> None:
    shown = snippet(text, words, size)
    assert len(shown) <= size + 2
    assert "\n" not in shown
