"""What Matrix does beside the contract, at a homeserver that can be told to misbehave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from omnitui_matrix import MatrixConnector
from omnitui_matrix.client import Refusal

from omnitui.sdk import Accepted, AuthFailed, Batch, MessageReceived, OutboundFile, Rejected, Unsupported, Verb
from tests.support.matrix_rig import MatrixRig, Someone
from tests.support.matrix_server import MatrixServer
from tests.support.proxy import FaultyProxy


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[MatrixRig]:
    with MatrixServer() as server:
        url = f"http://127.0.0.1:{server.port}"
        mei, desk = (Someone(url, server.user(name), f"@{name}:tea.test") for name in ("mei", "desk"))
        async with FaultyProxy(server.port) as proxy:
            yield MatrixRig(tmp_path, proxy, mei, desk, server)
        assert server.broken == []


async def batches(connector: MatrixConnector, cursor: object = None) -> list[Batch]:
    found = []
    async for batch in connector.inbound(cursor):
        found.append(batch)
        if batch.caught_up:
            break
    await connector.close()
    return found


def texts(found: list[Batch]) -> list[str]:
    return [event.text for batch in found for event in batch.events if isinstance(event, MessageReceived)]


async def test_what_came_meanwhile_is_whole_and_in_order_though_an_answer_holds_less(rig: MatrixRig) -> None:
    assert rig.server is not None
    rig.server.page = 3
    first = await batches(rig.connector())
    for number in range(10):
        await rig.customer_writes(f"message {number}")
    assert texts(await batches(rig.connector(), first[-1].cursor)) == [f"message {number}" for number in range(10)]


async def test_edit_of_what_another_wrote_is_not_believed(rig: MatrixRig) -> None:
    server = rig.server
    assert server is not None
    server.rooms[rig.room].members.append("@eve:tea.test")
    await rig.customer_writes("send it to Mei")
    original = server.rooms[rig.room].timeline[-1][1]["event_id"]
    new = {"msgtype": "m.text", "body": "send it to Eve"}
    relation = {"rel_type": "m.replace", "event_id": original}
    server.happen(rig.room, "@eve:tea.test", "m.room.message", {**new, "m.new_content": new, "m.relates_to": relation})
    found = await batches(rig.connector())
    assert texts(found) == ["send it to Mei"]
    assert [event.kind for batch in found for event in batch.events if isinstance(event, Unsupported)] == [
        "matrix.edit"
    ]


async def test_retry_with_the_same_key_is_one_message(rig: MatrixRig) -> None:
    op = replace(rig.outbound("はい"), files=(OutboundFile("a.png", "image/png", b"png"),))
    connector = rig.connector()
    first = await connector.perform(op)
    assert isinstance(first, Accepted)
    assert await connector.perform(op) == first
    assert await rig.copies(op) == 1
    await connector.close()


async def test_reply_into_a_room_we_were_put_out_of_fails_with_the_homeservers_words(rig: MatrixRig) -> None:
    assert rig.server is not None
    rig.server.rooms[rig.room].members.remove(rig.desk.user)
    connector = rig.connector()
    assert await connector.perform(rig.outbound("x")) == Rejected("You are not in the room")
    await connector.close()


async def test_conversation_is_read_for_the_others_too(rig: MatrixRig) -> None:
    await rig.customer_writes("x")
    connector = rig.connector()
    op = replace(rig.outbound(""), verb=Verb.READ, fields={"read": True})
    assert await connector.perform(op) == Accepted()
    assert rig.server is not None
    assert rig.server.read == [rig.server.rooms[rig.room].timeline[-1][1]["event_id"]]
    await connector.typing(rig.room, "matrix")
    assert rig.server.typed == [rig.room]
    await connector.close()


@pytest.mark.parametrize(("password", "enters"), [("secret", True), ("wrong", False)])
async def test_password_gives_a_token_that_is_kept(rig: MatrixRig, password: str, enters: bool) -> None:
    kept: list[tuple[str, str]] = []

    async def keep(name: str, value: str) -> bool:
        kept.append((name, value))
        return True

    context = rig.connector(user="@desk:tea.test")._context
    connector = MatrixConnector(replace(context, secrets={"password": password}, keep_secret=keep))
    health = await connector.check()
    assert health.ok is enters
    assert [name for name, _value in kept] == (["token"] if enters else [])
    if not enters:
        with pytest.raises(AuthFailed, match="Invalid password"):
            await batches(connector)
    await connector.close()


async def test_what_was_written_before_we_were_put_out_is_kept(rig: MatrixRig) -> None:
    server = rig.server
    assert server is not None
    await rig.customer_writes("first")
    first = await batches(rig.connector())
    await rig.customer_writes("bad service, goodbye")
    server.put_out(rig.room, "@desk:tea.test")
    assert texts(await batches(rig.connector(), first[-1].cursor)) == ["bad service, goodbye"]


async def test_room_that_gives_no_history_is_said_and_holds_up_no_other(
    rig: MatrixRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = rig.server
    assert server is not None
    server.page = 3
    first = await batches(rig.connector())
    for number in range(5):
        await rig.customer_writes(f"message {number}")

    connector = rig.connector()
    call = connector._server.call

    async def called(method: str, path: str, *said: Any, **more: Any) -> Any:
        if path.endswith("/messages"):
            raise Refusal("You are not in the room", "M_FORBIDDEN")
        return await call(method, path, *said, **more)

    monkeypatch.setattr(connector._server, "call", called)
    found = await batches(connector, first[-1].cursor)
    assert texts(found) == ["message 2", "message 3", "message 4"]
    assert "not given: You are not in the room" in found[-1].gap


async def test_history_goes_on_behind_a_page_of_which_nothing_may_be_seen(
    rig: MatrixRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = rig.server
    assert server is not None
    server.page = 3
    first = await batches(rig.connector())
    for number in range(12):
        await rig.customer_writes(f"message {number}")
    given = server._messages
    pages: list[Any] = []

    def hidden(*asked: Any) -> Any:
        pages.append(given(*asked))
        return {**pages[-1], "chunk": []} if len(pages) == 1 else pages[-1]

    monkeypatch.setattr(server, "_messages", hidden)
    shown = texts(await batches(rig.connector(), first[-1].cursor))
    assert shown == [f"message {number}" for number in (*range(6), 9, 10, 11)]
