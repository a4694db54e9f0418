"""Address lists are read as their senders meant them, in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.mail.addresses import MAX_ADDRESSES, parse_addresses


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b.c", [("", "a@b.c")]),
        ("Anna <a@b.c>", [("Anna", "a@b.c")]),
        ('"Doe, Jane" <j@d.e>, x@y.z', [("Doe, Jane", "j@d.e"), ("", "x@y.z")]),
        ('"a\\"b" <q@w.e>', [('a"b', "q@w.e")]),
        ("a@b.c (Anna (Annie))", [("Anna (Annie)", "a@b.c")]),
        ("team: a@b.c, d@e.f;", [("", "a@b.c"), ("", "d@e.f")]),
        ("undisclosed-recipients:;", []),
        ("a@b.c; d@e.f", [("", "a@b.c"), ("", "d@e.f")]),
        ("=?utf-8?B?5bGx55Sw?= <y@x.jp>", [("山田", "y@x.jp")]),
        ('"=?utf-8?B?5bGx55Sw?=" <y@x.jp>', [("山田", "y@x.jp")]),
        ("=?utf-8?Q?Foo=2C_Bar_=3Ca=40b.c=3E?=", [("Foo, Bar", "a@b.c")]),
        ("=?utf-8?Q?Foo=2C?= <a@b.c>", [("Foo,", "a@b.c")]),
        ("山田 太郎 <y@x.jp>".encode("cp932"), [("山田 太郎", "y@x.jp")]),
        (b"\x1b$B;3ED\x1b(B <y@x.jp>", [("山田", "y@x.jp")]),
        ("<@r1,@r2:a@b.c>", [("", "a@b.c")]),
        ("Name <a@b.c", [("Name", "a@b.c")]),
        ('"unclosed <a@b.c>', [("unclosed", "a@b.c")]),
        ("'x@y.z' <x@y.z>", [("", "x@y.z")]),
        ("Foo <mailto:x@y.z>", [("Foo", "x@y.z")]),
        ('"', []),
        ("", []),
    ],
)
def test_addresses_are_read_as_meant(value: str | bytes, expected: list[tuple[str, str]]) -> None:
    found, more = parse_addresses(value)
    assert [(person.name, person.address) for person in found] == expected
    assert not more


def test_addresses_beyond_the_limit_are_left_out_and_told() -> None:
    found, more = parse_addresses(", ".join(f"u{n}@example.com" for n in range(20_000)))
    assert len(found) == MAX_ADDRESSES
    assert more


@pytest.mark.parametrize(
    "unit", ['"', "\\", '"\\"', "(", "<", '"a" <', ":", "(\\", "=?utf-8?q?", "x@", "<a@b", ",", ";:"]
)
def test_addresses_of_repeated_specials_take_no_time(unit: str) -> None:
    start = time.process_time()
    parse_addresses((unit * 65_536)[:65_536])
    assert time.process_time() - start < 5  # quadratic readers take minutes


@given(st.text(alphabet='ab@<>(),;:"\\ =?Q', max_size=80) | st.text(max_size=80))
def test_addresses_never_raise(value: str) -> None:
    parse_addresses(value)
