"""The one bus of a process: typed events, published from any thread. Events name ids and never carry rows."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.errors import OmniError
    from omnitui.model.operations import Change

E = TypeVar("E")

WHILE: Final = 5
"""Events in a row, each with another behind it, that make a steady stream."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The cache changed, by this process or another one."""

    seq: int
    """The newest place in the change sequence that this event covers."""
    changes: tuple[Change, ...]
    complete: bool = True
    """Whether `changes` names all that changed; when false, read everything anew."""

    def merged(self, later: Changed) -> Changed:
        """This event and a later one as one; of several changes of an object the newest stays."""
        newest = {(change.kind, change.object_id): change for change in self.changes}
        newest.update(((change.kind, change.object_id), change) for change in later.changes)
        return Changed(max(self.seq, later.seq), tuple(newest.values()), self.complete and later.complete)


@dataclass(frozen=True, slots=True)
class Stuck:
    """The cache could not be written, or can be again."""

    error: OmniError | None
    """Why; None once a commit went through."""


@dataclass(frozen=True, slots=True)
class CustomerTypes:
    """A customer is writing in a conversation, as far as anybody knows until a time. Only this process hears of it."""

    conversation_id: str
    until: int
    """UTC milliseconds."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class AgentTypes:
    """An agent is writing to the customer of a conversation. Only this process hears of it."""

    account_id: str
    conversation_id: str
    channel: str


class Bus:
    """Hands each event to those who asked for its type, on the thread that publishes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handlers: dict[type[Any], tuple[Callable[[Any], None], ...]] = {}
        self._waiting: dict[type[Any], Callable[[], None]] = {}

    def subscribe(self, kind: type[E], handler: Callable[[E], None]) -> Callable[[], None]:
        """Call `handler` for each event of exactly this type, until the function that is returned is called.

        Handlers run on the publisher's thread: they hop to their own at once and never wait for the cache.
        """
        with self._lock:
            self._handlers[kind] = (*self._handlers.get(kind, ()), handler)
            first = self._waiting.pop(kind, None)
        if first is not None:
            first()

        def unsubscribe() -> None:
            with self._lock:
                self._handlers[kind] = tuple(one for one in self._handlers.get(kind, ()) if one is not handler)

        return unsubscribe

    def when_heard(self, kind: type[Any], callback: Callable[[], None]) -> None:
        """Call `callback` once, as soon as somebody has subscribed to `kind`."""
        with self._lock:
            heard = bool(self._handlers.get(kind))
            if not heard:
                self._waiting[kind] = callback
        if heard:
            callback()

    def publish(self, event: object) -> None:
        """Hand `event` out. A handler that fails is logged and keeps nobody else from it."""
        for handler in self._handlers.get(type(event), ()):
            try:
                handler(event)
            except Exception:
                import logging

                logging.getLogger(__name__).exception("a handler of %s failed", type(event).__name__)

    async def listen(self, every: float = 0.1, *, steady: float = 0.0) -> AsyncIterator[Changed]:
        """All `Changed` events from now on, those of `every` seconds merged into one.

        Where they come without a pause for a while, those of `steady` seconds, if that is longer.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        lock = threading.Lock()
        held: list[Changed] = []

        def hop(event: Changed) -> None:
            with lock:
                if held:
                    # The loop knows already, and need not be woken for each of many.
                    held[0] = held[0].merged(event)
                    return
                held.append(event)
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(arrived.set)

        unsubscribe = self.subscribe(Changed, hop)
        unpaused = 0
        try:
            while True:
                unpaused = unpaused + 1 if arrived.is_set() else 0
                await arrived.wait()
                arrived.clear()
                with lock:
                    event = held.pop()
                yield event
                await asyncio.sleep(every if unpaused < WHILE else max(every, steady))
        finally:
            unsubscribe()
