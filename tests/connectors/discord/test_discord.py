"""What Discord does beside the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from omnitui_discord import DiscordConnector

from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Batch,
    Direction,
    Event,
    Found,
    MessageDeleted,
    MessageReceived,
    NotFound,
    NotReady,
    OutboundFile,
    Reacted,
    Rejected,
    Typing,
    Verb,
)
from tests.support.discord_rig import DiscordRig


@pytest.fixture
async def desk(rig: DiscordRig) -> AsyncIterator[DiscordConnector]:
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


async def test_session_goes_on_where_it_stood_when_the_line_broke(rig: DiscordRig, desk: DiscordConnector) -> None:
    stream = desk.inbound(None)
    cursor = (await caught_up(stream))[-1].cursor
    await rig.server.drop()
    with pytest.raises(NotReady):
        await anext(stream)
    rig.server.say("meanwhile")
    found = await of_kind(desk.inbound(cursor), MessageReceived)
    assert (found[0].text, rig.server.begun) == ("meanwhile", ["identified", "resumed"])


async def test_what_was_said_is_asked_for_where_the_session_is_forgotten(rig: DiscordRig) -> None:
    one = rig.connector()
    stream = one.inbound(None)
    await caught_up(stream)
    rig.server.say("first", channel="7")
    cursor = (await anext(stream)).cursor
    await one.close()
    for number in range(150):
        rig.server.say(f"message {number}", channel="7")
    rig.server.forgets = True
    again = rig.connector()
    found = await caught_up(again.inbound(cursor))
    assert texts(found) == [f"message {number}" for number in range(150)]
    await again.close()


async def test_thread_is_known_where_a_new_process_goes_on_with_the_session(rig: DiscordRig) -> None:
    one = rig.connector()
    cursor = (await caught_up(one.inbound(None)))[-1].cursor
    await one.close()
    rig.server.rooms["80"] = {"id": "80", "name": "order 17", "type": 11, "parent_id": "8"}
    rig.server.say("in a thread", channel="80")
    again = rig.connector()
    (found,) = await of_kind(again.inbound(cursor), MessageReceived)
    await again.close()
    assert (found.text, found.subject, rig.server.begun) == ("in a thread", "order 17", ["identified", "resumed"])


async def test_new_session_says_what_may_be_missing(rig: DiscordRig, desk: DiscordConnector) -> None:
    first = await caught_up(desk.inbound(None))
    assert first[-1].gap == ""
    rig.server.forgets = True
    assert "direct conversations" in (await caught_up(desk.inbound(first[-1].cursor)))[-1].gap


@pytest.mark.parametrize("code", [4007, 4009])
async def test_session_that_discord_will_not_go_on_with_is_begun_anew(
    rig: DiscordRig, desk: DiscordConnector, code: int
) -> None:
    cursor = (await caught_up(desk.inbound(None)))[-1].cursor
    rig.server.close_resumed = code
    await caught_up(desk.inbound(cursor))
    assert rig.server.begun == ["identified", "identified"]


async def test_session_whose_own_address_is_gone_goes_on_at_the_other(rig: DiscordRig, desk: DiscordConnector) -> None:
    cursor = (await caught_up(desk.inbound(None)))[-1].cursor
    session, _url, number = cursor["place"]
    await caught_up(desk.inbound({**cursor, "place": [session, "ws://127.0.0.1:9", number]}))
    assert rig.server.begun == ["identified", "resumed"]


async def test_line_that_greets_oddly_is_tried_again_and_is_no_defect(
    rig: DiscordRig, desk: DiscordConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.server, "beat_ms", "soon")
    with pytest.raises(NotReady):
        await anext(desk.inbound(None))


async def test_line_lives_while_what_it_told_is_stored(rig: DiscordRig, desk: DiscordConnector) -> None:
    rig.server.beat_ms = 50
    stream = desk.inbound(None)
    await caught_up(stream)
    beats = rig.server.beats
    async with asyncio.timeout(30):
        while rig.server.beats < beats + 4:  # noqa: ASYNC110 - the server counts
            await asyncio.sleep(0.02)
    rig.server.say("still there")
    assert (await of_kind(stream, MessageReceived))[0].text == "still there"


async def test_reply_with_blanks_at_its_ends_is_found(rig: DiscordRig, desk: DiscordConnector) -> None:
    sent = await desk.perform(op := rig.outbound("found again"))
    assert isinstance(sent, Accepted)
    assert await desk.reconcile(replace(op, text="found again \n")) == Found(sent.external_id)


async def test_reply_is_not_found_in_another_that_says_the_same(rig: DiscordRig, desk: DiscordConnector) -> None:
    assert isinstance(await desk.perform(rig.outbound("OK")), Accepted)
    assert await desk.reconcile(rig.outbound("OK")) == NotFound()


@pytest.mark.parametrize(("code", "word"), [(4004, "token"), (4014, "may not read")])
async def test_bot_that_discord_refuses_asks_for_a_person(
    rig: DiscordRig, desk: DiscordConnector, code: int, word: str
) -> None:
    rig.server.close_code = code
    with pytest.raises(AuthFailed, match=word):
        await anext(desk.inbound(None))


async def test_intent_that_is_missing_is_named(rig: DiscordRig, desk: DiscordConnector) -> None:
    rig.server.flags = 0
    health = await desk.check()
    assert (health.ok, health.refused) == (False, True)
    assert "Message Content Intent" in health.hint


async def test_only_followed_channels_their_threads_and_direct_messages_come(
    rig: DiscordRig, desk: DiscordConnector
) -> None:
    stream = desk.inbound(None)
    await caught_up(stream)
    rig.server.tell("THREAD_CREATE", {"id": "80", "name": "order 17", "type": 11, "parent_id": "8"})
    for channel in ("99", "8", "80", "7"):
        rig.server.say(f"in {channel}", channel=channel)
    found = await of_kind(stream, MessageReceived, 3)
    assert [(one.text, one.contact.address, one.subject) for one in found] == [
        ("in 8", "8", "room8"),
        ("in 80", "80", "order 17"),
        ("in 7", "71", ""),
    ]


async def test_signs_beside_messages_are_told(rig: DiscordRig, desk: DiscordConnector) -> None:
    stream = desk.inbound(None)
    await caught_up(stream)
    at = {"channel_id": "7", "message_id": "5", "user_id": "71"}
    rig.server.tell("MESSAGE_REACTION_ADD", {**at, "emoji": {"id": None, "name": "👍"}})
    rig.server.tell("TYPING_START", {"channel_id": "7", "user_id": "71", "timestamp": 1})
    rig.server.tell("MESSAGE_DELETE", {"channel_id": "7", "id": "5"})
    (reaction,) = await of_kind(stream, Reacted)
    assert (reaction.external_id, reaction.emoji) == ("7:5", "👍")
    assert [one.conversation for one in await of_kind(stream, Typing)] == ["7"]
    assert [one.external_id for one in await of_kind(stream, MessageDeleted)] == ["7:5"]


async def test_what_we_said_comes_back_as_ours_with_its_key(rig: DiscordRig, desk: DiscordConnector) -> None:
    stream = desk.inbound(None)
    await caught_up(stream)
    sent = await desk.perform(op := rig.outbound("はい"))
    assert isinstance(sent, Accepted)
    (ours,) = await of_kind(stream, MessageReceived)
    assert (ours.direction, ours.idempotency_key, ours.external_id) == (
        Direction.OUTGOING,
        op.idempotency_key,
        sent.external_id,
    )


async def test_reply_calls_nobody_and_says_what_it_answers(rig: DiscordRig, desk: DiscordConnector) -> None:
    op = replace(
        rig.outbound("@everyone"), reply_to_external_id="8:5", files=(OutboundFile("a.png", "image/png", b"png"),)
    )
    sent = await desk.perform(op)
    assert isinstance(sent, Accepted)
    assert rig.server.channels["8"][-1]["attachments"][0]["filename"] == "a.png"


async def test_reply_whose_answer_was_lost_is_found_and_one_that_never_left_is_not(
    rig: DiscordRig, desk: DiscordConnector
) -> None:
    op = rig.outbound("found again")
    assert await desk.reconcile(op) == NotFound()
    sent = await desk.perform(op)
    assert isinstance(sent, Accepted)
    assert await desk.reconcile(op) == Found(sent.external_id)


async def test_edit_and_delete_travel_and_what_is_gone_is_gone(rig: DiscordRig, desk: DiscordConnector) -> None:
    sent = await desk.perform(rig.outbound("かしこまりました"))
    assert isinstance(sent, Accepted)
    edit = replace(rig.outbound(""), verb=Verb.EDIT, fields={"message": sent.external_id, "text": "承知しました"})
    deletion = replace(rig.outbound(""), verb=Verb.DELETE, fields={"message": sent.external_id})
    assert [await desk.perform(one) for one in (edit, deletion, deletion)] == [Accepted()] * 3
    assert rig.server.changed[0][2]["content"] == "承知しました"


async def test_words_of_a_refusal_are_discords(rig: DiscordRig, desk: DiscordConnector) -> None:
    assert await desk.perform(replace(rig.outbound("x"), conversation="404")) == Rejected("Unknown Channel")
