"""Naps end by the clock or by a call, whatever the pace of the clock."""

from __future__ import annotations

import asyncio

import pytest

from omnitui.clock import DAY, MINUTE, FrozenClock, Millis, ScaledClock, SystemClock
from omnitui.sync.naps import nap


class Watched(ScaledClock):
    """Counts how often it is looked at."""

    looks = 0

    def now(self) -> Millis:
        self.looks += 1
        return super().now()


async def test_nap_ends_when_its_time_has_come() -> None:
    clock = SystemClock()
    assert await nap(clock, clock.now() - 1, asyncio.Event()) is False
    assert await nap(clock, clock.now() + 30, asyncio.Event()) is False


async def test_nap_is_cut_short_by_a_call() -> None:
    wake = asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, wake.set)
    assert await nap(SystemClock(), None, wake) is True
    assert not wake.is_set()


async def test_nap_that_is_called_and_cancelled_at_once_is_cancelled() -> None:
    clock = SystemClock()
    for steps in range(6):
        wake = asyncio.Event()
        task = asyncio.create_task(nap(clock, clock.now() + DAY, wake))
        for _ in range(5):
            await asyncio.sleep(0)
        wake.set()
        for _ in range(steps):
            await asyncio.sleep(0)
        if task.cancel():
            await asyncio.wait({task})
            assert task.cancelled(), steps


async def test_nap_on_a_fast_clock_takes_its_share_of_real_time() -> None:
    clock = ScaledClock(0, 1_000_000)
    async with asyncio.timeout(30):
        assert await nap(clock, clock.now() + 500 * MINUTE, asyncio.Event()) is False


async def test_nap_ends_when_somebody_moves_the_clock() -> None:
    clock = FrozenClock()
    asyncio.get_running_loop().call_later(0.02, clock.advance, MINUTE)
    async with asyncio.timeout(30):
        assert await nap(clock, clock.now() + MINUTE, asyncio.Event()) is False


async def test_clock_that_stands_still_wakes_nobody() -> None:
    clock, wake = Watched(0, 0), asyncio.Event()
    asyncio.get_running_loop().call_later(0.5, wake.set)
    assert await nap(clock, MINUTE, wake) is True
    assert clock.looks <= 3


class SetClock(SystemClock):
    """Somebody sets it."""

    def __init__(self) -> None:
        self.by: Millis = 0

    def now(self) -> Millis:
        return super().now() + self.by


@pytest.mark.parametrize("by", [-DAY, DAY])
async def test_nap_is_as_long_as_it_was_meant_to_be_when_the_clock_is_set(by: Millis) -> None:
    clock = SetClock()
    asyncio.get_running_loop().call_later(0.02, setattr, clock, "by", by)
    before = clock.steady()
    async with asyncio.timeout(60):
        assert await nap(clock, clock.now() + 200, asyncio.Event()) is False
    assert clock.steady() - before >= 200
