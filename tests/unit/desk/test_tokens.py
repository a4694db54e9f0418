"""Reply tokens: only ours bind, whatever mailers do to the address."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitui.desk.belonging.tokens import (
    LOCAL_PART_LIMIT,
    make_token,
    plain_address,
    read_token,
    reply_address,
    token_among,
)
from omnitui.ids import encode

KEY = b"k" * 32
ULIDS = st.builds(encode, st.integers(0, 2**48 - 1), st.integers(0, 2**80 - 1))
SUPPORT = "support@example.com"


@given(ULIDS)
def test_token_names_its_conversation_in_any_case(ulid: str) -> None:
    token = make_token(KEY, ulid)
    assert read_token(KEY, token) == read_token(KEY, token.upper()) == ulid


@given(ULIDS, st.integers(0, 39), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_token_is_void_when_one_character_differs(ulid: str, at: int, char: str) -> None:
    token = make_token(KEY, ulid)
    changed = token[:at] + char + token[at + 1 :]
    assert (read_token(KEY, changed) == ulid) is (changed == token)


@given(ULIDS)
def test_token_is_void_under_another_key(ulid: str) -> None:
    assert read_token(b"x" * 32, make_token(KEY, ulid)) is None


@given(st.text(max_size=60))
def test_token_reading_never_raises_on_strange_text(text: str) -> None:
    assert read_token(KEY, text) is None


def test_address_carries_the_token_and_loses_it_again() -> None:
    ulid = encode(1_750_000_000_000, 7)
    address = reply_address(KEY, SUPPORT, ulid)
    assert address.endswith("@example.com")
    assert len(address.split("@")[0]) <= LOCAL_PART_LIMIT
    assert plain_address(address.upper()) == SUPPORT
    assert token_among(KEY, ["someone@else.example", address.title()], [SUPPORT]) == ulid


def test_address_stays_empty_when_the_local_part_is_too_long() -> None:
    assert reply_address(KEY, "a" * 30 + "@example.com", encode(1, 1)) == ""


def test_token_at_another_address_is_not_followed() -> None:
    address = reply_address(KEY, "support@evil.example", encode(1, 1))
    assert token_among(KEY, [address], [SUPPORT]) is None


def test_other_plus_addresses_stay_as_they_are() -> None:
    assert plain_address("Ann+ot.news@Example.com") == "ann+ot.news@example.com"
