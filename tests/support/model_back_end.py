"""A back end of which the whole truth is known, and which hands it out in every way that is allowed, and some more.

It repeats, reverses and loses pages, forgets cursors, breaks off, and dates messages as it likes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from omnitui.clock import FrozenClock, Millis
from omnitui.sdk import (
    Accepted,
    Batch,
    Capabilities,
    ConversationChanged,
    Direction,
    Event,
    Found,
    Health,
    Idempotency,
    Json,
    Manifest,
    MessageDeleted,
    MessageReceived,
    NotFound,
    NotReady,
    Outbound,
    Outcome,
    Person,
    Reach,
    Reconciled,
    Rejected,
    Status,
    Ulid,
    Unknown,
    Verb,
)
from tests.support.connector import ANN, CHANNEL, INBOX

US = Person("me@desk.example", "Me", agent=True)


@dataclass
class Said:
    """A message as it is at the back end."""

    conversation: str
    text: str
    at: Millis
    """What the back end says when it was."""
    outgoing: bool = False
    key: str = ""
    revision: int = 1
    deleted: bool = False


@dataclass
class World:
    """The truth, and the log of how it came to be."""

    clock: FrozenClock
    said: dict[str, Said] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    labels: dict[str, frozenset[str]] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    handed: int = 0
    """So much of the log has been handed out at least once."""
    epoch: int = 0
    tricks: deque[str] = field(default_factory=deque)
    """What goes wrong with the next pages, one after the other: see `ModelConnector.inbound`."""
    fates: deque[str] = field(default_factory=deque)
    """What becomes of the next ops, one after the other: see `ModelConnector.perform`."""
    size: int = 3
    futures: set[str] = field(default_factory=set)
    """Conversations with a message dated later than it was: whoever believes that cannot tell what ended them."""

    def add(self, conversation: str, text: str, at: Millis, *, key: str = "", echoes_key: bool = True) -> str:
        name = f"sent-{key}" if key else f"m{len(self.said)}"
        self.said[name] = Said(conversation, text, at, bool(key), key if echoes_key else "")
        if at > self.clock.now():
            self.futures.add(conversation)
        self.log.append(self.message(name))
        if not key and self.statuses.get(conversation, Status.OPEN) is not Status.OPEN:
            self.set_status(conversation, Status.OPEN)
        return name

    def edit(self, name: str, text: str) -> None:
        one = self.said[name]
        one.revision, one.text = one.revision + 1, text
        self.log.append(self.message(name))

    def delete(self, name: str) -> None:
        self.said[name].deleted = True
        self.log.append(MessageDeleted(name, self.clock.now()))

    def set_status(self, conversation: str, status: Status) -> None:
        self.statuses[conversation] = status
        # What is reported of one moment says one thing, or nobody could tell which holds.
        self.clock.advance(1)
        self.log.append(ConversationChanged(conversation, self.clock.now(), status=status))

    def set_labels(self, conversation: str, labels: frozenset[str]) -> None:
        self.labels[conversation] = labels
        self.clock.advance(1)
        self.log.append(ConversationChanged(conversation, self.clock.now(), labels=tuple(sorted(labels))))

    def message(self, name: str) -> MessageReceived:
        one = self.said[name]
        return MessageReceived(
            inbox=INBOX,
            channel=CHANNEL,
            conversation=one.conversation,
            external_id=name,
            contact=ANN,
            author=US if one.outgoing else ANN,
            direction=Direction.OUTGOING if one.outgoing else Direction.INCOMING,
            sent_at=one.at,
            text=one.text,
            revision=one.revision,
            idempotency_key=one.key,
        )

    def forget_cursors(self) -> None:
        """Every cursor is void from here on, and what is handed out instead is not the log but how things stand."""
        now = [event for event in self.log if isinstance(event, ConversationChanged)]
        gone = [MessageDeleted(name, self.clock.now()) for name, one in self.said.items() if one.deleted]
        self.log = [*gone, *reversed(now), *(self.message(name) for name in reversed(self.said))]
        self.epoch, self.handed = self.epoch + 1, 0


@dataclass
class ModelConnector:
    """One connection to the world."""

    manifest: ClassVar[Manifest] = Manifest("model", "Model", (CHANNEL,))

    world: World
    mark: Callable[[Ulid], Awaitable[None]]
    idempotency: Idempotency
    overtaken: Callable[[], Awaitable[None]] | None = None
    """Called where what an op did comes in before its answer."""

    def capabilities(self, channel: str = "") -> Capabilities:
        reach: dict[Verb, Reach] = {Verb.STATUS: Reach.REMOTE, Verb.LABEL: Reach.REMOTE}
        return Capabilities(self.idempotency, can_start=True, reach=reach)

    async def check(self) -> Health:
        return Health(True, "fine")

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        """Pages until there are no more; the next trick says what is wrong with each."""
        world = self.world
        place: Any = cursor if isinstance(cursor, dict) and cursor["epoch"] == world.epoch else {"at": 0}
        at = int(place["at"])
        while True:
            page = world.log[at : at + world.size]
            trick = world.tricks.popleft() if world.tricks else ""
            if trick == "break":
                raise NotReady("the line broke")
            if trick == "reverse":
                page.reverse()
            at += len(page)
            world.handed = max(world.handed, at)
            told = None if trick == "lose" else {"epoch": world.epoch, "at": at}
            yield Batch(tuple(page), told, caught_up=at >= len(world.log))
            if trick == "repeat":
                yield Batch(tuple(page), told)
            if trick == "stale":
                # An older page once more, with its own older cursor.
                yield Batch(tuple(world.log[:2]), {"epoch": world.epoch, "at": 0})
            if trick == "break late":
                raise NotReady("the line broke")
            if at >= len(world.log):
                return

    async def perform(self, op: Outbound) -> Outcome:
        """Do it, as its fate will have it."""
        fate = self.world.fates.popleft() if self.world.fates else ""
        if fate == "closed":
            raise NotReady("no route")
        if fate == "defect":
            raise ZeroDivisionError
        if fate == "refused" and f"sent-{op.idempotency_key}" not in self.world.said:
            # Who knows the key accepts the retry of what it took: `Idempotency.DEDUPLICATED`.
            return Rejected("no")
        await self.mark(op.op_id)
        if fate == "cut before":
            return Unknown("the line broke")
        self._do(op, echoes_key=fate != "no key")
        if fate in ("echo first", "no key") and self.overtaken is not None:
            await self.overtaken()
        return Unknown("the line broke") if fate == "cut after" else Accepted(f"sent-{op.idempotency_key}")

    async def reconcile(self, op: Outbound) -> Reconciled:
        if op.verb in (Verb.REPLY, Verb.NEW):
            name = f"sent-{op.idempotency_key}"
            return Found(name) if name in self.world.said else NotFound()
        return NotFound()

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _do(self, op: Outbound, *, echoes_key: bool) -> None:
        world = self.world
        match op.verb:
            case Verb.REPLY:
                if f"sent-{op.idempotency_key}" not in world.said:
                    world.add(
                        op.conversation, op.text, world.clock.now(), key=op.idempotency_key, echoes_key=echoes_key
                    )
                else:
                    assert self.idempotency is Idempotency.DEDUPLICATED, "sent twice"
            case Verb.STATUS:
                world.set_status(op.conversation, Status(str(op.fields["status"])))
            case Verb.LABEL:
                labels = world.labels.get(op.conversation, frozenset())
                world.set_labels(
                    op.conversation, (labels | set(op.fields.get("add", ()))) - set(op.fields.get("remove", ()))
                )
            case _:
                raise AssertionError(op.verb)
