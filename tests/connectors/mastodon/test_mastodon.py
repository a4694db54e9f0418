"""What Mastodon does beside the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from omnitui_mastodon import MastodonConnector

from omnitui.sdk import (
    Accepted,
    Batch,
    Event,
    Found,
    MessageDeleted,
    MessageReceived,
    NotFound,
    OutboundFile,
    Rejected,
    Unknowable,
    Verb,
)
from tests.support.mastodon_rig import MastodonRig


@pytest.fixture
async def desk(rig: MastodonRig) -> AsyncIterator[MastodonConnector]:
    connector = rig.connector()
    yield connector
    await connector.close()


async def of_kind(stream: AsyncIterator[Batch], kind: type[Any], most: int = 1) -> list[Any]:
    found: list[Event] = []
    async with asyncio.timeout(60):
        while len(found) < most:
            found += [event for event in (await anext(stream)).events if isinstance(event, kind)]
    return found


async def test_reply_is_seen_by_those_who_saw_the_question_and_nobody_else(
    rig: MastodonRig, desk: MastodonConnector
) -> None:
    for visibility in ("direct", "public"):
        asked = rig.post("where is my tea?", visibility=visibility, spoiler_text="order")
        op = replace(rig.outbound("on its way"), conversation=str(asked["id"]))
        sent = await desk.perform(op)
        assert isinstance(sent, Accepted)
        said = rig.call("GET", f"/api/v1/statuses/{sent.external_id}")
        assert (said["visibility"], said["in_reply_to_id"], said["spoiler_text"]) == (visibility, asked["id"], "order")


async def test_thread_is_one_conversation_and_edits_and_deletions_arrive(
    rig: MastodonRig, desk: MastodonConnector
) -> None:
    alice = rig.call("GET", "/api/v1/accounts/verify_credentials")["id"]
    rig.call("POST", f"/api/v1/accounts/{alice}/follow", {}, who="bob")
    stream = desk.inbound(None)
    while not (await anext(stream)).caught_up:
        pass
    first = rig.post("first")
    second = rig.post("second", in_reply_to_id=first["id"], visibility="public")
    a, b = await of_kind(stream, MessageReceived, 2)
    assert (a.conversation, b.conversation, b.answers) == (str(first["id"]), str(first["id"]), str(first["id"]))
    assert (a.contact.address, a.html, a.subject) == ("alice", True, "")
    rig.call("PUT", f"/api/v1/statuses/{second['id']}", {"status": "@bob changed"})
    (edited,) = await of_kind(stream, MessageReceived)
    assert edited.external_id == b.external_id
    assert edited.revision > 1
    rig.call("DELETE", f"/api/v1/statuses/{second['id']}")
    assert [one.external_id for one in await of_kind(stream, MessageDeleted)] == [b.external_id]


async def test_public_mentions_stay_out_where_they_are_not_wanted(rig: MastodonRig) -> None:
    rig.post("for all to read", visibility="public")
    rig.post("for you")
    connector = rig.connector(public="no")
    (found,) = await of_kind(connector.inbound(None), MessageReceived)
    assert "for you" in found.text
    await connector.close()


async def test_reply_whose_answer_was_lost_is_found_and_one_that_never_left_is_not(
    rig: MastodonRig, desk: MastodonConnector
) -> None:
    op = rig.outbound("found again")
    assert await desk.reconcile(op) == NotFound()
    sent = await desk.perform(op)
    assert isinstance(sent, Accepted)
    assert await desk.reconcile(op) == Found(sent.external_id)


async def test_edit_keeps_files_and_deletion_twice_is_one(rig: MastodonRig, desk: MastodonConnector) -> None:
    op = replace(rig.outbound("with a picture"), files=(OutboundFile("a.png", "image/png", PNG),))
    sent = await desk.perform(op)
    assert isinstance(sent, Accepted)
    edit = replace(op, verb=Verb.EDIT, files=(), fields={"message": sent.external_id, "text": "with a better word"})
    assert await desk.perform(edit) == Accepted()
    after = rig.call("GET", f"/api/v1/statuses/{sent.external_id}")
    assert "better" in after["content"]
    assert len(after["media_attachments"]) == 1
    deletion = replace(op, verb=Verb.DELETE, files=(), fields={"message": sent.external_id})
    assert [await desk.perform(deletion), await desk.perform(deletion)] == [Accepted(), Accepted()]


async def test_check_learns_how_long_a_post_may_be(rig: MastodonRig, desk: MastodonConnector) -> None:
    health = await desk.check()
    assert health.ok
    assert health.learnt == {"text_limit": "500"}


async def test_answer_to_what_is_gone_is_refused(rig: MastodonRig, desk: MastodonConnector) -> None:
    op = replace(rig.outbound("x"), conversation="1")
    refused = await desk.perform(op)
    assert isinstance(refused, Rejected)
    assert "gone" in refused.reason


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcffff3f030005fe02fea1"
    "35c8f00000000049454e44ae426082"
)


async def test_reply_is_found_whatever_signs_it_has(rig: MastodonRig, desk: MastodonConnector) -> None:
    op = rig.outbound("is 1 <b> 2? &amp;\nask @jim@tea.example\n or https://tea.example/a?b=1&c")
    sent = await desk.perform(op)
    assert isinstance(sent, Accepted)
    assert await desk.reconcile(op) == Found(sent.external_id)


async def test_no_absence_is_claimed_where_nothing_proves_it(rig: MastodonRig, desk: MastodonConnector) -> None:
    op = rig.outbound("yes")
    assert isinstance(await desk.perform(replace(op, text="oh yes")), Accepted)
    assert isinstance(await desk.reconcile(op), Unknowable)
    assert isinstance(await desk.reconcile(replace(op, text="")), Unknowable)
    assert isinstance(await desk.reconcile(replace(op, conversation="1")), Unknowable)
    edit = replace(op, verb=Verb.EDIT, text="", fields={"message": "1", "text": "no"})
    assert await desk.reconcile(edit) == NotFound()


async def test_stream_ends_where_the_account_was_closed_while_it_began(desk: MastodonConnector) -> None:
    await desk.close()
    async with asyncio.timeout(30):
        assert [batch async for batch in desk.inbound(None)] == []


async def test_history_goes_on_behind_a_page_that_is_short(rig: MastodonRig, desk: MastodonConnector) -> None:
    rig.post("one")
    async with asyncio.timeout(30):
        batch = await anext(desk.inbound(None))
    assert desk.scopes(batch.cursor) == ("mentions",)
    page = await desk.backfill("mentions", None)
    assert not page.caught_up
    assert (await desk.backfill("mentions", page.cursor)).caught_up


async def test_reply_waits_for_a_film_that_the_instance_works_on(
    rig: MastodonRig, desk: MastodonConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, asked = desk._instance.call, 0

    async def called(method: str, path: str, *said: Any, **more: Any) -> Any:
        nonlocal asked
        if path.startswith("/api/v1/media/"):
            asked += 1
        answer = await call(method, path, *said, **more)
        return {**answer, "url": None} if path == "/api/v2/media" else answer

    monkeypatch.setattr(desk._instance, "call", called)
    op = replace(rig.outbound("look"), files=(OutboundFile("a.png", "image/png", PNG),))
    assert isinstance(await desk.perform(op), Accepted)
    assert asked == 1
