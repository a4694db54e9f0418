"""What Slack does beside the contract."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from omnitui_slack import SlackConnector
from omnitui_slack.client import WebApi

from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Batch,
    Broken,
    Deliveries,
    Delivery,
    Direction,
    Event,
    MessageReceived,
    NotReady,
    OmniError,
    OutboundFile,
    RateLimited,
    Reacted,
    Rejected,
    Unknowable,
    Unknown,
    Verb,
)
from tests.support.slack_rig import SlackRig


@pytest.fixture
async def desk(rig: SlackRig) -> AsyncIterator[SlackConnector]:
    connector = rig.connector()
    yield connector
    await connector.close()


async def caught_up(stream: AsyncIterator[Batch]) -> list[Batch]:
    found: list[Batch] = []
    async with asyncio.timeout(30):
        while not (found and found[-1].caught_up):
            found.append(await anext(stream))
    return found


async def of_kind(stream: AsyncIterator[Batch], kind: type[Any], most: int = 1) -> list[Any]:
    found: list[Event] = []
    async with asyncio.timeout(30):
        while len(found) < most:
            found += [event for event in (await anext(stream)).events if isinstance(event, kind)]
    return found


def texts(found: list[Batch]) -> list[str]:
    return [event.text for batch in found for event in batch.events if isinstance(event, MessageReceived)]


async def test_event_is_acknowledged_once_it_is_kept_and_not_before(rig: SlackRig, desk: SlackConnector) -> None:
    stream = desk.inbound(None)
    await caught_up(stream)
    rig.server.say("返品したいです")
    batch = await anext(stream)
    assert batch.once
    assert rig.server.acknowledged == []
    waiting = asyncio.ensure_future(anext(stream))
    async with asyncio.timeout(30):
        await rig.server.kept.wait()
    waiting.cancel()


async def test_what_was_said_while_nobody_listened_comes_with_its_threads(rig: SlackRig) -> None:
    old = rig.server.say("old thread")
    for number in range(4):
        rig.server.say(f"before {number}")
    first = await caught_up((one := rig.connector()).inbound(None))
    await one.close()
    rig.server.say("answer below", thread_ts=old["ts"], parent_user_id="UMEI", user="UJIM")
    for number in range(5):
        rig.server.say(f"since {number}")
    again = rig.connector()
    found = await caught_up(again.inbound(first[-1].cursor))
    await again.close()
    new = set(texts(found)) - {"old thread", *(f"before {number}" for number in range(4))}
    assert new == {"answer below", *(f"since {number}" for number in range(5))}
    below = next(e for b in found for e in b.events if isinstance(e, MessageReceived) and e.text == "answer below")
    assert (below.conversation, below.contact.address, below.author.name) == (f"C1:{old['ts']}", "UMEI", "Jim")


async def test_socket_that_slack_closes_is_opened_anew(rig: SlackRig, desk: SlackConnector) -> None:
    stream = desk.inbound(None)
    await caught_up(stream)
    rig.server.tell({}, kind="disconnect")
    waiting = asyncio.ensure_future(of_kind(stream, MessageReceived))
    async with asyncio.timeout(30):
        while not waiting.done():
            rig.server.say("still there?")
            await asyncio.sleep(0.1)
    assert waiting.result()[0].text == "still there?"


async def test_reply_stands_in_its_thread_and_marks_mean_themselves(rig: SlackRig, desk: SlackConnector) -> None:
    op = rig.outbound("<!channel> & <b>")
    assert isinstance(await desk.perform(op), Accepted)
    said = rig.server.messages["C1"][-1]
    assert (said["thread_ts"], said["text"]) == (rig.root["ts"], "&lt;!channel&gt; &amp; &lt;b&gt;")


async def test_what_we_said_comes_back_as_ours_with_its_key(rig: SlackRig, desk: SlackConnector) -> None:
    stream = desk.inbound(None)
    await caught_up(stream)
    sent = await desk.perform(op := rig.outbound("はい"))
    assert isinstance(sent, Accepted)
    found = await of_kind(stream, MessageReceived, 2)
    ours = next(one for one in found if one.direction is Direction.OUTGOING)
    assert (ours.idempotency_key, ours.external_id) == (op.idempotency_key, sent.external_id)


async def test_files_are_laid_down_first_and_shown_in_the_thread(rig: SlackRig, desk: SlackConnector) -> None:
    op = replace(rig.outbound("こちらです"), files=(OutboundFile("請求書.pdf", "application/pdf", b"%PDF-1"),))
    assert isinstance(await desk.perform(op), Accepted)
    assert any(b"%PDF-1" in body for body in rig.server.uploads.values())
    (shown,) = rig.server.shown
    assert (shown["thread_ts"], shown["files"][0]["title"]) == (rig.root["ts"], "請求書.pdf")


async def test_edit_and_delete_travel(rig: SlackRig, desk: SlackConnector) -> None:
    for verb, fields in (
        (Verb.EDIT, {"message": "C1:7.1", "text": "a < b"}),
        (Verb.DELETE, {"message": "C1:7.1"}),
    ):
        assert await desk.perform(replace(rig.outbound(""), verb=verb, fields=fields)) == Accepted()
    assert rig.server.changed == [
        ("chat.update", {"channel": "C1", "ts": "7.1", "text": "a &lt; b"}),
        ("chat.delete", {"channel": "C1", "ts": "7.1"}),
    ]


async def test_scope_that_is_missing_is_named(rig: SlackRig, desk: SlackConnector) -> None:
    rig.server.lacking = "channels:history"
    health = await desk.check()
    assert (health.ok, health.refused) == (False, True)
    assert "channels:history" in health.message


async def test_word_of_a_refusal_is_slacks(rig: SlackRig, desk: SlackConnector) -> None:
    refused = await desk.perform(replace(rig.outbound("x"), conversation="C404:1.1"))
    assert refused == Rejected("channel not found")


async def test_first_message_to_somebody_opens_a_conversation(rig: SlackRig, desk: SlackConnector) -> None:
    sent = await desk.perform(replace(rig.outbound("hello"), conversation=""))
    assert isinstance(sent, Accepted)
    assert sent.conversation == "D9"


async def test_app_that_was_removed_asks_for_a_person(rig: SlackRig, desk: SlackConnector) -> None:
    stream = desk.inbound(None)
    await caught_up(stream)
    rig.server.token = "another"
    rig.server.tell({"type": "app_uninstalled"})
    with pytest.raises(AuthFailed, match="token"):
        await of_kind(stream, MessageReceived)


async def test_token_of_somebody_else_that_is_revoked_stops_nothing(rig: SlackRig, desk: SlackConnector) -> None:
    stream = desk.inbound(None)
    await caught_up(stream)
    rig.server.tell({"type": "tokens_revoked", "tokens": {"oauth": ["UMEI"], "bot": []}})
    rig.server.say("still here")
    assert (await of_kind(stream, MessageReceived))[0].text == "still here"


async def test_message_that_came_while_other_channels_were_asked_is_not_passed_over(rig: SlackRig) -> None:
    early = rig.server.say("said while others were asked")
    rig.server.messages["C2"] = [{**rig.server.say("newer", channel="C2")}]
    rig.server.messages["C1"].remove(early)
    first = await caught_up((one := rig.connector()).inbound(None))
    await one.close()
    rig.server.messages["C1"].append(early)
    found = await caught_up((again := rig.connector()).inbound(first[-1].cursor))
    await again.close()
    assert "said while others were asked" in texts(found)


@pytest.mark.parametrize("odd", ["zz", "1780000000000100", "9999999999999.9"])
async def test_time_that_is_none_does_not_move_the_place(rig: SlackRig, desk: SlackConnector, odd: str) -> None:
    stream = desk.inbound(None)
    at = (await caught_up(stream))[-1].cursor["at"]
    rig.server.tell({"type": "app_rate_limited", "event_ts": odd})
    assert (await anext(stream)).cursor["at"] == at


async def test_channel_that_is_not_shown_keeps_no_other_back(
    rig: SlackRig, desk: SlackConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.server.messages = {"C0": [], "C1": []}
    rig.server.say("hello")
    shown = rig.server._conversations_history

    def history(said: dict[str, Any]) -> dict[str, Any]:
        return {"error": "not_in_channel"} if said["channel"] == "C0" else shown(said)

    monkeypatch.setattr(rig.server, "_conversations_history", history)
    found = await caught_up(desk.inbound(None))
    assert (texts(found), found[-1].gap) == (["hello"], "C0: not in channel")


async def test_account_that_was_called_before_listens_from_the_start(rig: SlackRig, desk: SlackConnector) -> None:
    rig.server.say("hello")
    assert texts(await caught_up(desk.inbound({"gateway": 3}))) == ["hello"]


async def test_reply_whose_files_may_be_missing_is_never_found(
    rig: SlackRig, desk: SlackConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = WebApi.call

    async def cut(self: WebApi, method: str, *said: Any, **more: Any) -> dict[str, Any]:
        if method == "files.completeUploadExternal":
            raise Broken("the line broke")
        return await called(self, method, *said, **more)

    monkeypatch.setattr(WebApi, "call", cut)
    op = replace(rig.outbound("with a file"), files=(OutboundFile("a.pdf", "application/pdf", b"%PDF-1"),))
    assert isinstance(await desk.perform(op), Unknown)
    assert isinstance(await desk.reconcile(op), Unknowable)


async def test_message_that_is_gone_is_deleted(
    rig: SlackRig, desk: SlackConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.server, "_chat_delete", lambda _said: {"error": "message_not_found"})
    op = replace(rig.outbound(""), verb=Verb.DELETE, fields={"message": "C1:7.1"})
    assert await desk.perform(op) == Accepted()


async def test_token_goes_to_slacks_hosts_only(rig: SlackRig, desk: SlackConnector) -> None:
    with pytest.raises(Exception, match="does not lie at Slack"):
        await desk.fetch({"url": "https://files.slack.com.evil.example/x"}, _Nowhere(), 10)
    plain = rig.connector(settings={"api_url": "https://slack.com/api"})
    for odd in ("http://slack.com/x", "https://["):
        with pytest.raises(OmniError):
            await plain.fetch({"url": odd}, _Nowhere(), 10)
    await plain.close()


class _Nowhere:
    def write(self, data: bytes, /) -> object:
        return data


async def test_what_the_gateway_kept_becomes_messages(rig: SlackRig) -> None:
    event = {"type": "reaction_added", "user": "UMEI", "reaction": "+1", "item": {"channel": "C1", "ts": "7.1"}}

    async def kept(_cursor: int) -> AsyncIterator[Deliveries]:
        yield Deliveries((Delivery(3, 5, json.dumps({"type": "event_callback", "event": event}).encode()),), 3, True)
        await asyncio.Event().wait()

    connector = rig.connector(settings={"receive": "webhook"}, deliveries=kept)
    (reaction,) = await of_kind(connector.inbound(None), Reacted)
    assert (reaction.external_id, reaction.emoji, reaction.by.name) == ("C1:7.1", "👍", "Mei")
    await connector.close()


async def test_channel_that_was_asked_before_the_line_broke_is_gone_on_with(
    rig: SlackRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.server.messages = {"C0": [], "C1": []}
    root = rig.server.say("root", channel="C0", ts="1780000000.000100")
    rig.server.say("below", channel="C0", ts="1780000001.000100", thread_ts=root["ts"], parent_user_id="UMEI")
    rig.server.say("later", channel="C0", ts="1780005000.000100")
    rig.server.say("there", channel="C1", ts="1780005001.000100")
    called, asked, broken = WebApi.call, list[tuple[str, str]](), ["C1"]

    async def breaks(self: WebApi, method: str, said: Any = None, **more: Any) -> dict[str, Any]:
        room = str((said or {}).get("channel", ""))
        asked.append((method, room))
        if method == "conversations.history" and room in broken:
            broken.remove(room)
            raise Broken("the line broke")
        return await called(self, method, said, **more)

    monkeypatch.setattr(WebApi, "call", breaks)
    first, second = rig.connector(), rig.connector()
    found: list[Batch] = []
    stream = first.inbound({"at": "1779999000.000000", "older": {}})
    found.append(await anext(stream))
    with pytest.raises(NotReady):
        await anext(stream)
    await first.close()
    assert texts(found) == ["root", "below", "later"]
    rest = await caught_up(second.inbound(found[-1].cursor))
    await second.close()
    assert "there" in texts(rest)
    assert "rooms" not in rest[-1].cursor
    assert asked.count(("conversations.replies", "C0")) == 1


async def test_much_that_was_said_while_nobody_listened_comes_in_whole(rig: SlackRig, desk: SlackConnector) -> None:
    stream = desk.inbound(None)
    cursor = (await caught_up(stream))[-1].cursor
    await stream.aclose()  # type: ignore[attr-defined]
    said = [rig.server.say(f"missed {number}")["text"] for number in range(50)]
    found = await caught_up(desk.inbound(cursor))
    assert (texts(found), found[-1].gap) == (said, "")


async def test_slack_that_asks_to_wait_does_not_have_all_asked_for_again(
    rig: SlackRig, desk: SlackConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = [rig.server.say(f"root {number}")["ts"] for number in range(3)]
    for root in roots:
        rig.server.say("answer", thread_ts=root)
    asked: list[str] = []
    call = WebApi.call

    async def limited(self: WebApi, method: str, *said: Any, **more: Any) -> dict[str, Any]:
        asked.append(method)
        if method == "conversations.replies" and len(asked) % 2:
            raise RateLimited("Slack asks to wait", after=1)
        return await call(self, method, *said, **more)

    monkeypatch.setattr(WebApi, "call", limited)
    found = await caught_up(desk.inbound(None))
    assert texts(found).count("answer") == 3
    assert asked.count("conversations.history") == 1
