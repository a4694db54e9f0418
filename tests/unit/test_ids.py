"""ULIDs: form, order, and what happens when the clock does not help."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from omnitui.clock import FrozenClock
from omnitui.ids import Ids, encode, is_ulid, made_at


def test_encode_gives_the_published_example() -> None:
    # github.com/ulid/spec: 01ARZ3NDEK is the time 1469922850259.
    assert encode(1_469_922_850_259, 0).startswith("01ARZ3NDEK")


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**80 - 1))
def test_encode_always_makes_a_ulid(at: int, randomness: int) -> None:
    assert is_ulid(encode(at, randomness))


@given(st.integers(0, 2**48 - 2), st.integers(0, 2**80 - 1), st.integers(0, 2**80 - 1))
def test_ulids_sort_by_time(at: int, one: int, other: int) -> None:
    assert encode(at, one) < encode(at + 1, other)


def test_ids_grow_while_the_clock_stands_or_steps_back() -> None:
    clock = FrozenClock()
    ids = Ids(clock)
    made = [ids.new() for _ in range(100)]
    clock.advance(-60_000)
    made += [ids.new() for _ in range(100)]
    assert made == sorted(set(made))


def test_ids_are_unique_over_threads() -> None:
    ids = Ids(FrozenClock())
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: ids.new(), range(2_000)))
    assert len(set(made)) == 2_000


def test_is_ulid_refuses_lower_case_foreign_letters_and_overflow() -> None:
    good = encode(1, 1)
    assert is_ulid(good)
    assert not is_ulid(good.lower() + "x")
    assert not is_ulid(good[:-1] + "U")
    assert not is_ulid("8" + good[1:])


@given(st.integers(0, (1 << 48) - 1), st.integers(0, (1 << 80) - 1))
def test_ulid_tells_when_it_was_made(at: int, randomness: int) -> None:
    assert made_at(encode(at, randomness)) == at


def test_what_is_no_ulid_was_made_at_no_time() -> None:
    assert made_at("op-1") == 0
