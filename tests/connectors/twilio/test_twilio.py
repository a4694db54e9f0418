"""What Twilio does beside the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from omnitui_twilio import TwilioConnector
from omnitui_twilio.mapping import events
from omnitui_twilio.settings import call_back_within

from omnitui.clock import HOUR
from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Batch,
    CallEnd,
    ContactChanged,
    Event,
    MessageReceived,
    NotReady,
    OmniError,
    OutboundFile,
    Receipt,
    Rejected,
    SendState,
)
from tests.support.twilio_rig import MEI, TwilioRig
from tests.support.twilio_server import BASE, NUMBER


@pytest.fixture
async def desk(rig: TwilioRig) -> AsyncIterator[TwilioConnector]:
    connector = rig.connector()
    yield connector
    await connector.close()


async def of_kind(stream: AsyncIterator[Batch], kind: type[Any], most: int = 1) -> list[Any]:
    found: list[Event] = []
    async with asyncio.timeout(30):
        while len(found) < most:
            found += [event for event in (await anext(stream)).events if isinstance(event, kind)]
    return found


async def test_nothing_is_sent_to_those_who_said_stop_until_they_say_start(
    rig: TwilioRig, desk: TwilioConnector
) -> None:
    stream = desk.inbound(None)
    rig.called(MessageSid="MM1", Body=" stop ")
    (change,) = await of_kind(stream, ContactChanged)
    assert change.fields == (("sms", "has said STOP"),)
    again = rig.connector()
    refused = await again.perform(rig.outbound("x"))
    assert isinstance(refused, Rejected)
    assert "STOP" in refused.reason
    assert rig.server.sent == []
    rig.called(MessageSid="MM2", Body="Start")
    assert (await of_kind(stream, ContactChanged))[0].fields == (("sms", ""),)
    assert isinstance(await again.perform(rig.outbound("x")), Accepted)
    await again.close()


async def test_what_became_of_a_message_is_told_with_its_code(rig: TwilioRig, desk: TwilioConnector) -> None:
    stream = desk.inbound(None)
    sent = await desk.perform(rig.outbound("はい"))
    assert isinstance(sent, Accepted)
    rig.called(MessageSid=sent.external_id, MessageStatus="delivered")
    rig.called(MessageSid="SM9", MessageStatus="undelivered", ErrorCode="30003")
    delivered, failed = await of_kind(stream, Receipt, 2)
    assert (delivered.state, delivered.external_id) == (SendState.DELIVERED, sent.external_id)
    assert (failed.state, failed.reason) == (SendState.FAILED, "their phone is switched off or out of reach (30003)")


async def test_words_of_a_refusal_are_twilios_with_their_code(rig: TwilioRig, desk: TwilioConnector) -> None:
    rig.server.refusal = (21610, "Attempt to send to unsubscribed recipient")
    assert await desk.perform(rig.outbound("x")) == Rejected("Attempt to send to unsubscribed recipient (21610)")


async def test_call_its_voicemail_and_its_words_are_one_conversation(rig: TwilioRig, desk: TwilioConnector) -> None:
    stream = desk.inbound(None)
    rig.called(CallSid="CA1", CallStatus="ringing", Direction="inbound")
    rig.called(CallSid="CA1", CallStatus="no-answer", Direction="inbound")
    rig.called(CallSid="CA1", RecordingSid="RE1", RecordingUrl="https://api.twilio.com/r/RE1", RecordingDuration="65")
    rig.called(CallSid="CA1", RecordingSid="RE1", TranscriptionStatus="completed", TranscriptionText="Call me back")
    rings, missed, voicemail, words = await of_kind(stream, MessageReceived, 4)
    assert {one.conversation for one in (rings, missed, voicemail, words)} == {f"{NUMBER} {MEI}"}
    assert {one.channel for one in (rings, missed, voicemail, words)} == {"voice"}
    assert (rings.external_id, missed.external_id, missed.text) == ("CA1", "CA1", "[call] missed")
    assert missed.revision > rings.revision
    ends = [one.call for one in (rings, missed, voicemail, words)]
    assert ends == [None, CallEnd.MISSED, CallEnd.VOICEMAIL, None]
    assert (voicemail.text, voicemail.files[0].remote) == (
        "[voicemail] 1:05",
        {"url": "https://api.twilio.com/r/RE1.mp3"},
    )
    assert (words.text, words.answers) == ("[voicemail] Call me back", "RE1")


async def test_recording_that_names_nobody_lies_with_its_call(rig: TwilioRig, desk: TwilioConnector) -> None:
    rig.server.calls["CA1"] = {"sid": "CA1", "direction": "inbound", "from": MEI, "to": NUMBER}
    stream = desk.inbound(None)
    for call in ("CA404", "CA1"):
        told = {"CallSid": call, "RecordingSid": f"RE-{call}", "RecordingUrl": "https://api.twilio.com/r/RE1"}
        rig.called(From="", To="", RecordingStatus="completed", **told)
    (voicemail,) = await of_kind(stream, MessageReceived)
    assert (voicemail.conversation, voicemail.external_id) == (f"{NUMBER} {MEI}", "RE-CA1")


async def test_media_comes_with_the_token_from_twilio_and_from_nowhere_else(
    rig: TwilioRig, desk: TwilioConnector
) -> None:
    stream = desk.inbound(None)
    url = f"http://127.0.0.1:{rig.proxy.port}{BASE}/Messages/MM1/Media/ME1"
    rig.called(MessageSid="MM1", Body="", NumMedia="1", MediaUrl0=url, MediaContentType0="image/jpeg")
    (message,) = await of_kind(stream, MessageReceived)
    rig.server.files[f"{BASE}/Messages/MM1/Media/ME1"] = b"jpeg"
    held = bytearray()

    class Held:
        def write(self, data: bytes, /) -> object:
            held.extend(data)
            return None

    await desk.fetch(message.files[0].remote, Held(), 100)
    assert bytes(held) == b"jpeg"
    with pytest.raises(OmniError, match="does not lie at Twilio"):
        await desk.fetch({"url": "https://api.twilio.com.evil.example/x"}, Held(), 100)
    with pytest.raises(OmniError, match="does not lie at Twilio"):
        await desk.fetch({"url": "https://["}, Held(), 100)


async def test_older_message_comes_with_its_files(rig: TwilioRig, desk: TwilioConnector) -> None:
    told = {"direction": "inbound", "from": MEI, "to": NUMBER, "body": "", "num_media": "1"}
    rig.server.listed = [{**told, "sid": sid} for sid in ("MM1", "MM404")]
    uri = f"{BASE}/Messages/MM1/Media/ME1.json"
    rig.server.media["MM1"] = [{"sid": "ME1", "content_type": "image/jpeg", "uri": uri}]
    whole, gone = (await desk.backfill("messages", None)).events
    assert isinstance(whole, MessageReceived)
    assert isinstance(gone, MessageReceived)
    (file,) = whole.files
    url = f"http://127.0.0.1:{rig.proxy.port}{BASE}/Messages/MM1/Media/ME1"
    assert (file.name, file.media_type, file.remote) == ("MM1-0.jpg", "image/jpeg", {"url": url})
    assert (gone.text, gone.files) == ("[1 files]", ())


async def test_older_messages_are_loaded_page_by_page(rig: TwilioRig, desk: TwilioConnector) -> None:
    at = "Sun, 22 Nov 2026 09:00:00 +0000"
    rig.server.listed = [
        {
            "sid": f"SM{n}",
            "direction": "inbound" if n % 2 else "outbound-api",
            "from": MEI if n % 2 else NUMBER,
            "to": NUMBER if n % 2 else MEI,
            "body": f"message {n}",
            "date_sent": at,
            "num_media": "0",
        }
        for n in range(5)
    ]
    found: list[Event] = []
    before: Any = None
    while True:
        batch = await desk.backfill("messages", before)
        found += batch.events
        before = batch.cursor
        if batch.caught_up:
            break
    texts = [(one.text, one.author.agent, one.sent_at) for one in found if isinstance(one, MessageReceived)]
    assert texts == [(f"message {n}", n % 2 == 0, 1_795_338_000_000) for n in range(5)]


@pytest.mark.parametrize(
    ("numbers", "status", "words"),
    [
        ([], "active", "has no number"),
        ([{"sms_url": "https://x.example", "voice_url": "https://h.example/t"}], "active", "messages do not come"),
        ([{"sms_url": "", "voice_url": ""}], "suspended", "is suspended"),
    ],
)
async def test_check_says_what_is_missing(rig: TwilioRig, numbers: list[Any], status: str, words: str) -> None:
    rig.server.numbers, rig.server.status = numbers, status
    connector = rig.connector(hook_url="https://h.example/t")
    health = await connector.check()
    assert not health.ok
    assert words in health.message
    await connector.close()


async def test_token_that_is_refused_is_asked_for(rig: TwilioRig, desk: TwilioConnector) -> None:
    rig.server.token = "another"
    assert (await desk.check()).refused
    with pytest.raises(AuthFailed):
        await desk.perform(rig.outbound("x"))


async def test_files_and_calls_take_no_reply(rig: TwilioRig, desk: TwilioConnector) -> None:
    with_file = replace(rig.outbound("x"), files=(OutboundFile("a.png", "image/png", b"png"),))
    for op in (with_file, replace(rig.outbound("x"), channel="voice")):
        assert isinstance(await desk.perform(op), Rejected)
    assert rig.server.sent == []


async def test_stop_that_cannot_be_kept_is_read_again(rig: TwilioRig, monkeypatch: pytest.MonkeyPatch) -> None:
    full = rig.connector()

    def no_room(_connector: TwilioConnector, _theirs: str, _stopped: bool) -> None:
        raise OSError(28, "No space left on device")

    rig.called(MessageSid="MM1", Body="STOP")
    with monkeypatch.context() as patched:
        patched.setattr(TwilioConnector, "_heed", no_room)
        with pytest.raises(NotReady, match="No space left"):
            await of_kind(full.inbound(None), ContactChanged)
    await full.close()
    desk = rig.connector()
    await of_kind(desk.inbound(None), ContactChanged)
    assert isinstance(await desk.perform(rig.outbound("x")), Rejected)
    await desk.close()


@pytest.mark.parametrize(
    ("status", "direction", "end"),
    [
        ("completed", "inbound", CallEnd.MISSED),
        ("busy", "inbound", CallEnd.MISSED),
        ("failed", "inbound", CallEnd.MISSED),
        ("in-progress", "inbound", None),
        ("completed", "outbound-api", CallEnd.ANSWERED),
        ("no-answer", "outbound-api", CallEnd.MISSED),
    ],
)
def test_what_became_of_a_call_is_told(status: str, direction: str, end: CallEnd | None) -> None:
    form = {"CallSid": "CA1", "CallStatus": status, "Direction": direction, "From": MEI, "To": NUMBER}
    (event,) = events(form, ours=NUMBER, now=1)
    assert isinstance(event, MessageReceived)
    assert event.call is end


@pytest.mark.parametrize(
    ("said", "within"), [("", 4 * HOUR), ("30m", HOUR // 2), ("1 d", 24 * HOUR), ("off", None), ("0", None)]
)
def test_missed_calls_promise_a_call_back_within_what_the_settings_say(said: str, within: int | None) -> None:
    assert call_back_within(said) == within
    with pytest.raises(OmniError):
        call_back_within("soon")
