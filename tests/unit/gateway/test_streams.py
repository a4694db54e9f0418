"""Deliveries as they come in: server-sent events."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import pytest

from omnitui.clock import FrozenClock
from omnitui.gateway import pulling
from omnitui.gateway.service import application
from omnitui.gateway.state import State
from tests.support.gateway_calls import STRANGER, post


class Stream:
    """Events, read from the application itself: the transport of httpx waits for the end of an answer."""

    def __init__(self, state: State, token: str, after: int = 0, last: str = "") -> None:
        self.messages: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        headers = [(b"authorization", f"Bearer {token}".encode())]
        headers += [(b"last-event-id", last.encode())] if last else []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/v1/hooks/shop/stream",
            "raw_path": b"",
            "query_string": f"after={after}".encode(),
            "headers": headers,
            "client": (STRANGER, 1),
            "server": ("gateway", 80),
            "scheme": "http",
            "root_path": "",
        }
        self.task = asyncio.create_task(application(state)(scope, self._receive, self.messages.put))

    async def _receive(self) -> dict[str, Any]:
        if not self.messages.empty() or not self._gone.is_set():
            await self._gone.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> str:
        """What is sent next."""
        async with asyncio.timeout(30):
            while True:
                message = await self.messages.get()
                if message["type"] == "http.response.body":
                    return str(message["body"], "utf-8")

    async def event(self) -> dict[str, Any]:
        """The next event, with its id."""
        while (text := await self.next()).startswith(":"):
            pass
        lines = dict(line.split(": ", 1) for line in text.strip().splitlines())
        return {**json.loads(lines["data"]), "id": lines.get("id"), "event": lines.get("event")}

    async def end(self) -> None:
        self._gone.set()
        async with asyncio.timeout(30):
            await self.task


async def test_stream_gives_what_is_there_then_what_comes(state: State, tokens: dict[str, str]) -> None:
    await post(state, b"1")
    stream = Stream(state, tokens["desk"])
    first = await stream.event()
    assert (base64.b64decode(first["body"]), first["id"]) == (b"1", str(first["number"]))
    await post(state, b"2")
    await post(state, b"for others", hook="second")
    await post(state, b"1")
    await post(state, b"3")
    assert [base64.b64decode((await stream.event())["body"]) for _number in range(2)] == [b"2", b"3"]
    await stream.end()
    resumed = Stream(state, tokens["desk"], last=first["id"])
    assert base64.b64decode((await resumed.event())["body"]) == b"2"
    await resumed.end()


async def test_stream_gives_signs_of_life_and_ends_with_its_token(
    state: State, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "HEARTBEAT_SECONDS", 0.01)
    stream = Stream(state, tokens["desk"])
    assert (await stream.next()).startswith(":")
    assert (await stream.next()).startswith(":")
    state.change(replace(state.file, tokens=()), state.hooks)
    async with asyncio.timeout(30):
        await stream.task


async def test_stream_tells_nothing_more_once_its_token_is_gone_however_much_comes(
    state: State, tokens: dict[str, str]
) -> None:
    await post(state, b"1")
    stream = Stream(state, tokens["desk"])
    await stream.event()
    state.change(replace(state.file, tokens=()), state.hooks)
    await post(state, b"2")
    async with asyncio.timeout(30):
        await stream.task
    assert not any(stream.messages.get_nowait().get("body") for _left in range(stream.messages.qsize()))


async def test_stream_tells_of_a_gap(state: State, tokens: dict[str, str], clock: FrozenClock) -> None:
    await post(state, b"1")
    clock.advance(1000)
    await asyncio.wrap_future(state.spool.cut(clock.now(), 10**9))
    stream = Stream(state, tokens["desk"])
    told = await stream.event()
    assert (told["event"], "1 deliveries" in told["gap"]) == ("gap", True)
    await stream.end()


async def test_stream_ends_when_the_gateway_stops(state: State, tokens: dict[str, str]) -> None:
    stream = Stream(state, tokens["desk"])
    await stream.next()
    state.stop()
    async with asyncio.timeout(30):
        await stream.task
