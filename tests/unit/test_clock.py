"""Clocks and the form of times."""

from __future__ import annotations

from omnitui.clock import FrozenClock, ScaledClock, SystemClock, rfc3339


def test_rfc3339_has_milliseconds_and_z() -> None:
    assert rfc3339(1_772_411_400_007) == "2026-03-02T00:30:00.007Z"
    assert rfc3339(-1) == "1969-12-31T23:59:59.999Z"


def test_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock(5)
    assert clock.now() == clock.now() == 5
    clock.advance(-2)
    assert clock.now() == 3


def test_scaled_clock_of_speed_zero_stands_still() -> None:
    clock = ScaledClock(1_000, 0)
    assert {clock.now() for _ in range(1_000)} == {1_000}


def test_scaled_clock_runs_ahead() -> None:
    clock = ScaledClock(0, 1e9)
    first = clock.now()
    assert clock.now() > first


def test_system_clock_tells_milliseconds_of_this_century() -> None:
    assert 1_577_836_800_000 < SystemClock().now() < 4_102_444_800_000
