"""The demo's connector: the embedded world behind the very contract that real back ends have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

from omnitui.sdk import (
    QUOTA,
    Accepted,
    Batch,
    Capabilities,
    Context,
    Directory,
    Extent,
    Fault,
    Found,
    Health,
    Idempotency,
    Json,
    Manifest,
    NotFound,
    Outbound,
    Outcome,
    Reach,
    Reconciled,
    Rejected,
    Template,
    TextUnit,
    Unknown,
    Verb,
)
from omnitui_demo.client import World
from omnitui_demo.link import Link
from omnitui_demo.mapping import CHANNELS, FREE, QUOTA_LEFT, WINDOWS, events, inbox_of, templates, typing, writes_now
from omnitui_demo.settings import MANIFEST
from omnitui_demo.world import Beat, Sent, cast

BATCH = 200
GLANCE_SECONDS = 0.5
"""How often the world looks at its clock, which may run faster than the machine's."""
BLOCKED_BY = "U-sakura"
"""A customer who has blocked our LINE account: replies fail, so that the demo shows how that looks."""


class DemoConnector:
    """Speaks to the embedded world."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._clock = context.clock
        self._world = World(Path(context.state_dir), int(context.settings.get("seed", "1")), context.clock.now())
        self._link = Link(Path(context.state_dir), context.clock)
        self._acted = asyncio.Event()
        self._closed = False
        self._told: set[str] = set()
        """Messages of which it was told that they are being written."""

    def capabilities(self, channel: str = "") -> Capabilities:
        remote = (Verb.STATUS, Verb.ASSIGN, Verb.LABEL, Verb.PRIORITY, Verb.READ)
        return Capabilities(
            idempotency=Idempotency.DEDUPLICATED,
            text_limit={"line": 5_000, "whatsapp": 4_096, "sms": 10}.get(channel),
            text_unit=TextUnit.SEGMENTS if channel == "sms" else TextUnit.CHARACTERS,
            subject=channel in ("email", ""),
            attachments=channel not in ("voice", "sms"),
            delivery_receipts=channel != "email",
            read_receipts=channel != "email",
            can_start=channel in ("email", "sms", "whatsapp", ""),
            writes=channel != "voice",
            window=WINDOWS.get(channel),
            templates=channel == "whatsapp",
            free_for=FREE.get(channel),
            paid_after=channel in FREE,
            reach=dict.fromkeys(remote, Reach.REMOTE),
        )

    async def check(self) -> Health:
        try:
            self._link.reach()
        except Fault as fault:
            return Health(ok=False, message=fault.message, hint=fault.hint)
        return Health(ok=True, message="the embedded world is here")

    async def directory(self) -> Directory:
        return Directory(
            agents=tuple((agent["address"], agent["name"]) for agent in cast()["agent"]),
            labels=tuple(sorted({topic["label"] for topic in cast()["topic"]})),
            inboxes=tuple((channel, inbox_of(channel)) for channel in CHANNELS),
        )

    async def templates(self) -> tuple[Template, ...]:
        return templates()

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        while not self._closed:
            self._acted.clear()
            self._link.reach()
            now = self._clock.now()
            after = (cursor["at"], cursor["key"]) if cursor else (0, "")
            due = [beat for beat in self._world.beats() if after < (beat.at, beat.key) and beat.at <= now]
            for first in range(0, len(due), BATCH):
                part = due[first : first + BATCH]
                cursor = {"at": part[-1].at, "key": part[-1].key}
                last = first + BATCH >= len(due)
                yield Batch(
                    tuple(event for beat in part for event in events(beat)),
                    cursor,
                    extents=(Extent("", complete_since=0), Extent(QUOTA, budget=QUOTA_LEFT)),
                    caught_up=last,
                )
            if not due:
                yield Batch((), cursor, caught_up=True)
            if writing := self._writing():
                self._told.update(beat.key for beat in writing)
                yield Batch(tuple(typing(beat) for beat in writing))
            await self._rest(cursor)

    def _writing(self) -> list[Beat]:
        """Who has begun to write since this was told last."""
        return [beat for beat in writes_now(self._world.beats(), self._clock.now()) if beat.key not in self._told]

    async def _rest(self, cursor: Json) -> None:
        """Sleep until a beat falls due, the agent acts, or the connector closes."""
        after = (cursor["at"], cursor["key"]) if cursor else (0, "")
        while not self._closed and not self._acted.is_set():
            ahead = [beat for beat in self._world.beats() if after < (beat.at, beat.key)]
            if (ahead and ahead[0].at <= self._clock.now()) or self._writing():
                return
            self._link.reach()
            try:
                async with asyncio.timeout(GLANCE_SECONDS):
                    await self._acted.wait()
            except TimeoutError:
                continue

    async def perform(self, op: Outbound) -> Outcome:
        verb = str(op.fields.get("status", "")) if op.verb == Verb.STATUS else op.verb.value
        if op.verb not in (Verb.REPLY, Verb.NEW) and verb != "resolved":
            return Accepted()
        self._link.reach()
        limit = self.capabilities(op.channel).text_limit
        if limit is not None and len(op.text) > limit:
            return Rejected(f"the text has {len(op.text):,} characters; {op.channel} takes {limit:,}")
        if op.channel == "line" and op.contact == BLOCKED_BY and op.verb == Verb.REPLY:
            return Rejected("The user hasn't added the LINE Official Account as a friend, or has blocked it.")
        conversation = op.conversation or f"n-{op.idempotency_key}"
        self._link.leave()
        self._world.send(
            Sent(self._clock.now(), op.idempotency_key, verb, conversation, op.channel, op.contact, op.text)
        )
        self._acted.set()
        if not self._link.answers():
            return Unknown("the link broke after the reply had left")
        return Accepted(external_id=f"m-{op.idempotency_key}", conversation=conversation)

    async def reconcile(self, op: Outbound) -> Reconciled:
        return Found(f"m-{op.idempotency_key}") if self._world.knows(op.idempotency_key) else NotFound()

    async def close(self) -> None:
        self._closed = True
        self._acted.set()
