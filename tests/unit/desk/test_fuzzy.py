"""How a few letters fit a name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitui.desk.fuzzy import fit


def best(typed: str, *names: str) -> list[str]:
    found = [(one.score, name) for name in names if (one := fit(typed, name)) is not None]
    return [name for _score, name in sorted(found, key=lambda one: -one[0])]


def test_beginning_of_the_name_comes_before_a_words_and_that_before_its_middle() -> None:
    assert best("res", "Shores", "Conversation: resolve", "Resolve") == ["Resolve", "Conversation: resolve", "Shores"]


def test_first_letters_of_words_find_but_scattered_ones_do_not() -> None:
    assert best("gti", "Go to the inbox", "Getting on") == ["Go to the inbox"]
    assert fit("sato", "Snooze until tomorrow") is None
    sentence = 'unsure = "keep"  What becomes of a message whose hook crashes or takes too long: it leaves all the same'
    assert fit("kettle", sentence) is None
    assert fit("khz", "keep it here for as long as it is, and then keep it here at the zoo") is not None


def test_words_may_come_in_any_order_and_all_have_to_be_there() -> None:
    assert fit("inbox go", "Go to the inbox") is not None
    assert fit("inbox went", "Go to the inbox") is None


def test_single_japanese_character_finds() -> None:
    found = fit("返", "#要返金")
    assert found is not None
    assert found.places == (2,)


def test_width_and_case_do_not_matter() -> None:
    assert fit("vip", "ＶＩＰ") is not None
    assert fit("ｶﾀ", "カタログ") is not None


def test_words_beside_the_name_find_but_count_less() -> None:
    named, aside = fit("reply", "Reply"), fit("reply", "Answer", "conversation.reply")
    assert named is not None
    assert aside is not None
    assert named.score > aside.score
    assert aside.places == ()


@given(st.text(max_size=20), st.text(max_size=60))
def test_places_lie_inside_the_name(typed: str, name: str) -> None:
    found = fit(typed, name)
    if found is not None:
        assert all(0 <= place < len(name) for place in found.places)
