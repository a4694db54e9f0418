"""Lines of Japanese that end where phrases do."""

from __future__ import annotations

import pytest

from omnitui.text import japanese
from omnitui.text.japanese import wrap_prose
from omnitui.text.widths import cell_width, wrap

PHRASES = (
    *("先日", "お送りいただいた", "資料に", "ついて、", "ご確認を", "お願いいたします。"),
    *("カスタマーサポートの", "体制を", "ご案内しております。"),
)
TEXT = "".join(PHRASES)
ENDS = {sum(map(len, PHRASES[: count + 1])) for count in range(len(PHRASES))}


@pytest.fixture(autouse=True)
def _loaded() -> None:
    japanese.load()


@pytest.mark.parametrize("cells", [30, 31, 36, 40, 48, 60, 96])
def test_no_line_ends_inside_a_phrase_where_there_is_room(cells: int) -> None:
    at = 0
    for line in wrap_prose(TEXT, cells):
        assert cell_width(line) <= cells
        at += len(line)
        assert at in ENDS
    assert at == len(TEXT)


@pytest.mark.parametrize("cells", [2, 12, 20, 29])
def test_narrow_columns_are_filled(cells: int) -> None:
    assert wrap_prose(TEXT, cells) == wrap(TEXT, cells)


def test_phrase_longer_than_the_line_is_cut_and_line_edge_rules_hold() -> None:
    lines = wrap_prose("カスタマーサポートセンターコールバックリクエストフォームのご案内（重要）。", 30)
    assert all(0 < cell_width(line) <= 30 for line in lines)
    assert not any(line[0] in "ー、。）" or line[-1] in "（「" for line in lines)


def test_words_of_other_scripts_stay_whole_and_no_character_gets_lost() -> None:
    text = (
        "先日ご注文いただいたOrder 66 のキャンセルについて、https://example.co.jp/support/contact/1234 をご覧ください。"
    )
    lines = wrap_prose(text, 40)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith("の") for line in lines)
    assert any("Order 66" in line for line in lines)


def test_marks_stay_on_their_letters_and_emoji_whole() -> None:
    text = "か\u3099き\u3099く\u3099の話です👩‍👩‍👧家族のことを話しましょう。" * 4
    lines = wrap_prose(text, 30)
    assert "".join(lines) == text
    assert not any(line[0] in "\u3099\u200d" or line.endswith("\u200d") for line in lines)


def test_paragraph_without_kana_and_one_too_long_for_prose_are_broken_plainly() -> None:
    for text in ("東京都千代田区丸之内一丁目" * 8, TEXT * 200):
        assert wrap_prose(text, 40) == wrap(text, 40)


def test_other_paragraphs_keep_their_lines() -> None:
    text = f"Hello there, this is a line that is long enough.\n\n{TEXT}\n"
    lines = wrap_prose(text, 40)
    assert lines[:3] == ["Hello there, this is a line that is long", "enough.", ""]
    assert lines[-1] == ""


def test_model_is_wanted_for_japanese_only_until_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(japanese, "_parser", None)
    assert not japanese.wanted(["plain", "東京都", "Grüße"])
    assert japanese.wanted(["plain", "よろしく"])
    assert wrap_prose(TEXT, 40) == wrap(TEXT, 40)
    japanese.load()
    assert not japanese.wanted(["よろしく"])
