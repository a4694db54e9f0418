"""Hooks for what has come to pass, run one after the other in the process that syncs."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from omnitui.clock import MINUTE, Millis
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.model.states import ObjectKind
from omnitui.services.programs.hooks import (
    AFTER,
    AFTER_SEND,
    CONVERSATION_RESOLVED,
    MESSAGE_RECEIVED,
    fault,
    found,
    told_of,
)
from omnitui.store.reads import happenings
from omnitui.sync.checks import WRITTEN
from omnitui.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from omnitui.bus import Changed
    from omnitui.ids import Ulid
    from omnitui.paths import Profile
    from omnitui.store.cache import Cache

LOG = logger(__name__)

MOST: Final = 1_000
"""Events that wait at most; hooks that are slower than what happens miss the rest."""
LOOK_EVERY: Final = 0.5
"""Seconds whose changes are looked at together."""
SLACK: Final[Millis] = 10 * MINUTE
"""How much older than the last sync of its account a message may be: clocks differ. What is older is history."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that came to pass."""

    name: str
    conversation_id: Ulid
    message_id: Ulid | None = None
    op_id: Ulid | None = None


def failures(profile: Profile) -> dict[str, tuple[int, str]]:
    """How often each hook has failed since the sync was begun last, and why the last time."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        held = json.loads(_file(profile).read_text("utf-8"))
        return {str(name): (int(one["times"]), str(one["why"])) for name, one in held.items()}
    return {}


def _file(profile: Profile) -> Path:
    return profile.state / "hooks.json"


class Happenings:
    """Follows the cache and runs the hooks of what happens. Nothing runs where there is no hook as it begins."""

    def __init__(self, profile: Profile, cache: Cache, seconds: float) -> None:
        self._profile = profile
        self._cache = cache
        self._seconds = seconds
        self._wanted: frozenset[str] = frozenset()
        self._tasks: list[asyncio.Task[None]] = []
        self._events: asyncio.Queue[Event] = asyncio.Queue(MOST)
        self._running = 0
        self._looking = asyncio.Lock()
        self._failed: dict[str, tuple[int, str]] = {}
        self._started: Millis = 0
        self._synced: dict[Ulid, Millis] = {}
        self._message = self._conversation = self._op = 0
        self._open: frozenset[int] = frozenset()
        self._resolved: set[Ulid] = set()

    async def begin(self) -> None:
        """See how the cache stands, and follow it from there."""
        self._failed = {}
        with suppress(OSError):
            _file(self._profile).unlink(missing_ok=True)
        self._wanted = frozenset(event for event in AFTER if found(self._profile.hooks, event))
        if not self._wanted:
            return
        self._started = self._cache.clock.now()
        self._events = asyncio.Queue(MOST)
        async with self._looking:
            self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._work())]
            await asyncio.sleep(0)  # it listens from here on, and looks when we have
            try:
                await self._stand()
            except OmniError as error:
                LOG.warning("no hooks run: %s", error.message)
                await self.end()

    async def _stand(self) -> None:
        self._synced = await self._cache.aread(happenings.synced)
        self._message, self._conversation = await self._cache.aread(happenings.newest)
        self._op, self._open = await self._cache.aread(happenings.standing_ops)
        if CONVERSATION_RESOLVED in self._wanted:
            self._resolved = await self._cache.aread(happenings.resolved)

    async def settle(self) -> None:
        """Wait until the hooks of all that has come to pass have run."""
        if self._tasks:
            await asyncio.sleep(2 * LOOK_EVERY)  # what was committed last is on its way
            async with self._looking:
                pass
            await self._events.join()

    async def end(self) -> None:
        """Follow it no more; a hook that runs is ended."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if left := self._events.qsize() + self._running:
            LOG.warning("the sync ends: the hooks of %d events are not run to their end", left)
            self._running = 0

    async def _follow(self) -> None:
        async for changed in self._cache.bus.listen(every=LOOK_EVERY):
            async with self._looking:
                try:
                    events = await self._look(changed)
                except OmniError as error:
                    LOG.warning("hooks miss what happens: %s", error.message)
                    continue
            self._queue(events)

    def _queue(self, events: list[Event]) -> None:
        room = MOST - self._events.qsize()
        for event in events[:room]:
            self._events.put_nowait(event)
        if missed := len(events[room:]):
            LOG.warning("hooks are too slow: those of %d events are not run", missed)

    async def _look(self, changed: Changed) -> list[Event]:
        kinds = {one.kind for one in changed.changes}
        events: list[Event] = []
        if MESSAGE_RECEIVED in self._wanted and (ObjectKind.MESSAGE in kinds or not changed.complete):
            events += await self._received()
        if AFTER_SEND in self._wanted and (ObjectKind.OUTBOX in kinds or not changed.complete):
            events += await self._sent()
        if CONVERSATION_RESOLVED in self._wanted and (ObjectKind.CONVERSATION in kinds or not changed.complete):
            events += await self._ended(changed)
        return events

    async def _received(self) -> list[Event]:
        rows = await self._cache.aread(happenings.received, self._message)
        if rows:
            self._message = rows[-1][0]
        return [
            Event(MESSAGE_RECEIVED, conversation_id, message_id)
            for _row, message_id, conversation_id, account_id, at in rows
            if self._is_new(account_id, at)
        ]

    async def _sent(self) -> list[Event]:
        rows, self._op, self._open = await self._cache.aread(happenings.sent, self._open, self._op, WRITTEN)
        return [Event(AFTER_SEND, one.conversation_id, one.message_id, one.op_id) for one in rows]

    async def _ended(self, changed: Changed) -> list[Event]:
        ids = {one.object_id for one in changed.changes if one.kind is ObjectKind.CONVERSATION}
        if not changed.complete:
            ids |= self._resolved ^ await self._cache.aread(happenings.resolved)
        events: list[Event] = []
        for row, own, account_id, at, resolved in await self._cache.aread(happenings.statuses, ids):
            if not resolved:
                self._resolved.discard(own)
            elif own not in self._resolved:
                self._resolved.add(own)
                if row <= self._conversation or self._is_new(account_id, at):
                    events.append(Event(CONVERSATION_RESOLVED, own))
        return events

    def _is_new(self, account_id: Ulid, at: Millis) -> bool:
        return at >= self._synced.get(account_id, self._started) - SLACK

    async def _work(self) -> None:
        while True:
            event = await self._events.get()
            self._running = 1
            try:
                for path in found(self._profile.hooks, event.name):
                    await self._run(path, event)
            except Exception:
                LOG.exception("the hooks of %s could not be run", event.name)
            self._running = 0
            self._events.task_done()

    async def _run(self, path: Path, event: Event) -> None:
        from omnitui.services.programs import running as programs

        why = fault(path)
        if not why:
            told = await self._cache.aread(told_of, event.name, event.conversation_id, event.message_id, event.op_id)
            try:
                ran = await programs.run([str(path)], told, seconds=self._seconds, profile=self._profile.name)
                # Not its words: they may be a customer's, and stay neither in the log nor in a file.
                why = _("ended with {code}").format(code=ran.code) if ran.code else ""
            except OmniError as error:
                why = error.message
        if why:
            self._note(path.name, why)

    def _note(self, name: str, why: str) -> None:
        times, _last = self._failed.get(name, (0, ""))
        if not times:
            LOG.warning("hook %s fails: %s", name, why)
        self._failed[name] = (times + 1, why)
        held = {one: {"times": times, "why": why} for one, (times, why) in self._failed.items()}
        with suppress(OSError):
            _file(self._profile).write_text(json.dumps(held), "utf-8")
