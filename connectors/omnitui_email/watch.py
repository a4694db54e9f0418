"""The stream of what happens in the followed folders: the first is waited on, the others are looked at in turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from omnitui.sdk import Batch, Clock, Json, NotReady
from omnitui_email import mapping
from omnitui_email.client_imap import ImapSession
from omnitui_email.folder import FolderPull, FolderState, Pull
from omnitui_email.lane import Lane
from omnitui_email.mailbox import Folders, Status
from omnitui_email.settings import EmailSettings
from omnitui_email.worker import PATIENT, URGENT

T = TypeVar("T")

IDLE_SECONDS = 540
"""Renewal of IDLE: servers may end it after 30 minutes (RFC 2177), and many routers forget quiet lines after ten."""
_LOOK_UP = 3
"""Batches after which a long catching up looks for newer mail."""


def read_cursor(cursor: Json) -> dict[str, FolderState]:
    """The state of each folder in a cursor; what cannot be read is begun anew."""
    folders = cursor.get("folders") if isinstance(cursor, dict) else None
    read = {str(name): FolderState.read(value) for name, value in (folders or {}).items()}
    return {name: state for name, state in read.items() if state is not None}


def followed(settings: EmailSettings, folders: Folders) -> tuple[str, ...]:
    """The folders to follow, as the server spells them; INBOX is known in any spelling."""
    wanted = settings.folders or ("INBOX", *(name for name in (folders.sent, folders.archive) if name))
    if not settings.folders and any(name.lower().endswith("all mail") for name in wanted):
        # Gmail's archive holds a second copy of everything.
        wanted = tuple(name for name in wanted if name != folders.archive)
    spelt = {name.lower(): name for name in folders.names}
    exact = [name if name in folders.names else spelt.get(name.lower(), name) for name in wanted]
    return tuple(dict.fromkeys("INBOX" if name.upper() == "INBOX" else name for name in exact))


def _answer(asked: list[asyncio.Future[None]]) -> None:
    for one in asked:
        if not one.done():
            one.set_result(None)


def _step(_session: ImapSession, step: Callable[[], T]) -> T:
    """A step of a `FolderPull`, which knows its session."""
    return step()


@dataclass
class Watch:
    """One run of `inbound`."""

    settings: EmailSettings
    clock: Clock
    first: Lane
    """Waits for news of the first folder."""
    errands: Lane
    """Looks at the others."""
    log: Callable[[str], None]
    poke: asyncio.Event
    """Look at the others now."""
    states: dict[str, FolderState]
    _asked: list[asyncio.Future[None]] = field(default_factory=list)
    """Who waits for a look at the first folder."""
    _queue: asyncio.Queue[tuple[Pull, bool] | list[asyncio.Future[None]] | BaseException] = field(
        default_factory=lambda: asyncio.Queue(2)
    )
    _behind: set[str] = field(default_factory=set)
    _sent: str = ""

    async def batches(self) -> AsyncIterator[Batch]:
        """Endless; raises `Fault`."""
        folders = await self.errands.run(ImapSession.folders, URGENT)
        names = followed(self.settings, folders)
        self._sent = folders.sent
        missing = [name for name in names if name not in folders.names and name != "INBOX"]
        for name in missing:
            self.log(f"the folder {name!r} does not exist")
        names = tuple(name for name in names if name not in missing)
        if not names:
            raise NotReady("none of the folders to follow exists", hint="see `omnitui account check`")
        self.states = {name: state for name, state in self.states.items() if name in names}
        self._behind = set(names)
        fresh = {name for name in names if name not in self.states}
        tasks = [
            asyncio.create_task(self._guarded(self._wait_on(names[0]))),
            asyncio.create_task(self._guarded(self._look_at(names[1:]))),
        ]
        try:
            while True:
                item = await self._queue.get()
                if isinstance(item, BaseException):
                    raise item
                if isinstance(item, list):
                    # Whoever takes our batches has asked for the next one: those before it are in the cache.
                    _answer(item)
                    continue
                pull, behind = item
                told = self._batch(pull, behind, fresh)
                if told is not None:
                    yield told
        finally:
            for task in tasks:
                task.cancel()
            _answer(self._asked)
            # The thread may sit in IDLE; whoever asks next shall not wait for its end.
            self.first.session.wake()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def look(self) -> None:
        """Return when the first folder has been looked at and what was found is in the cache, or the stream ends."""
        asked = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self.first.session.wake()
        await asked

    def _batch(self, pull: Pull, behind: bool, fresh: set[str]) -> Batch | None:
        caught_up_before = not self._behind
        if behind:
            self._behind.add(pull.folder)
        else:
            self._behind.discard(pull.folder)
        moved = self.states.get(pull.folder) != pull.state
        self.states[pull.folder] = pull.state
        caught_up = not self._behind
        if pull.empty and not moved and caught_up == caught_up_before:
            return None
        extent = mapping.extent(pull, initial=pull.folder in fresh)
        if not pull.state.todo:
            fresh.discard(pull.folder)
        return Batch(
            events=mapping.events(
                pull,
                self.settings.address,
                self.settings.ours,
                sent=pull.folder == self._sent,
                now=self.clock.now(),
            ),
            cursor={"v": 1, "folders": {name: state.write() for name, state in self.states.items()}},
            extents=(extent,),
            caught_up=caught_up,
            gap=f"{pull.folder}: {pull.gap}" if pull.gap else "",
        )

    async def _guarded(self, work: AsyncIterator[tuple[Pull, bool]]) -> None:
        try:
            async with contextlib.aclosing(work) as found:  # type: ignore[type-var]
                async for item in found:
                    await self._queue.put(item)
        except Exception as error:
            await self._queue.put(error)

    def _pull(self, lane: Lane, name: str) -> FolderPull:
        return FolderPull(
            lane.session,
            name,
            self.states.get(name),
            initial=self.settings.initial,
            limit=self.settings.mail_limit,
        )

    async def _wait_on(self, name: str) -> AsyncIterator[tuple[Pull, bool]]:
        pull = self._pull(self.first, name)
        first = await self.first.run(_step, URGENT, pull.open)
        yield first, bool(first.state.todo)
        asked: list[asyncio.Future[None]] = []
        while True:
            async for item in self._more(self.first, pull, URGENT):
                yield item
            if asked:
                await self._queue.put(asked)
            seconds = IDLE_SECONDS if "IDLE" in self.first.session.capabilities else self.settings.poll_seconds
            await self.first.run(ImapSession.wait, URGENT, seconds)
            self._asked = [one for one in self._asked if not one.done()]
            asked = list(self._asked)
            news = await self.first.run(_step, URGENT, pull.look)
            yield news, bool(news.state.todo)

    async def _look_at(self, names: tuple[str, ...]) -> AsyncIterator[tuple[Pull, bool]]:
        pulls = {name: self._pull(self.errands, name) for name in names}
        seen: dict[str, Status] = {}
        while names:
            for name, pull in pulls.items():
                status = await self.errands.run(ImapSession.status, PATIENT, name)
                if status == seen.get(name):
                    continue
                step = pull.look if name in seen else pull.open
                news = await self.errands.run(_step, PATIENT, step)
                yield news, bool(news.state.todo)
                async for item in self._more(self.errands, pull, PATIENT):
                    yield item
                seen[name] = status
            self.poke.clear()
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.settings.poll_seconds):
                    await self.poke.wait()

    async def _more(self, lane: Lane, pull: FolderPull, urgency: int) -> AsyncIterator[tuple[Pull, bool]]:
        count = 0
        while (found := await lane.run(_step, urgency, pull.more)) is not None:
            yield found, bool(found.state.todo)
            count += 1
            if found.state.todo and count % _LOOK_UP == 0:
                news = await lane.run(_step, urgency, pull.look)
                yield news, bool(news.state.todo)
