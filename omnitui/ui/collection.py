"""Garbage is collected when nobody waits for the screen.

Textual's compositor leaves cycles behind; collecting them in the middle of a key press is the 40–90 ms tail of a
stock app. So: none during start-up, what start-up left is frozen, and then a collection whenever keys have been quiet.
"""

from __future__ import annotations

import asyncio
import gc
from time import monotonic

YOUNG_EVERY = 2.0  # seconds between looks
QUIET = 0.4  # seconds without a key before a collection may run
OLD_EVERY = 120.0  # seconds between collections of everything
PRESSURE = 400_000  # objects made since the last collection, after which nobody's quiet is waited for


def start_up() -> None:
    """Call first of all: nothing is collected until `Collection` takes over."""
    gc.disable()


class Collection:
    """Collects when idle, on the event loop. `touch` says that somebody waits; its first call is the first paint."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._touched_at = monotonic()
        self._old_at = monotonic()
        self._frozen = False
        self._timer: asyncio.TimerHandle | None = None

    def touch(self) -> None:
        """Something was drawn: things are being made, and a collection would be felt now."""
        self._touched_at = monotonic()
        if self._timer is None:
            gc.disable()
            self._timer = self._loop.call_later(YOUNG_EVERY if self._frozen else QUIET, self._look)
        elif gc.get_count()[0] > PRESSURE:
            gc.collect(1)

    def stop(self) -> None:
        """Give collecting back to Python."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gc.unfreeze()
        gc.enable()

    def _look(self) -> None:
        """Runs only after something happened, so that an idle console never wakes up."""
        self._timer = None
        now = monotonic()
        if now - self._touched_at < QUIET:
            self._timer = self._loop.call_later(QUIET, self._look)
            return
        if not self._frozen:
            # What start-up made stays to the end; looking through it again would be in vain.
            self._frozen = True
            gc.collect()
            gc.freeze()
        elif now - self._old_at >= OLD_EVERY:
            self._old_at = now
            gc.collect()
        else:
            gc.collect(1)
