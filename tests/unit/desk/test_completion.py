"""Completion of queries while they are typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitui.desk.querying.completion import Names, complete
from omnitui.desk.querying.parsing import KEYS

NAMES = Names(agents=("Hanako", "Bob Stone"), labels=("vip", "返品", "big customer"), channels=("line", "email"))


def texts(typed: str) -> list[str]:
    return [one.text for one in complete(typed, len(typed), NAMES)]


def applied(typed: str, number: int = 0) -> str:
    one = complete(typed, len(typed), NAMES)[number]
    return typed[: one.start] + one.text + typed[one.end :]


def test_filters_are_offered_for_the_begun_word() -> None:
    assert texts("is:open ass")[0] == "assignee:"
    assert "is:" in texts("")


def test_values_and_known_names_are_offered_after_the_colon() -> None:
    assert texts("is:un") == ["unread", "unanswered", "unassigned"]
    assert texts("assignee:") == ["me", "none", "Hanako", '"Bob Stone"']
    assert texts("label:返") == ["返品"]
    assert applied("a -channel:l") == "a -channel:line"
    assert applied("tag:cust") == 'tag:"big customer"'
    assert applied("(label:v") == "(label:vip"


@given(st.text(), st.integers(min_value=0, max_value=30))
def test_completion_of_any_text_stays_inside_it(text: str, position: int) -> None:
    position = min(position, len(text))
    for one in complete(text, position, NAMES):
        assert 0 <= one.start <= position <= one.end <= len(text)


def test_every_filter_with_known_values_offers_them_also_in_japanese() -> None:
    known = Names(
        *(("花子",), ("line",), ("Shop",), ("a@example.com",), ("返品",), ("vip",)),
        *(("東京商会",), ("ja",), ("billing",)),
        ("mine",),
    )
    offered = {key: [one.text for one in complete(f"{key}:", len(key) + 1, known)] for key in KEYS}
    assert {key for key, found in offered.items() if not found} <= {"from", "subject", "reason"}
    assert offered["team"] == ["mine", "billing"]
    assert "window" in offered["sort"]
    assert [one.text for one in complete("during:昨", 8, known)] == ["昨日"]
    assert [one.text for one in complete("label：返", 7, known)] == ["返品"]
