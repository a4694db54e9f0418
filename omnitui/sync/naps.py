"""Waiting that can be cut short, on a clock that may run faster than the machine's."""

from __future__ import annotations

import asyncio

from omnitui.clock import Clock, Millis, SystemClock

GLANCE_SECONDS = 0.1
"""How often a clock that is not the machine's is looked at."""


async def nap(clock: Clock, until: Millis | None, wake: asyncio.Event) -> bool:
    """Wait until the clock shows `until` (None: for ever) or `wake` is set, which is cleared; whether it was."""
    while not wake.is_set():
        seconds = None if until is None else max(0.0, (until - clock.now()) / 1000)
        if seconds == 0.0:
            return False
        if seconds is not None and not isinstance(clock, SystemClock):
            seconds = GLANCE_SECONDS
        try:
            # Never longer than a minute: a machine that slept must not oversleep.
            await asyncio.wait_for(wake.wait(), None if seconds is None else min(seconds, 60.0))
        except TimeoutError:
            continue
    wake.clear()
    return True
