"""A connector whose back end is a file and whose faults are scripted."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from omnitui.sdk import (
    Accepted,
    Batch,
    Capabilities,
    Direction,
    Event,
    Extent,
    Fault,
    Found,
    Health,
    Idempotency,
    Json,
    Manifest,
    MessageReceived,
    Millis,
    NotFound,
    Outbound,
    Outcome,
    Person,
    Reach,
    Reconciled,
    Ulid,
    Unknowable,
    Verb,
)
from omnitui.store.failpoints import reach

INBOX = "desk"
CHANNEL = "chat"
ANN = Person("ann", "Ann")


def a_message(
    number: int, text: str = "", *, conversation: str = "c1", at: Millis = 0, **fields: Any
) -> MessageReceived:
    """A message from Ann; the number makes its id and its time."""
    moment = at or 1_700_000_000_000 + number * 1_000
    values: dict[str, Any] = {
        "inbox": INBOX,
        "channel": CHANNEL,
        "conversation": conversation,
        "external_id": f"m{number}",
        "contact": ANN,
        "author": ANN,
        "direction": Direction.INCOMING,
        "sent_at": moment,
        "text": text or f"message {number}",
    }
    return MessageReceived(**{**values, **fields})


class FakeBackEnd:
    """What a server holds: events to hand out, in memory, and what it was sent, in a file that outlives processes."""

    def __init__(self, path: Path, events: Sequence[Event] = (), older: Sequence[Event] = ()) -> None:
        self.path = path
        self.events: list[Event] = list(events)
        self.older: list[Event] = list(older)
        """For backfill, newest first."""
        self.news = asyncio.Event()

    def deliver(self, key: str, text: str, verb: str = "reply") -> None:
        """Take something in, durably."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "text": text, "verb": verb}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def sent(self) -> list[dict[str, str]]:
        """All that was taken in."""
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def happens(self, *events: Event) -> None:
        """Something new, to be handed out at once."""
        self.events += events
        self.news.set()


Step = Fault | Outcome | Exception | Callable[[Outbound], Awaitable[Outcome]]
"""What one `perform` does: raise, answer without delivering, or call."""


@dataclass
class FakeConnector:
    """Hands out the back end's events in batches of `size` and does what its script says; then, it just works."""

    manifest: ClassVar[Manifest] = Manifest("fake", "Fake", (CHANNEL, "email"))

    back_end: FakeBackEnd
    mark: Callable[[Ulid], Awaitable[None]]
    idempotency: Idempotency = Idempotency.DEDUPLICATED
    size: int = 2
    script: list[Step] = field(default_factory=list)
    inbound_script: list[Exception] = field(default_factory=list)
    """Raised one after the other, before anything is handed out."""
    reconcile_script: list[Fault | Reconciled] = field(default_factory=list)
    window: Millis | None = None
    echo: bool = False
    """Whether what was sent comes back as an event, with its key."""
    performed: list[Outbound] = field(default_factory=list)
    reconciled: list[Outbound] = field(default_factory=list)
    closed: bool = False

    def capabilities(self, channel: str = "") -> Capabilities:
        remote = (Verb.STATUS, Verb.LABEL, Verb.READ)
        return Capabilities(
            self.idempotency,
            can_start=True,
            attachments=True,
            mail=channel == "email",
            window=self.window,
            reach=dict.fromkeys(remote, Reach.REMOTE),
        )

    async def check(self) -> Health:
        return Health(True, "fine")

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        if self.inbound_script:
            raise self.inbound_script.pop(0)
        at = int(cursor or 0)
        while not self.closed:
            self.back_end.news.clear()
            part = tuple(self.back_end.events[at : at + self.size])
            at += len(part)
            last = at >= len(self.back_end.events)
            reach("call")
            extents = (Extent("room", remote_count=len(self.back_end.events)),)
            yield Batch(part, at, extents=extents, caught_up=last)
            if last:
                await self.back_end.news.wait()

    async def perform(self, op: Outbound) -> Outcome:
        reach("call")
        self.performed.append(op)
        if self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            return await step(op) if callable(step) else step
        return await self.deliver(op)

    async def deliver(self, op: Outbound) -> Outcome:
        """Send it, as it should be."""
        await self.mark(op.op_id)
        reach("fake.marked")
        known = any(item["key"] == op.idempotency_key for item in self.back_end.sent())
        if not (known and self.idempotency is Idempotency.DEDUPLICATED):
            self.back_end.deliver(op.idempotency_key, op.text, op.verb)
        reach("fake.delivered")
        reach("call")
        external_id = f"sent-{op.idempotency_key}"
        if self.echo:
            echo = a_message(0, op.text, conversation=op.conversation, direction=Direction.OUTGOING)
            self.back_end.happens(_as_echo(echo, external_id, op.idempotency_key))
        return Accepted(external_id)

    async def reconcile(self, op: Outbound) -> Reconciled:
        self.reconciled.append(op)
        reach("call")
        if self.reconcile_script:
            step = self.reconcile_script.pop(0)
            if isinstance(step, Fault):
                raise step
            return step
        if self.idempotency is Idempotency.UNKNOWABLE:
            return Unknowable("nobody knows")
        for item in self.back_end.sent():
            if item["key"] == op.idempotency_key:
                return Found(f"sent-{op.idempotency_key}")
        return NotFound()

    async def close(self) -> None:
        self.closed = True
        self.back_end.news.set()


class BackfillingConnector(FakeConnector):
    """Has older messages as well."""

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        return ("room",)

    async def backfill(self, scope: str, before: Json) -> Batch:
        reach("call")
        at = int(before or 0)
        part = tuple(self.back_end.older[at : at + self.size])
        at += len(part)
        last = at >= len(self.back_end.older)
        extent = Extent(scope, complete_since=0 if last else 1)
        return Batch(part, at, extents=(extent,), caught_up=last)


def _as_echo(message: MessageReceived, external_id: str, key: str) -> MessageReceived:
    us = Person("me@desk.example", "Me", agent=True)
    return replace(message, external_id=external_id, idempotency_key=key, author=us)
