"""Which contacts are likely one person, and why."""

from __future__ import annotations

import pytest

from omnitui.desk.belonging.resemblance import OFFERED, SURE, Person, Resemblance, resemblance, sought
from omnitui.model.people import Contact, Identity


def person(name: str, *addresses: str, firm: str | None = None, verified: bool = False) -> Person:
    channels = ("sms" if one.startswith("+") else "email" if "@" in one else "irc" for one in addresses)
    found = tuple(Identity(one, "c", channel, one, verified=verified) for channel, one in zip(channels, addresses))  # noqa: B905
    return Person(Contact("c", name, firm), found)


def both(one: Person, other: Person) -> Resemblance:
    """The resemblance, which is the same from either side."""
    found = resemblance(one, other)
    assert resemblance(other, one).score == found.score
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("山田 花子", "山田花子"),
        ("山田 花子", "山田\u3000花子様"),
        ("ヤマダ ハナコ", "やまだ はなこ"),
        ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ　ハナコ"),
        ("山田 花子", "花子 山田"),
        ("Ann Stone", "STONE, Ann"),
        ("Ａｎｎ　Ｓｔｏｎｅ", "Mrs. Ann Stone"),
        ("José Peña", "Jose Pena"),
        ("김 민수", "김민수"),
        ("渡辺 真理子", "渡邊 眞理子"),
    ],
)
def test_name_is_the_same_in_another_width_case_kana_order_or_form_of_address(one: str, other: str) -> None:
    found = both(person(one), person(other))
    assert found == Resemblance(60, ("same name",))


@pytest.mark.parametrize(("one", "other"), [("John Smith", "Jon Smith"), ("やまもと あきひろ", "ヤマモト アキヒコ")])
def test_name_that_is_spelled_almost_alike_is_offered_with_how_much(one: str, other: str) -> None:
    found = both(person(one), person(other))
    assert OFFERED <= found.score < 60, found
    assert "a similar name" in found.reasons[0]
    assert resemblance(person(one), person(other), spelling=False).score == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann Stone", "Bo Reed"),
        ("Ann", "Anne"),
        ("花子", "花江"),
        ("田中 一郎", "田中 二郎"),
        ("Mr.", "Mrs."),
        ("ann@example.com", "ann@example.com"),
        ("+81312345678", "+81312345678"),
        ("", ""),
    ],
)
def test_name_that_says_little_is_not_offered(one: str, other: str) -> None:
    assert both(person(one), person(other)).score < OFFERED


def test_address_counts_only_when_it_is_exactly_the_same() -> None:
    mail, number = person("A", "ann@example.com"), person("B", "+81312345678")
    assert both(mail, person("C", "ann@example.com")) == Resemblance(SURE, ("the same mail address",))
    assert both(number, person("C", "+81312345678")) == Resemblance(SURE, ("the same telephone number",))
    assert both(mail, person("C", "anne@example.com")).score < OFFERED
    assert both(number, person("C", "+81312345679")).score < OFFERED


def test_only_an_address_that_is_verified_on_both_sides_is_certain() -> None:
    sure = person("A", "ann@example.com", verified=True)
    assert both(sure, person("B", "ann@example.com", verified=True)).score == 100
    assert both(sure, person("B", "ann@example.com")).score == SURE
    alike = person("Ann Stone", "ann.stone@one.example", firm="f", verified=True)
    everything = both(alike, person("Ann Stone", "ann.stone@two.example", firm="f", verified=True))
    assert everything.score < SURE
    assert everything.reasons == ("same name", "the same name before the @", "the same firm")


def test_same_nickname_on_another_channel_is_a_hint_only() -> None:
    assert both(person("A", "teapot"), person("B", "teapot")) == Resemblance(
        OFFERED, ("the same name on another channel",)
    )


def test_first_parts_of_addresses_that_name_nobody_say_nothing() -> None:
    assert both(person("A", "support@one.example"), person("B", "support@two.example")).score == 0


def test_what_is_looked_for_stands_in_every_spelling_of_the_name() -> None:
    assert sought(person("John Smith", "jsmith@example.com")) == ("joh", "smi", "jsmith@")
    assert {"やま", "ヤマ"} <= set(sought(person("ヤマダ ハナコ")))
    assert {"渡辺", "渡邊", "渡邉"} <= set(sought(person("渡邊 花子")))
    assert sought(person("Ann")) == ()
