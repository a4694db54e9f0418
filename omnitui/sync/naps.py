"""Waiting that can be cut short, on a clock that may run faster than the machine's."""

from __future__ import annotations

import asyncio

from omnitui.clock import Clock, Millis, speed_of, steady_of

GLANCE_SECONDS = 0.1
"""How often a clock is looked at that somebody moves by hand."""
LONGEST_SECONDS = 60.0
"""A machine that slept must not oversleep."""


async def nap(clock: Clock, until: Millis | None, wake: asyncio.Event) -> bool:
    """Wait until the clock shows `until` (None: for ever) or `wake` is set, which is cleared; whether it was.

    A clock that is set meanwhile makes it neither longer nor shorter.
    """
    steady = steady_of(clock)
    ends = None if until is None else steady() + until - clock.now()
    while not wake.is_set():
        left = None if ends is None else ends - steady()
        if left is not None and left <= 0:
            return False
        try:
            async with asyncio.timeout(None if left is None else _seconds(clock, left)):
                await wake.wait()
        except TimeoutError:
            continue
    wake.clear()
    return True


def _seconds(clock: Clock, left: Millis) -> float | None:
    """How long to wait before looking at the clock again; None: it stands still."""
    speed = speed_of(clock)
    if speed is None:
        return GLANCE_SECONDS
    return min(left / 1000 / speed, LONGEST_SECONDS) if speed else None
