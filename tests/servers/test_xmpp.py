"""XMPP over a real Prosody: it holds the contract, and what it does beside that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from xml.etree.ElementTree import Element

import httpx
import pytest
import trustme
from omnitui_xmpp import XmppConnector
from omnitui_xmpp.mapping import CORRECTION, RETRACTION, bare

from omnitui.sdk import (
    Accepted,
    Batch,
    Direction,
    Event,
    Fault,
    MessageReceived,
    NotReady,
    Outbound,
    OutboundFile,
    Receipt,
    Rejected,
    SendState,
    Verb,
)
from omnitui.sdk.conformance import Check, checks_for
from tests.support.prosody import DOMAIN, INSTALL, PROSODY, Prosody
from tests.support.proxy import FaultyProxy
from tests.support.xmpp_rig import XmppRig, part

pytestmark = pytest.mark.skipif(PROSODY is None, reason=f"no Prosody: {INSTALL}")
NAMES = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    server = Prosody(tmp_path_factory.mktemp("prosody"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def rig(tmp_path: Path, server: Prosody) -> AsyncIterator[XmppRig]:
    async with AsyncExitStack() as closing, FaultyProxy(server.port) as proxy:
        yield XmppRig(tmp_path, server, proxy, str(next(NAMES)), closing=closing)


@pytest.mark.parametrize("check", checks_for(XmppRig), ids=lambda check: check.name)
async def test_xmpp_conforms(check: Check, rig: XmppRig) -> None:
    await check.run(rig)


def reply(rig: XmppRig, text: str = "はい", **changed: object) -> Outbound:
    return replace(rig.outbound(text), **changed)  # type: ignore[arg-type]


async def following(stream: AsyncIterator[Batch]) -> tuple[Event, ...]:
    """The events of the next batch that has some."""
    async with asyncio.timeout(30):
        async for batch in stream:
            if batch.events:
                return batch.events
    raise AssertionError("inbound ended by itself")


async def heard_by_mei(rig: XmppRig) -> list[Element]:
    """What the desk said to her, as her archive has it."""
    page = await (await rig.mei()).archive(before="", most=100)
    return [message for message, _at, _id in page.messages if bare(message.get("from", "")) == rig.desk]


@pytest.fixture
async def desk(rig: XmppRig) -> AsyncIterator[XmppConnector]:
    connector = rig.connector()
    await rig.mei()
    yield connector
    await connector.close()


async def test_customers_program_is_told_how_far_a_reply_got(rig: XmppRig, desk: XmppConnector) -> None:
    stream = desk.inbound(None)
    await anext(stream)
    sent = await desk.perform(reply(rig))
    assert isinstance(sent, Accepted)
    own = sent.external_id.partition("/")[2]
    mei = await rig.mei()
    await mei.send(rig.desk, "r1", "", part("{urn:xmpp:receipts}received", id=own))
    await mei.send(rig.desk, "r2", "", part("{urn:xmpp:chat-markers:0}displayed", id=own))
    seen: list[Event] = []
    while len(seen) < 2:
        seen += [event for event in await following(stream) if isinstance(event, Receipt)]
    assert [(event.state, event.external_id) for event in seen if isinstance(event, Receipt)] == [
        (SendState.DELIVERED, sent.external_id),
        (SendState.READ, sent.external_id),
    ]


async def test_message_is_acknowledged_once_it_is_kept(rig: XmppRig, desk: XmppConnector) -> None:
    stream = desk.inbound(None)
    await anext(stream)
    await anext(stream)
    await rig.customer_writes("返品したいです")
    waiting = asyncio.ensure_future(following(stream))
    await waiting
    following_one = asyncio.ensure_future(anext(stream))
    mei = await rig.mei()
    async with asyncio.timeout(30):
        while not any(m.find("{urn:xmpp:receipts}received") is not None for m, _at, _id in await mei.take(10)):
            pass
    following_one.cancel()


async def test_edit_and_delete_reach_the_customer(rig: XmppRig, desk: XmppConnector) -> None:
    sent = await desk.perform(reply(rig, "かしこまりました"))
    assert isinstance(sent, Accepted)
    own = sent.external_id.partition("/")[2]
    for verb, text in ((Verb.EDIT, {"text": "承知しました"}), (Verb.DELETE, {})):
        changed = reply(rig, "", verb=verb, fields={"message": sent.external_id, **text})
        assert isinstance(await desk.perform(changed), Accepted)
    _first, edit, deletion = await heard_by_mei(rig)
    correction, retraction = edit.find(CORRECTION), deletion.find(RETRACTION)
    assert correction is not None
    assert (correction.get("id"), edit.findtext("{jabber:client}body")) == (own, "承知しました")
    assert retraction is not None
    assert retraction.get("id") == own


async def test_files_lie_at_the_server_and_are_named_to_the_customer(rig: XmppRig, desk: XmppConnector) -> None:
    files = (OutboundFile("請求書.pdf", "application/pdf", b"%PDF-1"),)
    assert isinstance(await desk.perform(reply(rig, "こちらです", files=files)), Accepted)
    text, file = await heard_by_mei(rig)
    assert text.findtext("{jabber:client}body") == "こちらです"
    address = file.findtext("{jabber:x:oob}x/{jabber:x:oob}url") or ""
    async with httpx.AsyncClient() as http:
        assert (await http.get(address)).content == b"%PDF-1"


async def test_what_is_said_to_nobody_fails_with_the_servers_words(rig: XmppRig, desk: XmppConnector) -> None:
    refused = await desk.perform(reply(rig, conversation="nobody@xmpp.test"))
    assert isinstance(refused, Rejected)
    assert "unavailable" in refused.reason


async def test_what_another_program_of_the_desk_says_is_shown_as_ours(rig: XmppRig, desk: XmppConnector) -> None:
    stream = desk.inbound(None)
    await anext(stream)
    other = rig.connector()
    assert isinstance(await other.perform(reply(rig, "from the phone")), Accepted)
    found = [event for event in await following(stream) if isinstance(event, MessageReceived)]
    assert [(event.text, event.direction, event.contact.address) for event in found] == [
        ("from the phone", Direction.OUTGOING, f"mei{rig.name}@xmpp.test")
    ]
    await other.close()


async def test_line_that_dies_is_told_and_nothing_is_missed(rig: XmppRig, desk: XmppConnector) -> None:
    stream = desk.inbound(None)
    cursor = (await anext(stream)).cursor
    await anext(stream)
    rig.proxy.cut()
    with pytest.raises(NotReady):
        await following(stream)
    await rig.customer_writes("while you were away")
    found = await following(desk.inbound(cursor))
    assert [event.text for event in found if isinstance(event, MessageReceived)] == ["while you were away"]


async def test_password_never_goes_over_a_line_without_encryption(rig: XmppRig) -> None:
    connector = rig.connector(security="starttls")
    with pytest.raises(Fault, match="no encryption"):
        await anext(connector.inbound(None))
    await connector.close()


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def test_certificate_is_held_against_the_domain(tmp_path: Path, closing: ExitStack) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for domain, trusted in ((DOMAIN, True), ("evil.test", False)):
        made = authority.issue_cert(domain)
        chain, key = tmp_path / f"{domain}.pem", tmp_path / f"{domain}.key"
        chain.write_bytes(made.cert_chain_pems[0].bytes())
        made.private_key_pem.write_to_path(key)
        server = Prosody(tmp_path / domain, certificate=(chain, key))
        server.start()
        closing.callback(server.kill)
        async with FaultyProxy(server.port) as proxy:
            rig = XmppRig(tmp_path, server, proxy, "1")
            for authorities in (str(tmp_path / "ca.pem"), ""):
                connector = rig.connector(security="starttls", ca_file=authorities)
                health = await connector.check()
                assert health.ok is (trusted and bool(authorities)), health
                assert health.ok or "not trusted" in health.message
                await connector.close()
