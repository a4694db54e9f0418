"""What accounts at Meta have in common: the gateway's calls, the token's permissions, and how a send ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from omnitui.sdk import (
    AuthFailed,
    Batch,
    Broken,
    Context,
    Deliveries,
    Event,
    Fault,
    Health,
    Json,
    Millis,
    NotReady,
    OmniError,
    Outcome,
    Rejected,
    Ulid,
    Unknown,
    until,
)
from omnitui_meta.client import Graph, Refusal

T = TypeVar("T")


class MetaAccount:
    """One token, one hook."""

    def __init__(self, context: Context) -> None:
        self.context = context
        token = context.secrets.get("token", "")
        self.graph = Graph(context.http, token, context.clock.now, context.settings.get("graph_url", ""))
        self.token = token
        self.app = ""
        self._closed = asyncio.Event()

    async def batches(
        self, cursor: Json, events: Callable[[bytes, Millis], tuple[Event, ...]], first: str = ""
    ) -> AsyncGenerator[Batch, None]:
        """What the gateway kept, until `close`. Each call is known by its messages' ids, however often it comes.

        Args:
            cursor: Where the last one ended.
            events: What a call says, given when it came.
            first: What is missing from before all of them, in words.
        """
        gap = "" if cursor else first
        kept = self.context.deliveries(int(cursor["delivery"]) if cursor else 0)
        async with aclosing(until(self._closed, kept)) as pages:
            async for page in pages:
                found = await asyncio.to_thread(_mapped, page, events)
                told = "; ".join(part for part in (gap, page.gap) if part)
                yield Batch(found, {"delivery": page.cursor}, caught_up=page.caught_up, gap=told)
                gap = ""

    async def lacking(self, wanted: tuple[str, ...], docs: str) -> Health | None:
        """Which permissions of `wanted` the token lacks; None where none. Raises `Fault`, `OmniError`."""
        data = (await self.graph.get("debug_token", input_token=self.token)).get("data") or {}
        if data.get("is_valid") is False:
            words = (data.get("error") or {}).get("message") or "it is not valid"
            raise AuthFailed(f"Meta does not take the token: {words}", hint="make a new one")
        scopes = {str(scope) for scope in data.get("scopes") or ()}
        missing = [scope for scope in wanted if scope not in scopes]
        if missing:
            return ill(f"the token lacks {' and '.join(missing)}", f"make a new one that has what is missing: {docs}")
        self.app = str(data.get("app_id") or "")
        return None

    async def unheard(self, kind: str, wanted: tuple[str, ...], docs: str) -> Health | None:
        """What keeps the app from calling the gateway with `wanted`; None where nothing. Raises `Fault`, `OmniError`.

        Where the gateway runs elsewhere the app secret is there, and nothing is asked.
        """
        secret = self.context.secrets.get("app_secret", "")
        if self.context.settings.get("gateway") or not self.app:
            return None
        try:
            told = (await self.graph.get_as_app(f"{self.app}/subscriptions", self.app, secret)).get("data") or ()
        except AuthFailed:
            return ill("the app secret is not the app's, so no call of Meta's could be proved genuine", docs)
        ours = [one for one in told if one.get("object") == kind and one.get("active")]
        if not ours:
            return ill(
                "the app has no webhook for this, so nothing is told to the gateway", f"enter it at Meta: {docs}"
            )
        names = {str(field.get("name", "")) for one in ours for field in one.get("fields") or ()}
        absent = [name for name in wanted if name not in names]
        if not absent:
            return None
        return ill(f"the app's webhook is not subscribed to {' and '.join(absent)}", f"subscribe it: {docs}")

    async def introduced(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What is asked before anything is listened to: who does not know us there has to be told. Raises `Fault`."""
        try:
            return await ask()
        except Fault:
            raise
        except OmniError as error:
            raise AuthFailed(error.message, hint=error.hint) from error

    async def healthy(self, look: Callable[[], Awaitable[Health]]) -> Health:
        """What a look finds, or why it could not look."""
        try:
            return await look()
        except Fault as fault:
            return Health(ok=False, message=fault.message, hint=fault.hint, refused=isinstance(fault, AuthFailed))
        except OmniError as error:
            return Health(ok=False, message=error.message, hint=error.hint, refused=True)

    async def send(self, op_id: Ulid, path: str, said: dict[str, Any], named: Callable[[Any], Outcome]) -> Outcome:
        """One call that a customer will see: marked before, and never repeated by itself. Raises `Fault`."""
        await self.context.mark(op_id)
        try:
            return named(await self.graph.post(path, said))
        except Broken as broken:
            return Unknown(str(broken))
        except Refusal as refusal:
            return Rejected(str(refusal))

    async def hint(self, path: str, said: dict[str, Any]) -> None:
        """One call that does no harm twice, or not at all: a read mark, a sign of life. Raises `Fault`."""
        try:
            await self.graph.post(path, said)
        except Broken as broken:
            raise NotReady(str(broken)) from None
        except Refusal as refusal:
            self.context.log(f"Meta does not take it: {refusal}")

    async def close(self) -> None:
        self._closed.set()


def _mapped(page: Deliveries, events: Callable[[bytes, Millis], tuple[Event, ...]]) -> tuple[Event, ...]:
    return tuple(event for item in page.items for event in events(item.body, item.received_at))


def ill(message: str, hint: str) -> Health:
    """What somebody has to put right."""
    return Health(ok=False, message=message, hint=hint, refused=True)
