"""Canned responses: files as people write them, names filled in and nothing run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.desk.canned import Canned, code_before, filled, fitting, parsed, unfilled


def test_head_names_code_title_channels_and_language() -> None:
    text = (
        "\ufeff---\r\ntitle: 'Refund'\r\nshortcut: ;re fund\nchannel: [LINE, sms]\nlanguage: JA\nowner: me\n---\r\nHi\n"
    )
    assert parsed("file", text) == Canned("re-fund", "Refund", "Hi", ("line", "sms"), "ja")


def test_file_without_a_head_is_called_by_its_name() -> None:
    assert parsed("thank-you", "--- not a head\nHi") == Canned("thank-you", "thank you", "--- not a head\nHi")


@pytest.mark.parametrize(
    ("text", "expected", "missing"),
    [
        ("Dear {contact.name|customer},", "Dear Ann,", ()),
        ("Dear {contact.segment|friend}", "Dear friend", ()),
        ("{contact.segment|}!", "!", ()),
        ("{contact.segment}", "{contact.segment}", ("contact.segment",)),
        ("{contact.fields.size} {contact.fields.hat}", "XL {contact.fields.hat}", ("contact.fields.hat",)),
        ('{"json": 1} {x} {} {contact.name.__class__}', '{"json": 1} {x} {} {contact.name.__class__}', ()),
    ],
)
def test_names_are_filled_in_and_other_braces_stay(text: str, expected: str, missing: tuple[str, ...]) -> None:
    found = filled(text, {"contact.name": "Ann", "contact.segment": "", "contact.fields.size": "XL"})
    assert (found.text, found.missing) == (expected, missing)


def test_what_was_filled_in_is_not_looked_at_again() -> None:
    assert filled("{contact.name}", {"contact.name": "{agent.name}", "agent.name": "Aya"}).text == "{agent.name}"


@given(st.text(), st.dictionaries(st.sampled_from(["contact.name", "agent.name"]), st.text()))
def test_no_text_makes_a_fault(text: str, facts: dict[str, str]) -> None:
    filled(text, facts)
    unfilled(text)
    code_before(text)
    parsed("name", text)


@pytest.mark.parametrize(
    ("line", "code"),
    [(";re", "re"), ("Hi ;", ""), ("です;re", "re"), ("a;re", None), (";re ", None), ("", None), (";返金", "返金")],
)
def test_code_is_read_before_the_cursor(line: str, code: str | None) -> None:
    assert code_before(line) == code


def test_channel_decides_what_is_offered_and_the_customers_language_comes_first() -> None:
    every = [Canned("b", "", "x", (), "en"), Canned("c", "", "x", ("line",)), Canned("d", "", "x", (), "ja")]
    assert [one.code for one in fitting(every, "email", "ja")] == ["d", "b"]
    assert [one.code for one in fitting(every, "line", "")] == ["b", "c", "d"]
