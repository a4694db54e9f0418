"""A program of the user's as a channel, behind the contract that every back end has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from omnitui.sdk import (
    DAY,
    MINUTE,
    SECOND,
    Accepted,
    AuthFailed,
    Batch,
    Capabilities,
    Context,
    Deferred,
    Event,
    Extent,
    Fault,
    Found,
    Health,
    Idempotency,
    Json,
    Manifest,
    NotFound,
    NotReady,
    Outbound,
    Outcome,
    RateLimited,
    Reconciled,
    Rejected,
    Unknowable,
    Unknown,
    Unreachable,
    Verb,
    measured,
)
from omnitui_command.client import CONTROL, Gone, Line, Running, Said, arguments, parsed, start
from omnitui_command.mapping import PROTOCOL, capabilities, event, request
from omnitui_command.settings import MANIFEST

ANSWER_SECONDS = 60.0
BATCH = 200
"""Events in one commit."""


class CommandConnector:
    """Speaks to one program, which is started when it is needed and anew when it has ended."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        self._running: Running | None = None
        self._starting = asyncio.Lock()
        self._closed = False
        self._told = Path(context.state_dir) / "ready.json"
        self._ready: Line = (parsed(self._told.read_bytes()) or {}) if self._told.exists() else {}

    def capabilities(self, channel: str = "") -> Capabilities:
        return capabilities(self._ready)

    async def check(self) -> Health:
        try:
            await self._program()
        except Fault as fault:
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=isinstance(fault, AuthFailed))
        return Health(ok=True, message=f"{self._ready.get('name') or 'the program'} answers")

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        running = await self._program()
        try:
            # What a program said before it was told to listen again says nothing of how things stand now.
            old = running.waiting if running.listening else 0
            running.listening, told_at = True, -MINUTE
            await running.tell({"type": "listen", "cursor": cursor})
            while heard := await running.hear(BATCH):
                old -= len(heard)
                batch = self._batch(heard, fresh=old < 0)
                now = self._context.clock.now()
                tells = batch.events or batch.cursor is not None or batch.extents or batch.gap
                # A program may say each second that there is nothing: once a minute that is worth writing down.
                if tells or (batch.caught_up and not told_at <= now < told_at + MINUTE):
                    told_at = now if batch.caught_up else told_at
                    yield batch
                running.forget(heard)
                if ids := [name for said in heard if (name := _id(said.line))]:
                    running.note({"type": "stored", "ids": ids})
                if old < 0:
                    _raise_trouble(heard[-1].line)
            raise Gone(await running.obituary())
        except Gone as gone:
            if not self._closed:
                raise NotReady(str(gone)) from gone

    def _batch(self, heard: Sequence[Said], *, fresh: bool) -> Batch:
        """What these lines say; only the last can be about the connection."""
        last = heard[-1].line
        events = tuple(self._event(said.raw) for said in heard if said.line.get("type") not in CONTROL)
        cursors = [cursor for said in heard if (cursor := said.line.get("cursor")) is not None]
        return Batch(
            events,
            cursors[-1] if cursors else None,
            extents=(Extent("", complete_since=0),) if last.get("complete") is True else (),
            caught_up=fresh and last.get("type") == "caught_up",
            gap=str(last.get("reason", "")) if last.get("type") == "gap" else "",
            once=bool(events),
        )

    def _event(self, line: bytes) -> Event:
        channel = str(self._ready.get("channel") or "command")
        inbox = str(self._ready.get("inbox") or self._context.account_name)
        return event(line, now=self._context.clock.now(), channel=channel, inbox=inbox)

    async def perform(self, op: Outbound) -> Outcome:
        if op.verb not in (Verb.REPLY, Verb.NEW) and op.verb not in self.capabilities().reach:
            return Accepted()
        running = await self._program()
        limit, unit = self.capabilities().text_limit, self.capabilities().text_unit
        if limit is not None and (length := measured(op.text, unit)) > limit:
            return Rejected(f"the text has {length:,} {unit.value}; this channel takes {limit:,}")
        await self._context.mark(op.op_id)
        if running.ended:
            raise NotReady(await running.obituary())
        try:
            answer = await running.ask(op.idempotency_key, request(op), ANSWER_SECONDS)
        except Gone as gone:
            return Unknown(str(gone))
        except TimeoutError:
            return Unknown(f"the program did not answer within {ANSWER_SECONDS:.0f} seconds")
        reason = str(answer.get("reason", ""))
        match answer.get("type"):
            case "accepted":
                return Accepted(str(answer.get("id", "")), conversation=str(answer.get("conversation", "")))
            case "rejected":
                return Rejected(reason or "the program refused it without a reason")
            case "later":
                raise Deferred(reason or "the program wants it later")
        _raise_trouble(answer)
        return Unknown(reason or "the program's answer was not understood")

    async def reconcile(self, op: Outbound) -> Reconciled:
        if self.capabilities().idempotency is not Idempotency.FINDABLE:
            return Unknowable("the program cannot say whether it left")
        running = await self._program()
        try:
            answer = await running.ask(op.idempotency_key, {"type": "find", "key": op.idempotency_key}, ANSWER_SECONDS)
        except (Gone, TimeoutError) as error:
            raise NotReady(str(error) or "the program did not answer") from error
        match answer.get("type"):
            case "found":
                return Found(str(answer.get("id", "")))
            case "absent":
                return NotFound()
        _raise_trouble(answer)
        return Unknowable(str(answer.get("reason", "")))

    async def close(self) -> None:
        self._closed = True
        async with self._starting:
            running, self._running = self._running, None
        if running is not None:
            await running.close()

    async def _program(self) -> Running:
        """The running program; started if it is not. Raises `Fault`."""
        async with self._starting:
            if self._running is not None and self._running.ended:
                await self._running.close()
                self._running = None
            if self._running is None:
                self._running = await self._start()
            return self._running

    async def _start(self) -> Running:
        if self._closed:
            raise NotReady("the account is being closed")
        try:
            argv = arguments(self._context.settings.get("command", ""))
        except ValueError as error:
            raise AuthFailed(f"the command cannot be read: {error}") from error
        hello = {
            "type": "hello",
            "v": PROTOCOL,
            "account": self._context.account_name,
            "folder": self._context.state_dir,
        }
        token = self._context.secrets.get("token")
        running, first = await start(argv, self._context.state_dir, {**hello, "token": token} if token else hello)
        try:
            self._greet(first)
        except BaseException:
            await running.close()
            raise
        return running

    def _greet(self, said: Line) -> None:
        """Keep what the program says of itself."""
        _raise_trouble(said)
        if said.get("type") != "ready" or said.get("v") != PROTOCOL:
            raise AuthFailed(
                f'the program\'s first line has to be {{"type": "ready", "v": {PROTOCOL}, …}}',
                hint="docs/command-channel.md",
            )
        try:
            capabilities(said)
        except (ValueError, TypeError, OverflowError) as error:
            raise AuthFailed(
                f"the program says of itself what cannot be: {error}", hint="docs/command-channel.md"
            ) from error
        if said != self._ready:
            self._ready = said
            fresh = self._told.with_suffix(".new")
            # It serves the next start only; a full disk must not keep messages out.
            with suppress(OSError):
                fresh.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
                fresh.replace(self._told)


def _id(said: Line) -> str:
    return str(said.get("id", "")) if said.get("type") not in CONTROL else ""


def _raise_trouble(said: Line) -> None:
    """Raise what a program says stands in its way."""
    reason = str(said.get("reason", ""))
    match said.get("type"):
        case "offline":
            raise Unreachable(reason or "the program's back end cannot be reached")
        case "refused":
            raise AuthFailed(reason or "the program's back end refused the login")
        case "wait":
            seconds = said.get("seconds")
            told = seconds if isinstance(seconds, int | float) and seconds > 0 else 30
            after = int(min(told * SECOND, DAY))
            raise RateLimited(reason or "the program's back end takes no more for now", after=after)
