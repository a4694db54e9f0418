"""What webhook accounts do beside the contract."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.sdk import Accepted, AuthFailed, Batch, MessageReceived, NotReady, OutboundFile, Rejected, Unknown
from tests.support.webhook_rig import WebhookRig
from tests.support.webhook_server import WebhookServer


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer() as server:
        yield server
        assert server.broken == []


@pytest.fixture
def rig(tmp_path: Path, server: WebhookServer) -> WebhookRig:
    return WebhookRig(tmp_path, server)


async def caught_up(rig: WebhookRig, cursor: object = None, **settings: str) -> list[Batch]:
    connector, batches = rig.connector(**settings), []
    async with asyncio.timeout(30), aclosing(connector.inbound(cursor)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            batches.append(batch)
            if batch.caught_up:
                break
    await connector.close()
    return batches


async def test_a_reply_says_where_it_belongs_and_what_it_answers(rig: WebhookRig, server: WebhookServer) -> None:
    file = OutboundFile("請求書.pdf", "application/pdf", b"%PDF")
    op = replace(rig.outbound("はい"), reply_to_external_id="m-7", conversation="17", files=(file,))
    assert await rig.connector().perform(op) == Accepted("m-1")
    (said,) = server.taken
    assert said["type"] == "reply"
    assert said["data"] == {
        "id": op.idempotency_key,
        "conversation": "17",
        "to": "mei",
        "text": "はい",
        "answers": "m-7",
        "files": [
            {"name": "請求書.pdf", "type": "application/pdf", "size": 4, "data": base64.b64encode(b"%PDF").decode()}
        ],
    }
    assert server.ids == [op.idempotency_key]


async def test_an_answer_that_names_no_id_is_accepted_by_ours(rig: WebhookRig, server: WebhookServer) -> None:
    op, connector = rig.outbound("x"), rig.connector()
    for says in (b"", b"ok", b"[]", b'{"id": {}}', b'{"id": true}', b"[" * 100_000):
        server.says = says
        assert await connector.perform(op) == Accepted(op.idempotency_key)


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, Rejected), (308, Rejected), (303, Unknown), (500, Unknown), (503, Unknown)]
)
async def test_what_the_other_side_says_is_what_the_agent_sees(
    rig: WebhookRig, server: WebhookServer, status: int, outcome: type[Rejected | Unknown]
) -> None:
    server.status, server.says = status, b"no such conversation"
    found = await rig.connector().perform(rig.outbound("x"))
    assert isinstance(found, outcome)
    assert found.reason == f"127.0.0.1 answered {status}: no such conversation"


async def test_an_address_that_only_looks_like_one_keeps_the_reply_here(rig: WebhookRig) -> None:
    with pytest.raises(AuthFailed):
        await rig.connector(reply_url="https://éé..example/replies").perform(rig.outbound("x"))


async def test_a_secret_that_is_refused_is_said_without_the_address(rig: WebhookRig, server: WebhookServer) -> None:
    server.secret = "whsec_YW5vdGhlcg=="
    with pytest.raises(AuthFailed) as raised:
        await rig.connector().perform(rig.outbound("x"))
    assert "reply secret" in raised.value.hint
    assert "in-the-address" not in raised.value.message + raised.value.hint


async def test_a_reply_without_an_address_cannot_be_written(rig: WebhookRig) -> None:
    connector = rig.connector(reply_url="")
    assert not connector.capabilities().writes
    assert isinstance(await connector.perform(rig.outbound("x")), Rejected)


@pytest.mark.parametrize("url", ["http://shop.example/replies", "ftp://x", "https://", "http://["])
async def test_replies_go_over_no_plain_line(rig: WebhookRig, url: str) -> None:
    with pytest.raises(AuthFailed):
        await rig.connector(reply_url=url).perform(rig.outbound("x"))
    health = await rig.connector(reply_url=url).check()
    assert (health.ok, health.refused) == (False, True)


async def test_check_shows_the_newest_call_as_the_mapping_reads_it(rig: WebhookRig, tmp_path: Path) -> None:
    assert (await rig.connector().check()).message == "the gateway is there; no call has come yet"
    for number in range(5):
        rig.says(customer="mei", note=f"Where is my tea {number}?")
    health = await rig.connector().check()
    assert health.ok
    assert health.message == "calls kept: 5; the newest is no message: without an address"
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[[message]]\naddress = "data.customer"\ntext = "data.note"\n')
    health = await rig.connector(mapping=str(mapping)).check()
    assert health.message == "calls kept: 5; the newest is conversation mei, mei: “Where is my tea 4?”"


@pytest.mark.parametrize("call", ['{"who": "mei", "note": "Where is my tea?"}', "who=mei&note=Where+is+my+tea%3F"])
async def test_check_tries_the_mapping_on_a_sample_before_anybody_calls(
    rig: WebhookRig, tmp_path: Path, call: str
) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('sample = "call"\n[[message]]\naddress = "who"\ntext = "note"\n')
    (tmp_path / "call").write_text(call)
    tried = "the sample is conversation mei, mei: “Where is my tea?”; "
    health = await rig.connector(mapping=str(mapping)).check()
    assert (health.ok, health.message) == (True, f"{tried}the gateway is there; no call has come yet")
    await rig.sign_out()
    health = await rig.connector(mapping=str(mapping)).check()
    assert (health.ok, health.message.startswith(tried)) == (False, True)
    (tmp_path / "call").unlink()
    health = await rig.connector(mapping=str(mapping)).check()
    assert (health.refused, health.message) == (True, "call cannot be read: No such file or directory")


async def test_check_says_what_is_wrong_with_a_mapping_and_with_a_secret(rig: WebhookRig, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("[[message]]\n")
    health = await rig.connector(mapping=str(mapping)).check()
    assert (health.ok, health.refused) == (False, True)
    assert "“address” is missing" in health.message
    health = await rig.connector(proof="form").check()
    assert "sites" in health.message
    # The gateway that is elsewhere has its own.
    assert (await rig.connector(proof="form", gateway="https://hooks.example.com").check()).ok


async def test_a_mapping_that_is_mended_counts_at_once(rig: WebhookRig, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("[[message]]\n")
    rig.says(customer="mei", note="hi")
    with pytest.raises(NotReady, match="missing"):
        await caught_up(rig, mapping=str(mapping))
    mapping.write_text('[[message]]\naddress = "data.customer"\ntext = "data.note"\n')
    (batch,) = await caught_up(rig, mapping=str(mapping))
    assert isinstance(batch.events[0], MessageReceived)
    assert batch.cursor == {"after": 1}


async def test_a_gap_of_the_gateway_is_told_to_the_ledger(rig: WebhookRig) -> None:
    rig.gateway.gap = "dropped"
    await rig.customer_writes("x")
    (batch,) = await caught_up(rig)
    assert batch.gap == "dropped"


async def test_a_form_comes_on_a_channel_of_its_own(rig: WebhookRig) -> None:
    rig.gateway.receive(b"email=mei%40example.com&message=hi", "application/x-www-form-urlencoded")
    (batch,) = await caught_up(rig, proof="form", origins="https://shop.example")
    event, _contact = batch.events
    assert isinstance(event, MessageReceived)
    assert (event.channel, event.contact.address) == ("webform", "mei@example.com")
