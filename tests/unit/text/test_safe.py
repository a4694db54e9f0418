"""SafeText takes away what a terminal acts on, and nothing that people write."""

from __future__ import annotations

import copy
import pickle
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.safe import MAX_CHARS, MAX_LINES, SafeText, safe, strip_controls
from omnitui.text.widths import cell_width, clusters

ANYTHING = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
NASTY = st.text(alphabet="ab\x1b\x9b\r\n\t\u202e\u200d\u200c\ufe0f\u0301\u0316\U000e0041\ud800か゛👩👍🏽न्", max_size=60)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("お世話になっております。\u3000山田", "お世話になっております。\u3000山田"),
        ("a\r\nb\rc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b31m", "␛[31m"),
        ("\x7f\x00", "␡␀"),
        ("\ud83d", "\ufffd"),
        ("ab\u202egnp.exe", "abgnp.exe"),
        ("x\U000e0041\U000e0042y", "xy"),
        ("zero\u200bwidth\ufeff\u00ad", "zerowidth"),
        ("a\u200db\u200cc", "abc"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("👩🏽\u200d💻", "👩🏽\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("e\u0301", "é"),
        ("か\u3099", "が"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("a\ufe0fb\U000e0100", "ab"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("שלום مرحبا", "שלום مرحبا"),
        ("a\tb", "a       b"),
        ("日本\tb", "日本    b"),
    ],
)
def test_safe_shows_each_kind_of_text_as_it_should(raw: str, shown: str) -> None:
    assert safe(raw) == shown


def test_safe_single_line_makes_line_ends_and_tabs_spaces() -> None:
    assert safe("a\r\nb\tc\u2028d", multiline=False) == "a b c d"


def test_safe_names_what_it_took_away() -> None:
    assert safe("fine").badges == ()
    assert safe("a\u2066b").badges == ("bidi",)
    assert safe("a\U000e0061b").badges == ("hidden",)
    assert safe("\x1b[2J").badges == ("controls",)


def test_safe_cuts_at_its_limits_and_says_so() -> None:
    long = safe("x" * (MAX_CHARS + 1))
    assert len(long) == MAX_CHARS
    assert long.truncated
    many = safe("x\n" * (MAX_LINES + 5))
    assert many.count("\n") == MAX_LINES - 1
    assert many.truncated
    assert not safe("x\n" * (MAX_LINES - 1)).truncated
    assert len(safe("\t" * MAX_CHARS)) == MAX_CHARS


def test_safe_keeps_at_most_four_marks_on_a_base() -> None:
    tower = safe("a" + "\u0316\u0301" * 50_000 + "b")
    assert sum(unicodedata.combining(char) > 0 for char in unicodedata.normalize("NFD", tower)) <= 5
    assert tower.endswith("b")


def test_safe_joins_a_family_and_no_crowd() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    assert safe(family) == family
    crowd = safe("👨🏽\u200d" * 1_000 + "👨")
    assert max(len(piece) for piece, _width in clusters(crowd)) < 20
    assert cell_width(crowd) > 300
    assert safe(str(crowd)) == crowd


def test_safe_expands_no_more_tabs_than_it_may_show() -> None:
    cut = safe("\t" * 200_000 + "x")
    assert len(cut) == MAX_CHARS
    assert cut.truncated


def test_safe_text_is_made_by_safe_alone() -> None:
    with pytest.raises(TypeError):
        SafeText(object(), "\x1b[2J")


def test_safe_text_survives_copying_and_pickling() -> None:
    one = safe("a\u202eb\nc")
    for other in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert isinstance(other, SafeText)
        assert (other, other.badges) == (one, ("bidi",))


def test_safe_of_safe_text_is_the_same_object() -> None:
    one = safe("a\x1bb\nc")
    assert safe(one) is one
    assert safe(one, multiline=False) == "a␛b c"


@given(ANYTHING | NASTY)
def test_safe_leaves_nothing_that_acts_on_a_terminal(raw: str) -> None:
    shown = safe(raw)
    assert strip_controls(shown) == shown
    assert unicodedata.is_normalized("NFC", shown)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown.replace("\n", ""))
    assert "\n" not in safe(raw, multiline=False)


@given(ANYTHING | NASTY)
def test_safe_is_idempotent(raw: str) -> None:
    once = safe(raw)
    assert safe(str(once)) == once


@given(ANYTHING | NASTY)
def test_strip_controls_leaves_only_newlines_of_all_controls(raw: str) -> None:
    left = strip_controls(raw)
    assert not any(char != "\n" and unicodedata.category(char) in ("Cc", "Cs") for char in left)
    assert not set(left) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\U000e0041")
    assert [char for char in raw if char.isalnum()] == [char for char in left if char.isalnum()]


def test_strip_controls_keeps_ordinary_text() -> None:
    text = "日本語\u3000text\nwith 👩\u200d💻 and é"
    assert strip_controls(text) == text
