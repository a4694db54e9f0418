"""Hands out what was kept: page by page, and live as server-sent events."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from omnitui.config.gateway import TokenEntry
from omnitui.errors import OmniError
from omnitui.gateway.reception import caller_of, refusal
from omnitui.gateway.state import State
from omnitui.services.channels.webhooks import who
from omnitui.store.reads import spool as reads
from omnitui.store.reads.spool import Kept, Page

VERSION: Final = 1
LIMIT: Final = 100
MOST: Final = 500
HEARTBEAT_SECONDS: Final = 15.0
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""nginx would hold events back until its buffer is full."""


class Pulling:
    """Answers consoles."""

    def __init__(self, state: State) -> None:
        self._state = state

    def reader_of(self, request: Request) -> TokenEntry | None:
        """Whose token came with a request; a wrong one is charged for like a forged call."""
        state = self._state
        scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
        found = who(state.file.tokens, token.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            state.charge(caller_of(request))
        return found

    async def deliveries(self, request: Request) -> Response:
        """A page of what follows a cursor."""
        hook = self._allowed(request)
        if isinstance(hook, Response):
            return hook
        after, limit = _number(request, "after", 0), _number(request, "limit", LIMIT)
        if after is None or limit is None:
            return refusal(400)
        try:
            page = await self._page(hook, after, max(1, min(limit, MOST)))
        except OmniError:
            return refusal(503, retry_after=5)
        return JSONResponse(
            {
                "v": VERSION,
                "items": [_item(kept) for kept in page.items],
                "cursor": page.cursor,
                "caught_up": page.caught_up,
                "gap": page.gap,
            },
            headers=_HEADERS,
        )

    async def stream(self, request: Request) -> Response:
        """What follows a cursor, and then what comes in, until either side ends it."""
        hook = self._allowed(request)
        if isinstance(hook, Response):
            return hook
        said = request.headers.get("last-event-id", "")
        after = int(said) if said.isdecimal() and len(said) < 19 else _number(request, "after", 0)
        if after is None:
            return refusal(400)
        return StreamingResponse(self._events(request, hook, after), media_type="text/event-stream", headers=_HEADERS)

    def _allowed(self, request: Request) -> str | Response:
        """The hook that a request is about, or why not: a token learns nothing of hooks that are not its own."""
        state, hook = self._state, str(request.path_params["name"])
        if not state.admits(caller_of(request)):
            return refusal(429, retry_after=1)
        token = self.reader_of(request)
        if token is None:
            return refusal(401)
        if hook not in token.hooks:
            return refusal(403)
        after = _number(request, "after", 0)
        if after is not None:
            state.read_up_to[token.name, hook] = after
        return hook

    async def _page(self, hook: str, after: int, limit: int) -> Page:
        state = self._state
        return await state.ask(partial(reads.page, hook=hook, after=after, limit=limit, key=state.key))

    async def _events(self, request: Request, hook: str, after: int) -> AsyncIterator[str]:
        state = self._state
        news = state.watch(hook)
        try:
            yield ": here\n\n"
            # Looked up anew each time: one that was taken away reads nothing more, however much comes in.
            while not state.closing and (token := self.reader_of(request)) is not None and hook in token.hooks:
                news.clear()
                page = await self._page(hook, after, LIMIT)
                if page.gap:
                    yield f"event: gap\ndata: {json.dumps({'gap': page.gap})}\n\n"
                for kept in page.items:
                    yield f"id: {kept.number}\ndata: {json.dumps(_item(kept))}\n\n"
                after = state.read_up_to[token.name, hook] = page.cursor
                if not page.caught_up:
                    continue
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await news.wait()
                except TimeoutError:
                    yield ": still here\n\n"
        except OmniError:
            return  # the spool cannot be read: the console comes again
        finally:
            state.unwatch(hook, news)


def _number(request: Request, name: str, default: int) -> int | None:
    text = request.query_params.get(name, "")
    if not text:
        return default
    # Not beyond what SQLite and JSON hold.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _item(kept: Kept) -> dict[str, Any]:
    return {
        "number": kept.number,
        "received_at": kept.received_at,
        "body": base64.b64encode(kept.body).decode("ascii"),
        "query": [list(pair) for pair in kept.query],
        "content_type": kept.content_type,
    }
