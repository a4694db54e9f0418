"""Callers who say nothing, hear nothing or come in crowds, at the server as the gateway runs it."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from omnitui.gateway import connection
from omnitui.gateway.connection import Connection, room
from omnitui.gateway.limits import caller_at
from tests.support.sync_desk import until

CALL = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"


async def echo(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]) -> None:
    """Answers once the body is there; at /long with more than any line holds."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _part in range(400 if scope["path"] == "/long" else 0):
        await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
    await send({"type": "http.response.body", "body": b"heard"})


@asynccontextmanager
async def served(most: int = 100) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        echo,
        log_config=None,
        lifespan="off",
        http=Connection,
        ws="none",
        limit_concurrency=most,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=32 * 1024,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    await until(lambda: server.started)
    try:
        yield server, listener.getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 60)


async def said(reader: asyncio.StreamReader) -> bytes:
    """All until its end."""
    with suppress(OSError):
        return await asyncio.wait_for(reader.read(), 60)
    return b""


@pytest.mark.parametrize(
    "begun", [b"", b"POST / HTTP/1.1\r\nHos", CALL + b"POST / HTT"], ids=["none", "head", "second"]
)
async def test_connection_without_a_whole_request_is_closed(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)
    async with served() as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        assert (b"heard" in await said(reader)) is begun.startswith(CALL)
        await until(lambda: not server.server_state.connections)
        writer.close()


async def test_call_that_has_begun_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)
    async with served() as (_server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _call in range(2):
            writer.write(CALL[:-1])
            await asyncio.sleep(0.3)
            writer.write(b"x")
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"heard"), 60)
        writer.close()


async def test_caller_that_hears_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "DEAF_SECONDS", 0.1)
    async with served() as (server, port):
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
            await until(lambda: server.server_state.connections)
            await until(lambda: not server.server_state.connections)


async def test_head_without_end_is_refused_before_it_fills_the_memory() -> None:
    async with served() as (_server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)
        assert b" 400 " in await said(reader)
        writer.close()


async def test_no_other_protocol_is_spoken() -> None:
    async with served() as (_server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        upgrade = (
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AA==\r\n"
        )
        writer.write(CALL.replace(b"Host: a\r\n", b"Host: a\r\n" + upgrade))
        assert b" 200 OK" in await asyncio.wait_for(reader.readuntil(b"heard"), 60)
        writer.close()


@pytest.mark.parametrize(("here", "most", "open_"), [(True, 3, 3), (False, 100, 2)], ids=["all", "one"])
async def test_crowds_are_turned_away(monkeypatch: pytest.MonkeyPatch, here: bool, most: int, open_: int) -> None:
    monkeypatch.setattr(connection, "is_here", lambda _host: here)
    monkeypatch.setattr(connection, "MOST_OF_ONE", 2)
    async with served(most) as (server, port):
        lines = [await asyncio.open_connection("127.0.0.1", port) for _line in range(5)]
        for reader, _writer in lines[open_:]:
            assert await said(reader) == b""
        assert len(server.server_state.connections) == open_
        for _reader, writer in lines:
            writer.close()
        await until(lambda: not server.server_state.connections)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CALL)
        assert b" 200 OK" in await asyncio.wait_for(reader.readuntil(b"heard"), 60)
        writer.close()


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "most"),
    [
        (1_024, 4_096, 2_128, 2_000),
        (256, 1_000, 1_000, 872),
        (1_024, resource.RLIM_INFINITY, 2_128, 2_000),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 0, 2_000),
        (100, 100, 0, 1),
    ],
)
def test_there_are_no_more_connections_than_files(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, raised: int, most: int
) -> None:
    wanted: list[int] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _what, limits: wanted.append(limits[0]))
    assert room() == most
    assert wanted == ([raised] if raised else [])


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("unix:" + "x" * 30_000, ""),
        ("", ""),
    ],
)
def test_callers_are_told_apart_by_what_one_of_them_has(address: str, caller: str) -> None:
    assert caller_at(address) == caller
