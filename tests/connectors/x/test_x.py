"""What X does beside the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from omnitui.clock import DAY, FrozenClock
from omnitui.sdk import (
    Accepted,
    AuthFailed,
    MessageReceived,
    NotReady,
    OmniError,
    OutboundFile,
    RateLimited,
    Rejected,
    Unknowable,
    Unknown,
)
from tests.support.http_fake import hangs
from tests.support.x_rig import PAIR, XRig, batches_until
from tests.support.x_server import KEYS, XServer, refused

PNG = OutboundFile("tea.png", "image/png", b"\x89PNG")


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as server:
        yield server
        assert server.broken == []


@pytest.fixture
def rig(tmp_path: Path, server: XServer) -> XRig:
    return XRig(tmp_path, server)


async def test_pages_are_read_to_the_end_and_after_a_crash_from_where_they_were(rig: XRig, server: XServer) -> None:
    server.page, server.most = 2, 100_000
    for number in range(5):
        rig.happens(text=f"({number})")
    whole = await batches_until(rig.connector())
    assert [rig.text_of(batch) for batch in whole] == ["(4)(3)", "(2)(1)", "(0)"]
    rig.happens(text="(5)")
    rest = await batches_until(rig.connector(), whole[0].cursor, times=2)
    assert [rig.text_of(batch) for batch in rest] == ["(2)(1)", "(0)", "(5)"]


async def test_only_what_is_new_is_handed_over(rig: XRig) -> None:
    rig.happens(text="(1)")
    (first,) = await batches_until(rig.connector())
    rig.happens(text="(2)")
    (second,) = await batches_until(rig.connector(), first.cursor)
    assert rig.text_of(second) == "(2)"


async def test_more_than_a_page_that_came_meanwhile_is_read_down_to_what_is_known(rig: XRig, server: XServer) -> None:
    rig.happens(text="(0)")
    (first,) = await batches_until(rig.connector())
    server.page = 2
    for number in range(1, 5):
        rig.happens(text=f"({number})")
    rest = await batches_until(rig.connector(), first.cursor)
    assert "".join(rig.text_of(batch) for batch in rest) == "(4)(3)(2)(1)"


async def test_place_that_x_forgot_is_begun_anew(rig: XRig) -> None:
    rig.happens(text="(1)")
    cursor = {"me": "700", "inbox": "@hinode_tea", "known": 0, "reach": 0, "page": "x" * 16, "heard": 0, "at": 1}
    (batch,) = await batches_until(rig.connector(), cursor)
    assert rig.text_of(batch) == "(1)"


async def test_looks_are_spread_over_the_time_that_x_counts(rig: XRig, server: XServer) -> None:
    connector = rig.connector()
    async with asyncio.timeout(60):
        async for batch in connector.inbound(None):
            assert batch.extents[0].budget == "14 of 15 reads left"
            break
    # Fourteen looks are left for some fifteen minutes.
    assert 30_000 < connector._pace() < 70_000
    await connector.close()
    assert server.reads == 1


async def test_used_up_reads_are_waited_for(rig: XRig, server: XServer) -> None:
    server.most = 1
    await batches_until(rig.connector())
    with pytest.raises(RateLimited) as raised:
        await batches_until(rig.connector())
    assert 0 < raised.value.after <= 900_000


async def test_used_up_sends_are_not_asked_for(rig: XRig, server: XServer) -> None:
    server.most = 1
    connector = rig.connector()
    assert isinstance(await connector.perform(rig.outbound("一")), Accepted)
    with pytest.raises(RateLimited, match="used up"):
        await connector.perform(rig.outbound("二"))
    assert len(server.sent) == 1


async def test_call_of_x_is_followed_by_a_look(rig: XRig, server: XServer) -> None:
    connector, texts = rig.connector(listen="yes", every="3600"), ""
    async with asyncio.timeout(60):
        async for batch in connector.inbound(None):
            texts += rig.text_of(batch)
            if not texts:
                rig.happens(text="(1)")
                rig.gateway.push({"for_user_id": "700", "direct_message_events": [{"id": "1"}]})
            else:
                await connector.close()
    assert texts == "(1)"


async def test_gateway_that_is_lost_is_told(rig: XRig) -> None:
    async def lost(_cursor: int) -> object:
        raise NotReady("the gateway is away")
        yield

    rig.gateway.deliveries = lost  # type: ignore[assignment, method-assign]
    with pytest.raises(NotReady, match="the gateway is away"):
        await batches_until(rig.connector(listen="yes"), times=3)


async def test_new_conversation_is_begun_with_a_person(rig: XRig, server: XServer) -> None:
    op = replace(rig.outbound("こんにちは"), conversation="", contact="71")
    outcome = await rig.connector().perform(op)
    assert isinstance(outcome, Accepted)
    assert outcome.conversation == PAIR
    assert server.sent == [("71", {"text": "こんにちは"})]


async def test_own_message_comes_back_under_the_id_that_was_given(rig: XRig) -> None:
    outcome = await rig.connector().perform(rig.outbound("はい"))
    assert isinstance(outcome, Accepted)
    (batch,) = await batches_until(rig.connector())
    assert [one.external_id for one in batch.events if isinstance(one, MessageReceived)] == [outcome.external_id]


async def test_picture_leaves_with_its_words(rig: XRig, server: XServer) -> None:
    assert isinstance(await rig.connector().perform(replace(rig.outbound("これです"), files=(PNG,))), Accepted)
    assert server.uploads == [{"media_category": (None, b"dm_image"), "media": ("tea.png", b"\x89PNG")}]
    assert server.sent == [(PAIR, {"text": "これです", "attachments": [{"media_id": "1880028106020515840"}]})]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ((PNG, PNG), "one picture"),
        ((OutboundFile("a.pdf", "application/pdf", b"%PDF"),), "a.pdf is none"),
        ((OutboundFile("a.png", "image/png", b"x" * (5 * 1024 * 1024 + 1)),), "larger than 5 MB"),
    ],
)
async def test_what_x_does_not_carry_is_refused_before_anything_leaves(
    rig: XRig, server: XServer, files: tuple[OutboundFile, ...], words: str
) -> None:
    outcome = await rig.connector().perform(replace(rig.outbound("これです"), files=files))
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert server.uploads == []
    assert server.sent == []


async def test_words_of_a_refusal_are_x_s(rig: XRig, server: XServer) -> None:
    words = "You cannot send messages to this user."
    server.next_sends.append(refused(403, words))
    assert await rig.connector().perform(rig.outbound("はい")) == Rejected(words)


async def test_permission_that_is_missing_is_named(rig: XRig, server: XServer) -> None:
    words = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
    server.next_sends.append(refused(403, words))
    with pytest.raises(AuthFailed) as raised:
        await rig.connector().perform(rig.outbound("はい"))
    assert "Read and write and Direct message" in raised.value.hint


async def test_send_without_an_answer_is_unknown(rig: XRig, server: XServer) -> None:
    op = rig.outbound("はい")
    for wrong in (hangs, refused(503, "Over capacity")):
        server.next_sends.append(wrong)
        assert isinstance(await rig.connector().perform(op), Unknown)
    assert isinstance(await rig.connector().reconcile(op), Unknowable)


@pytest.mark.parametrize("to", ["../../users/me", "1-2/3", "", "七"])
async def test_conversation_that_is_a_path_leads_nowhere(rig: XRig, server: XServer, to: str) -> None:
    outcome = await rig.connector().perform(replace(rig.outbound("はい"), conversation=to, contact=to))
    assert isinstance(outcome, Rejected)
    assert server.sent == []


async def test_photo_is_fetched_in_the_account_s_name(rig: XRig, server: XServer) -> None:
    server.files["1.1/ton/data/dm/1/2/tea.jpg"] = b"tea" * 100
    sink, remote = BytesIO(), {"path": "/1.1/ton/data/dm/1/2/tea.jpg"}
    await rig.connector().fetch(remote, sink, 1_000)
    assert sink.getvalue() == b"tea" * 100
    with pytest.raises(OmniError, match="larger than 100 bytes"):
        await rig.connector().fetch(remote, BytesIO(), 100)
    with pytest.raises(OmniError, match="There is no such file"):
        await rig.connector().fetch({"path": "/1.1/ton/data/dm/1/2/gone.jpg"}, BytesIO(), 100)


async def test_month_without_asking_is_a_gap(rig: XRig) -> None:
    clock = FrozenClock()
    clock.advance(_real() - clock.now())
    (first,) = await batches_until(rig.connector(clock=clock))
    assert "last 30 days" in first.gap
    (second,) = await batches_until(rig.connector(clock=clock), first.cursor)
    assert second.gap == ""
    stale = {**first.cursor, "at": clock.now() - 31 * DAY}
    (third,) = await batches_until(rig.connector(clock=clock), stale)
    assert "more than 30 days" in third.gap


def _real() -> int:
    import time

    return int(time.time() * 1000)


async def test_check_tells_whose_account_it_is_and_what_is_left(rig: XRig) -> None:
    health = await rig.connector().check()
    assert health.ok
    assert health.message == "@hinode_tea; 14 of 15 reads left"


async def test_keys_stand_in_no_error(rig: XRig) -> None:
    health = await rig.connector(api_url="http://127.0.0.1:9").check()
    await rig.sign_out()
    refused_too = await rig.connector().check()
    for told in (health, refused_too):
        assert not told.ok
        assert KEYS.consumer_secret not in told.message + told.hint
        assert KEYS.token not in told.message + told.hint
    assert refused_too.refused


async def test_message_that_shows_up_behind_a_newer_one_is_read_once(rig: XRig, server: XServer) -> None:
    server.most = 100_000
    late = rig.happens(text="(1)")
    server.events.remove(late)
    rig.happens(text="(2)")
    (first,) = await batches_until(rig.connector())
    server.events.append(late)
    second, third = await batches_until(rig.connector(), first.cursor, times=2)
    assert [rig.text_of(batch) for batch in (first, second, third)] == ["(2)", "(1)", ""]


async def test_send_that_x_does_not_name_is_not_called_accepted(rig: XRig, server: XServer) -> None:
    server.next_sends.append(lambda: (201, {"errors": [{"title": "Odd", "type": "about:blank"}]}))
    outcome = await rig.connector().perform(rig.outbound("はい"))
    server.broken.clear()
    assert isinstance(outcome, Unknown)


async def test_customer_who_may_not_be_written_to_stops_no_account(rig: XRig, server: XServer) -> None:
    server.next_sends.append(refused(403, "You are not permitted to perform this action."))
    assert isinstance(await rig.connector().perform(rig.outbound("はい")), Rejected)
