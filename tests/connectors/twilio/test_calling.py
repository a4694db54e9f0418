"""Calls to customers through Twilio: the agent's phone first, once, and what became of it from evidence alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from omnitui_twilio import TwilioConnector

from omnitui.clock import SystemClock
from omnitui.sdk import (
    Accepted,
    CallEnd,
    Direction,
    MessageReceived,
    Outbound,
    Receipt,
    Rejected,
    SendState,
    Unknown,
    Verb,
    snapshot,
)
from omnitui.services.acting.calling import Calling
from omnitui.store import accounts
from omnitui.store.reads import tasks
from omnitui.store.writer import Tx
from omnitui.sync.engine import Engine
from tests.support.sync_desk import PARSER, SyncDesk, until
from tests.support.twilio_rig import MEI, TwilioRig
from tests.support.twilio_server import NUMBER

PHONE = "+818012345678"
HOOK = "https://hooks.example.com/hooks/sms?a=1&b=2"


@pytest.fixture
async def desk(rig: TwilioRig) -> AsyncIterator[TwilioConnector]:
    connector = rig.connector(hook_url=HOOK)
    yield connector
    await connector.close()


def a_call(rig: TwilioRig, verb: Verb = Verb.REPLY) -> Outbound:
    fields: dict[str, Any] = {"call": {"number": MEI, "phone": PHONE}}
    return replace(rig.outbound("[call]"), verb=verb, channel="voice", fields=fields)


async def told(connector: TwilioConnector, most: int) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(30):
        async for batch in connector.inbound(None):
            found += batch.events
            if len(found) >= most:
                break
    return found


async def test_agents_phone_is_rung_and_connected_with_the_customer(rig: TwilioRig, desk: TwilioConnector) -> None:
    done = await desk.perform(a_call(rig))
    assert done == Accepted("CA-out-1", conversation=f"{NUMBER} {MEI}")
    (rung,) = rig.server.rung
    assert (rung["To"], rung["From"], rung["StatusCallback"]) == (PHONE, NUMBER, HOOK)
    dial = ElementTree.fromstring(rung["Twiml"]).find("Dial")
    assert dial is not None
    number = dial.find("Number")
    assert number is not None
    assert (dial.get("callerId"), number.text, number.get("statusCallback")) == (NUMBER, MEI, HOOK)
    assert rig.server.broken == []
    assert desk.capabilities("voice").calls
    assert not desk.capabilities("sms").calls


async def test_both_legs_are_one_message_and_the_agents_phone_is_no_customer(
    rig: TwilioRig, desk: TwilioConnector
) -> None:
    await desk.perform(a_call(rig))
    first = {"CallSid": "CA-out-1", "Direction": "outbound-api", "From": NUMBER, "To": PHONE}
    then = {"CallSid": "CA-2", "ParentCallSid": "CA-out-1", "Direction": "outbound-dial", "From": NUMBER, "To": MEI}
    for leg, status in ((first, "ringing"), (first, "in-progress"), (then, "ringing"), (then, "in-progress")):
        rig.called(**leg, CallStatus=status)
    rig.called(**then, CallStatus="completed", CallDuration="125")
    rig.called(**first, CallStatus="completed", CallDuration="130")
    # Of a call that was not taken down only the agent's phone is known.
    rig.called(**{**first, "CallSid": "CA-lost"}, CallStatus="completed")
    found = await told(desk, 8)
    messages = [one for one in found if isinstance(one, MessageReceived)]
    assert {(one.conversation, one.external_id, one.contact.address) for one in messages} == {
        (f"{NUMBER} {MEI}", "CA-out-1", MEI)
    }
    assert all(one.direction is Direction.OUTGOING for one in messages)
    newest = max(messages, key=lambda one: one.revision)
    assert (newest.text, newest.call) == ("[call] 2:05", CallEnd.ANSWERED)
    assert [one.text for one in messages] == [
        *("[call] your phone rings", "[call] you have answered", "[call] rings there", "[call] speaks"),
        *("[call] 2:05", "[call] ended"),
    ]
    receipts = [one for one in found if isinstance(one, Receipt)]
    assert {(one.state, one.external_id) for one in receipts} == {(SendState.DELIVERED, "CA-out-1")}


async def test_what_it_came_to_stands_in_whichever_order_it_is_told(rig: TwilioRig, desk: TwilioConnector) -> None:
    await desk.perform(a_call(rig))
    first = {"CallSid": "CA-out-1", "Direction": "outbound-api", "To": PHONE, "CallStatus": "completed"}
    then = {"CallSid": "CA-2", "ParentCallSid": "CA-out-1", "Direction": "outbound-dial", "To": MEI}
    ends = [first, {**then, "CallStatus": "ringing"}, {**then, "CallStatus": "no-answer"}]
    for order in permutations(ends):
        for form in order:
            rig.called(**form)
    found = [one for one in await told(desk, 18) if isinstance(one, MessageReceived)]
    for at in range(0, 18, 3):
        newest = max(found[at : at + 3], key=lambda one: one.revision)
        assert (newest.text, newest.call) == ("[call] not answered", CallEnd.MISSED)


async def test_phone_that_nobody_answers_is_said(rig: TwilioRig, desk: TwilioConnector) -> None:
    await desk.perform(a_call(rig))
    rig.called(CallSid="CA-out-1", Direction="outbound-api", To=PHONE, CallStatus="busy")
    receipt, message = await told(desk, 2)
    assert (receipt.state, receipt.reason) == (SendState.FAILED, "your phone is busy")
    assert message.text == "[call] your phone is busy"


async def test_call_whose_answer_is_lost_is_unknown_and_a_refused_one_failed(
    rig: TwilioRig, desk: TwilioConnector
) -> None:
    rig.server.refusal = (21215, "Geo permissions")
    assert await desk.perform(a_call(rig)) == Rejected("Geo permissions (21215)")
    rig.server.refusal = None
    rig.proxy.cut_behind = b"Twiml="
    assert isinstance(await desk.perform(a_call(rig)), Unknown)


async def test_first_message_is_sent_and_not_only_said_to_be(rig: TwilioRig, desk: TwilioConnector) -> None:
    first = replace(rig.outbound("good morning"), verb=Verb.NEW, conversation="")
    assert await desk.perform(first) == Accepted("SM1", conversation=f"{NUMBER} {MEI}")
    assert [one["Body"] for one in rig.server.sent] == ["good morning"]


async def test_missed_call_is_returned_once_and_its_promise_kept_by_what_twilio_tells(
    rig: TwilioRig, tmp_path: Path
) -> None:
    desk = SyncDesk(tmp_path / "desk", SystemClock())
    connector = TwilioConnector(replace(rig.connector(hook_url=HOOK)._context, mark=desk.mark))

    def work(tx: Tx) -> None:
        accounts.set_capabilities(tx, desk.account.id, snapshot.take(connector.capabilities, ("sms", "voice")))
        accounts.put_inbox(tx, desk.account.id, "voice", NUMBER)

    desk.cache.write(work)
    engine = Engine(desk.cache, lambda _account: connector, parser=PARSER)
    running = asyncio.create_task(engine.run())
    try:
        rig.called(CallSid="CA1", CallStatus="no-answer", Direction="inbound")
        await until(lambda: len(desk.cache.read(tasks.page)) == 1)
        [conversation] = desk.conversations()
        op = Calling(desk.cache).call(conversation.id, MEI, desk.account.id, PHONE)
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)
        then = {"CallSid": "CA-2", "ParentCallSid": "CA-out-1", "Direction": "outbound-dial", "To": MEI}
        rig.called(**then, CallStatus="in-progress")
        rig.called(**then, CallStatus="completed", CallDuration="65")
        await until(lambda: desk.messages()[-1].text == "[call] 1:05")
        assert desk.cache.read(tasks.page) == []
        assert [one.id for one in desk.conversations()] == [conversation.id]
        assert [(one.text, one.state) for one in desk.messages()] == [
            ("[call] missed", None),
            ("[call] 1:05", SendState.DELIVERED),
        ]
        assert len(rig.server.rung) == 1
    finally:
        engine.stop()
        await asyncio.wait_for(running, 20)
        desk.close()
