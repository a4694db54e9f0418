"""Keys one after the other: a key is delivered when the one before has had its effect.

Textual sends each key at once to the widget that has the focus *now*. Keys that arrive in one read (typed ahead, a
slow line, before start-up is done) would miss the composer that the first of them opens and act on the list instead.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from omnitui.ui.last_hop.app import LastHopApp

PATIENCE = 0.5  # seconds until a key is delivered although something still works on the one before
OPENING_PATIENCE = 5.0  # the same while what the one before asked for is being read
EAGER_LOOKS = 50
LOOK_GAP = 0.002


class TypeAhead:
    """Messages of the terminal on their way to the app, in order."""

    def __init__(self, app: App[Any], loop: asyncio.AbstractEventLoop) -> None:
        self._app = cast("LastHopApp[Any]", app)
        self._loop = loop
        self._waiting: deque[Message] = deque()
        self._looking = False
        self._delivered_at = 0.0
        self._holding: asyncio.TimerHandle | None = None

    @property
    def held(self) -> bool:
        """Whether keys wait; everything else passes."""
        return self._holding is not None

    def hold(self, seconds: float) -> None:
        """Let keys wait until `release`, at most so long."""
        if self._holding is not None:
            self._holding.cancel()
        self._holding = self._loop.call_later(seconds, self.release)

    def post(self, message: Message) -> None:
        """Deliver now if nothing is in the way, else in turn."""
        if not self._waiting and self._may_pass(message):
            self._deliver(message)
            return
        if self.held and not is_typed(message):
            self._deliver(message)
            return
        self._waiting.append(message)
        self._look_soon(0)

    def release(self) -> None:
        """Let the keys in."""
        if self._holding is not None:
            self._holding.cancel()
            self._holding = None
        if self._waiting:
            self._look_soon(0)

    def _may_pass(self, message: Message) -> bool:
        if not is_typed(message):
            return True
        if self.held:
            return False
        waited = monotonic() - self._delivered_at
        if self._app.opening and waited <= OPENING_PATIENCE:
            return False
        return waited > PATIENCE or self._is_idle()

    def _is_idle(self) -> bool:
        return all(is_idle(pump) for pump in pumps(self._app))

    def _deliver(self, message: Message) -> None:
        if is_typed(message):
            self._delivered_at = monotonic()
            if isinstance(message, events.Key) and self._is_idle() and self._app.press_at_once(message):
                return
        self._app.post_message(message)

    def _look_soon(self, looks: int) -> None:
        if self._looking or self.held:
            return
        self._looking = True
        if looks < EAGER_LOOKS:
            self._loop.call_soon(self._look, looks + 1)
        else:
            self._loop.call_later(LOOK_GAP, self._look, looks)

    def _look(self, looks: int) -> None:
        self._looking = False
        while self._waiting and self._may_pass(self._waiting[0]):
            self._deliver(self._waiting.popleft())
            looks = 0
        if self._waiting:
            self._look_soon(looks)


def is_typed(message: Message) -> bool:
    """Whether the message depends on the focus."""
    return isinstance(message, (events.Key, events.Paste))


def pumps(app: App[Any]) -> Iterator[MessagePump]:
    """The pumps that a key passes: the app, its screen, and what has the focus with all that holds it."""
    yield app
    if not app._screen_stack:
        return
    screen = app.screen
    yield screen
    node: MessagePump | None = screen.focused
    while node is not None and node is not screen:
        yield node
        node = node._parent


def is_idle(pump: MessagePump) -> bool:
    """Whether the pump waits for its next message with none left to handle."""
    if not pump._running:
        return False
    queue: Any = pump._message_queue
    return queue.empty() and any(not waiter.done() for waiter in queue.ready_event._waiters)
