"""Matrix over a real Synapse: it holds the contract, and what travels arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from omnitui_matrix import MatrixConnector

from omnitui.sdk import (
    Accepted,
    Batch,
    Event,
    MessageDeleted,
    MessageReceived,
    Outbound,
    OutboundFile,
    Reacted,
    ReadUpTo,
    Rejected,
    Typing,
    Verb,
)
from omnitui.sdk.conformance import Check, checks_for
from tests.support.matrix_rig import MatrixRig
from tests.support.proxy import FaultyProxy
from tests.support.synapse import PYTHON, REASON, Synapse

pytestmark = [pytest.mark.skipif(not PYTHON, reason=REASON), pytest.mark.xdist_group("synapse")]
NAMES = count(1)


class SynapseRig(MatrixRig):
    """The same at a real homeserver, which cannot be told to refuse."""

    lacks: ClassVar[Mapping[str, str]] = {"rate_limit": "its limits are off: each test would have to wait for them"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    server = Synapse(tmp_path_factory.mktemp("synapse"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def rig(tmp_path: Path, server: Synapse) -> AsyncIterator[SynapseRig]:
    number = next(NAMES)
    async with FaultyProxy(server.port) as proxy:
        yield SynapseRig(tmp_path, proxy, server.user(f"mei{number}"), server.user(f"desk{number}"))


@pytest.fixture
async def desk(rig: SynapseRig) -> AsyncIterator[MatrixConnector]:
    connector = rig.connector()
    yield connector
    await connector.close()


@pytest.mark.parametrize("check", checks_for(SynapseRig), ids=lambda check: check.name)
async def test_matrix_conforms_over_a_real_homeserver(check: Check, rig: SynapseRig) -> None:
    await check.run(rig)


async def of_kind(stream: AsyncIterator[Batch], kind: type[Any], most: int = 1) -> list[Any]:
    found: list[Event] = []
    async with asyncio.timeout(60):
        while len(found) < most:
            found += [event for event in (await anext(stream)).events if isinstance(event, kind)]
    return found


def op(rig: SynapseRig, text: str = "", **changed: Any) -> Outbound:
    return replace(rig.outbound(text), **changed)


async def test_words_signs_edits_and_redactions_travel_both_ways(rig: SynapseRig, desk: MatrixConnector) -> None:
    stream, room = desk.inbound(None), quote(rig.room)
    await anext(stream)
    first = rig.mei.say(rig.room, {"msgtype": "m.text", "body": "返品したいです"}, "a")
    (message,) = await of_kind(stream, MessageReceived)
    assert (message.external_id, message.conversation, message.author.address) == (first, rig.room, rig.mei.user)
    relation = {"rel_type": "m.replace", "event_id": first}
    edit = {"msgtype": "m.text", "body": "* 返金", "m.new_content": {"msgtype": "m.text", "body": "返金"}}
    rig.mei.say(rig.room, {**edit, "m.relates_to": relation}, "b")
    (edited,) = await of_kind(stream, MessageReceived)
    assert (edited.external_id, edited.text) == (first, "返金")
    assert edited.revision > 1

    sent = await desk.perform(op(rig, "かしこまりました", reply_to_external_id=first))
    assert isinstance(sent, Accepted)
    rig.mei.say(
        rig.room,
        {"m.relates_to": {"rel_type": "m.annotation", "event_id": sent.external_id, "key": "👍"}},
        "c",
        kind="m.reaction",
    )
    (reaction,) = await of_kind(stream, Reacted)
    assert (reaction.external_id, reaction.emoji) == (sent.external_id, "👍")
    rig.mei.call("POST", f"/rooms/{room}/receipt/m.read/{quote(sent.external_id)}", {})
    (read,) = [one for one in await of_kind(stream, ReadUpTo) if not one.by_us][:1]
    assert read.conversation == rig.room
    rig.mei.call("PUT", f"/rooms/{room}/typing/{quote(rig.mei.user)}", {"typing": True, "timeout": 3000})
    assert [one.conversation for one in await of_kind(stream, Typing)] == [rig.room]
    rig.mei.call("PUT", f"/rooms/{room}/redact/{quote(first)}/d", {})
    assert [one.external_id for one in await of_kind(stream, MessageDeleted)] == [first]

    for verb, fields in (
        (Verb.EDIT, {"message": sent.external_id, "text": "承知しました"}),
        (Verb.DELETE, {"message": sent.external_id}),
    ):
        assert isinstance(await desk.perform(op(rig, verb=verb, fields=fields)), Accepted)
    assert isinstance(await desk.perform(op(rig, verb=Verb.READ, fields={"read": True})), Accepted)
    chunk = rig.mei.call("GET", f"/rooms/{room}/messages?dir=b&limit=20")["chunk"]
    assert any(event["content"].get("m.new_content", {}).get("body") == "承知しました" for event in chunk)
    redacted = next(event for event in chunk if event["event_id"] == sent.external_id)
    assert redacted["content"] == {}


async def test_files_travel_both_ways(rig: SynapseRig, desk: MatrixConnector) -> None:
    stream = desk.inbound(None)
    await anext(stream)
    files = (OutboundFile("請求書.pdf", "application/pdf", b"%PDF-1"),)
    assert isinstance(await desk.perform(op(rig, "こちらです", files=files)), Accepted)
    text, file = await of_kind(stream, MessageReceived, 2)
    assert (text.text, file.text, file.files[0].name) == ("こちらです", "", "請求書.pdf")
    held = bytearray()

    class Held:
        def write(self, data: bytes, /) -> object:
            held.extend(data)
            return None

    await desk.fetch(file.files[0].remote, Held(), 1_000)
    assert bytes(held) == b"%PDF-1"


async def test_thread_is_a_conversation_of_its_own(rig: SynapseRig, desk: MatrixConnector) -> None:
    stream = desk.inbound(None)
    await anext(stream)
    root = rig.mei.say(rig.room, {"msgtype": "m.text", "body": "order 17"}, "a")
    inside = {"rel_type": "m.thread", "event_id": root}
    rig.mei.say(rig.room, {"msgtype": "m.text", "body": "where is it?", "m.relates_to": inside}, "b")
    first, second = await of_kind(stream, MessageReceived, 2)
    assert (first.conversation, second.conversation) == (rig.room, f"{rig.room}|{root}")
    assert isinstance(await desk.perform(op(rig, "on its way", conversation=second.conversation)), Accepted)
    chunk = rig.mei.call("GET", f"/rooms/{quote(rig.room)}/messages?dir=b&limit=1")["chunk"]
    assert chunk[0]["content"]["m.relates_to"]["event_id"] == root


async def test_encrypted_room_is_said_to_be_so_and_nothing_is_written_into_it(
    rig: SynapseRig, desk: MatrixConnector
) -> None:
    rig.mei.call("PUT", f"/rooms/{quote(rig.room)}/state/m.room.encryption/", {"algorithm": "m.megolm.v1.aes-sha2"})
    refused = await desk.perform(op(rig, "x"))
    assert isinstance(refused, Rejected)
    assert "encrypted" in refused.reason


async def test_many_messages_while_away_come_whole_and_in_order(rig: SynapseRig, desk: MatrixConnector) -> None:
    stream = desk.inbound(None)
    cursor = (await anext(stream)).cursor
    await desk.close()
    for number in range(120):
        rig.mei.say(rig.room, {"msgtype": "m.text", "body": f"message {number}"}, f"n{number}")
    again = rig.connector()
    found = await of_kind(again.inbound(cursor), MessageReceived, 120)
    assert [one.text for one in found] == [f"message {number}" for number in range(120)]
    await again.close()


async def test_password_gives_a_token_and_invitations_are_accepted(rig: SynapseRig, server: Synapse) -> None:
    made = {"preset": "trusted_private_chat", "invite": [rig.desk.user]}
    room = str(rig.mei.call("POST", "/createRoom", made)["room_id"])
    connector = rig.connector(user=rig.desk.user)
    connector._server.token = ""
    connector = MatrixConnector(replace(connector._context, secrets={"password": "secret"}))
    stream = connector.inbound(None)
    await anext(stream)
    rig.mei.say(room, {"msgtype": "m.text", "body": "hello"}, "h")
    (message,) = [one for one in await of_kind(stream, MessageReceived) if one.conversation == room]
    assert message.text == "hello"
    await connector.close()
