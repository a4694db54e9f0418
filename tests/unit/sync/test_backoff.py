"""Rests grow, differ from each other, and are never shorter than a back end asks for."""

from __future__ import annotations

import random
from statistics import mean

import pytest

from omnitui.clock import MINUTE, SECOND, Millis
from omnitui.sdk import Fault, NotReady, RateLimited, Unreachable
from omnitui.sync.backoff import Backoff, jittered, rest_of


def rests(fault: Fault, count: int, seed: int = 1) -> list[Millis]:
    backoff = Backoff(random=random.Random(seed))
    return [rest_of(fault, backoff) for _ in range(count)]


def test_jitter_is_spread_evenly_over_the_second_half() -> None:
    source = random.Random(3)
    found = [jittered(10_000, source) for _ in range(10_000)]
    assert min(found) >= 5_000
    assert max(found) <= 10_000
    assert mean(found) == pytest.approx(7_500, rel=0.01)
    tenths = [sum(low <= one < low + 500 for one in found) for low in range(5_000, 10_000, 500)]
    assert all(850 < count < 1_150 for count in tenths), tenths


def test_hundred_accounts_that_failed_together_do_not_come_back_together() -> None:
    sixth = [rests(NotReady("down"), 6, seed)[5] for seed in range(100)]
    assert len({rest // 100 for rest in sixth}) > 50
    assert all(16 * SECOND <= rest <= 32 * SECOND for rest in sixth)


def test_rests_double_up_to_the_longest() -> None:
    found = rests(NotReady("down"), 14)
    for number, rest in enumerate(found):
        whole = min(SECOND << number, 5 * MINUTE)
        assert whole // 2 <= rest <= whole


def test_rest_where_nobody_answers_stays_short_and_does_not_lengthen_the_next_one() -> None:
    backoff = Backoff(random=random.Random(5))
    assert all(rest_of(Unreachable("no route"), backoff) <= 3 * SECOND for _ in range(1_000))
    assert rest_of(NotReady("starting"), backoff) <= 8 * SECOND


@pytest.mark.parametrize("after", [1, 999, 30 * SECOND, 60 * MINUTE])
def test_rest_is_never_shorter_than_asked_for(after: Millis) -> None:
    found = rests(RateLimited("slow down", after=after), 1_000)
    assert min(found) > after
    assert max(found) <= after + 5 * SECOND + 1
