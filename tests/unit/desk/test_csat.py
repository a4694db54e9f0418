"""Scores in customers' own words: recognised where they are meant, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.desk.csat import Rating, question, rating


@pytest.mark.parametrize(
    ("text", "score"),
    [
        *(("5", 5), ("４", 4), ("５！", 5), ("①", 1), ("5️⃣", 5), ("五", 5), ("four", 4), ("Five stars", 5)),
        *(("★★★★", 4), ("★★★★☆", 4), ("⭐⭐⭐⭐⭐", 5), ("⭐️⭐️⭐️", 3), ("星4つ", 4), ("4/5", 4), ("4 out of 5", 4)),
        *(("5 thanks!", 5), ("4 stars, thank you so much!", 4), ("評価：4", 4), ("rating: 2", 2), ("5 😀", 5)),
        *(("our rating is 3", 3), ("満足度5", 5), ("点数は2", 2), ("my score: 4/5", 4), ("csat 1", 1), ("note 3", 3)),
        *(("5点です。ありがとうございました", 5), ("3です", 3), ("  2 \n", 2), ("⭐4", 4), ("5点満点で4です", 4)),
        *(
            ("５点満点中４点", 4),
            ("5点満点！", 5),
            ("「５」", 5),
            ("(5)", 5),
            ("*4*.", 4),
            ("“2”", 2),
            ("1（不満）", 1),
        ),
        *(("5 (very) thanks", 5), ("5 stars out of 5", 5), ("five out of five", 5), ("5 :)", 5), ("5 <3", 5)),
    ],
)
def test_score_of_nothing_but_a_score_is_read(text: str, score: int) -> None:
    found = rating(text)
    assert found is not None
    assert (found.score, found.bare) == (score, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2\nToo slow, sorry", Rating(2, "2", "Too slow, sorry", bare=False, sure=False)),
        ("3 - too slow", Rating(3, "3", "too slow", bare=False, sure=False)),
        ("5. Great service", Rating(5, "5", "Great service", bare=False, sure=False)),
        (
            "5 thanks but where is my order?",
            Rating(5, "5", "thanks but where is my order?", bare=False, sure=False),
        ),
        ("★★ 遅い", Rating(2, "★★", "遅い", bare=False)),
    ],
)
def test_words_beside_a_score_are_its_comment(text: str, expected: Rating) -> None:
    assert rating(text) == expected


@pytest.mark.parametrize(
    "announced",
    [
        *("On Mon, Support wrote:", "On Mon, Support\nwrote:", "On Mon, 2 Mar 2026 at 10:00, Support <a@b.de> wrote:"),
        *("Am Montag schrieb Support:", "Montag hat Support geschrieben:", "Lundi, Support a écrit :"),
        *("月曜にサポートが書きました", "2026年3月2日(月) 10:00 サポート <a@b.jp>:", "サポートさんが書きました："),
    ],
)
def test_line_that_announces_a_quote_is_no_comment(announced: str) -> None:
    assert rating(f"4\n\n{announced}\n") == Rating(4, "4", sure=False)
    found = rating(f"2\nToo slow\n\n{announced}")
    assert found is not None
    assert found.comment == "Too slow"


@pytest.mark.parametrize(
    "comment", ["On Monday nobody wrote", "What Ann wrote:\nnothing", "月曜に私が書きました。", "Nobody wrote."]
)
def test_comment_that_speaks_of_writing_is_kept(comment: str) -> None:
    found = rating(f"2\n{comment}")
    assert found is not None
    assert found.comment == comment


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "hello 5", "0", "6", "10", "１０", "4.5", "4,5", "5/10", "-5", "5%", "3pm", "☆☆☆", "★★★★★★"),
        *(
            "5 parcels arrived broken",
            "5:30 is fine",
            "5 minutes ago I paid",
            "2 of them are broken",
            "one more question",
        ),
        *(
            "½",
            "1 1/2",
            "4→5",
            "4〜5点",
            "4 or 5",
            "1\n2\n3",
            "(1) foo",
            "5点満点中10点",
            "5/5/5",
            "5 (of 10)",
            "★ 4 of us",
        ),
        *("5, 6 and 7 are missing", "5-year-old laptop", "1. first\n2. second", "1) foo", "5か月待っています", "3日後"),
    ],
)
def test_number_that_may_mean_something_else_is_no_score(text: str) -> None:
    assert rating(text) is None


@pytest.mark.parametrize(
    ("text", "sure"),
    [("5", False), ("five", False), ("4!", False), ("4/5", True), ("★★", True), ("5点", True), ("rating: 2", True)],
)
def test_number_alone_may_answer_anything_and_what_names_the_scale_is_a_score(text: str, sure: bool) -> None:
    found = rating(text)
    assert found is not None
    assert found.sure is sure


@given(st.text(max_size=200))
def test_any_text_gives_a_score_of_the_scale_or_none(text: str) -> None:
    found = rating(text)
    assert found is None or 1 <= found.score <= 5


def test_question_is_in_the_contacts_language_where_there_is_one() -> None:
    own = {"ja_JP": "点は？", "de": "Wie war es?"}
    assert [question(own, one) for one in ("ja-JP", "de-AT", "DE")] == ["点は？", "Wie war es?", "Wie war es?"]
    assert question(own, "ja").startswith("今回")
    assert question(own, "fr") == question({}, "")
    assert question({}, "").startswith("How satisfied")
