"""What one running gateway has at hand."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from omnitui.clock import Clock, Millis, steady_of
from omnitui.config.gateway import GatewayFile
from omnitui.errors import OmniError
from omnitui.gateway.counts import Counts
from omnitui.gateway.limits import Rate, caller_at, is_here
from omnitui.services.channels.webhooks import Hooks
from omnitui.store.connection import reader
from omnitui.store.spooling.spool import Spool

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")
REFUSAL_COST: Final = 10
"""Calls that a refused one counts as."""
PATIENCE: Final = 2.5
"""Seconds that the disk may take to keep a delivery before the vendor is told to come again."""


class State:
    """The hooks as they are now, the spool, the counts and limits, and who waits for news."""

    def __init__(self, file: GatewayFile, hooks: Hooks, spool: Spool, path: Path, clock: Clock) -> None:
        self.file = file
        self.hooks = hooks
        self.spool = spool
        self.clock = clock
        self.steady = steady_of(clock)
        self.counts = Counts()
        self.callers = Rate(file.settings.calls_per_address)
        self.genuine = Rate(file.settings.calls_per_hook)
        self.observed: Mapping[str, Millis] = {}
        """Until when refused calls of which hooks are kept."""
        self.read_up_to: dict[tuple[str, str], int] = {}
        """The cursor with which a token last asked for a hook's deliveries, by token and hook."""
        self.held: Counter[str] = Counter()
        """Bytes of the bodies that are looked at just now, by caller."""
        self.failing = False
        """Whether the last delivery could not be kept: it is logged once when that begins and once when it ends."""
        self.closing = False
        self.key: bytes | None = None
        """Of the cache, where it is encrypted."""
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._reading = threading.Lock()
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def change(self, file: GatewayFile, hooks: Hooks) -> None:
        """Go on with other settings. What has been counted stays."""
        if file.settings.calls_per_address != self.file.settings.calls_per_address:
            self.callers = Rate(file.settings.calls_per_address)
        if file.settings.calls_per_hook != self.file.settings.calls_per_hook:
            self.genuine = Rate(file.settings.calls_per_hook)
        self.file, self.hooks = file, hooks

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """What a read of the spool gives, off the loop. Raises CacheError."""
        return await asyncio.to_thread(self._asked, question)

    def _asked(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with self._reading:
            if self._db is None:
                self._db = reader(self._path)
            return question(self._db)

    async def healthy(self) -> bool:
        """Whether a delivery could be kept now: one of no hook is written and taken away again."""
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.wrap_future(self.spool.probe())
        except (OmniError, TimeoutError):
            return False
        return True

    def admits(self, caller: str) -> bool:
        """Whether this address may call once more. One of this machine may: a tunnel gives its own to everybody."""
        return is_here(caller) or self.callers.admits(caller_at(caller), self.steady())

    def charge(self, caller: str) -> None:
        """Count a call that was refused for more than one."""
        if not is_here(caller):
            self.callers.charge(caller_at(caller), self.steady(), REFUSAL_COST - 1)

    def watch(self, hook: str) -> asyncio.Event:
        """What is set whenever the hook has news, until `unwatch`."""
        event = asyncio.Event()
        self._waiting.setdefault(hook, set()).add(event)
        return event

    def unwatch(self, hook: str, event: asyncio.Event) -> None:
        self._waiting[hook].discard(event)

    def news(self, hook: str) -> None:
        """Wake whoever waits for this hook's deliveries."""
        for event in self._waiting.get(hook, ()):
            event.set()

    def stop(self) -> None:
        """Let everybody who waits go."""
        self.closing = True
        for hook in self._waiting:
            self.news(hook)

    def close(self) -> None:
        """Finish what was begun. Nobody calls any more."""
        self.spool.count(self.counts.take())
        self.spool.close()
        with self._reading:
            if self._db is not None:
                self._db.close()
