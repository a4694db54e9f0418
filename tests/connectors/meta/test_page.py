"""What Messenger and Instagram do beside the contract."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from omnitui_meta.page_history import history
from omnitui_meta.page_mapping import Ours

from omnitui.clock import DAY, HOUR
from omnitui.sdk import (
    Accepted,
    Allow,
    AuthFailed,
    Barred,
    ContactChanged,
    Deliveries,
    Direction,
    Event,
    MessageReceived,
    NeedTag,
    NotReady,
    OutboundFile,
    Person,
    RateLimited,
    Rejected,
    Unknown,
    Verb,
)
from tests.support.meta_server import refuses
from tests.support.page_rig import MEI, InstagramRig, MessengerRig, PageRig, a_page_rig


@pytest.fixture(params=[MessengerRig, InstagramRig], ids=["messenger", "instagram"])
def rig(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[PageRig]:
    made = a_page_rig(request.param, tmp_path)
    with made.server:
        yield made


@pytest.fixture
def messenger(tmp_path: Path) -> Iterator[PageRig]:
    made = a_page_rig(MessengerRig, tmp_path)
    with made.server:
        yield made


@pytest.fixture
def instagram(tmp_path: Path) -> Iterator[PageRig]:
    made = a_page_rig(InstagramRig, tmp_path)
    with made.server:
        yield made


async def heard(rig: PageRig, connector: Any, wanted: type[Event]) -> list[Any]:
    """All events up to the first of a kind."""
    found: list[Any] = []
    async with asyncio.timeout(30):
        async for batch in connector.inbound(None):
            found += batch.events
            if any(isinstance(event, wanted) for event in found):
                break
    return found


async def test_reply_quotes_what_it_answers_and_carries_its_key(rig: PageRig) -> None:
    op = replace(rig.outbound("はい"), reply_to_external_id="m_in1")
    assert await rig.connector().perform(op) == Accepted("m_000001")
    assert rig.world.sent == [
        {
            "recipient": {"id": MEI},
            "message": {"text": "はい", "metadata": op.idempotency_key},
            "messaging_type": "RESPONSE",
            "reply_to": {"mid": "m_in1"},
        }
    ]


async def test_echo_of_a_lost_reply_names_it(messenger: PageRig) -> None:
    connector, op = messenger.connector(), messenger.outbound("はい")
    messenger.server.hang_after = True
    assert isinstance(await connector.perform(op), Unknown)
    messenger.world.calls.push(messenger.world.echo())
    (echo,) = await heard(messenger, connector, MessageReceived)
    assert (echo.idempotency_key, echo.external_id, echo.text) == (op.idempotency_key, "m_000001", "はい")


async def test_late_answer_needs_the_tag_and_goes_under_it(rig: PageRig) -> None:
    can, now = rig.connector().capabilities(), rig.world.clock.now()
    assert can.policy(now, now - HOUR) == Allow(until=now + 23 * HOUR)
    need = can.policy(now, now - 2 * DAY)
    assert isinstance(need, NeedTag)
    assert (need.tag, need.until) == ("HUMAN_AGENT", now + 5 * DAY)
    assert isinstance(can.policy(now, now - 8 * DAY), Barred)
    assert isinstance(can.policy(now, None), Barred)
    rig.world.clock.advance(2 * DAY)
    outcome = await rig.connector().perform(rig.outbound("x"))
    assert isinstance(outcome, Rejected)
    assert "outside of allowed window" in outcome.reason
    op = replace(rig.outbound("x"), fields={"tag": "HUMAN_AGENT"})
    assert isinstance(await rig.connector().perform(op), Accepted)
    assert (rig.world.sent[0]["messaging_type"], rig.world.sent[0]["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("image/png", "image"), ("video/mp4", "video"), ("audio/mpeg", "audio"), ("application/pdf", "file")],
)
async def test_file_is_left_first_and_sent_by_its_id(rig: PageRig, media_type: str, kind: str) -> None:
    op = replace(rig.outbound(""), files=(OutboundFile("請求書.pdf", media_type, b"x" * 9),))
    assert isinstance(await rig.connector().perform(op), Accepted)
    (left,) = rig.world.left.values()
    assert json.loads(left["message"])["attachment"]["type"] == kind
    # Instagram's uploads fail on names that are not ASCII.
    name = "請求書.pdf" if rig.channel == "messenger" else "file.pdf"
    assert left["filedata"] == {"name": name, "type": media_type, "size": 9}
    assert left.get("platform", "messenger") == rig.channel
    assert rig.world.sent[0]["message"]["attachment"] == {"type": kind, "payload": {"attachment_id": "900"}}


def a_file(media_type: str, size: int) -> OutboundFile:
    return OutboundFile("a.bin", media_type, b"x" * size)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"files": (a_file("image/png", 1),)}, "a text or one file"),
        ({"text": "", "files": (a_file("image/png", 1), a_file("image/png", 1))}, "a text or one file"),
        ({"text": "", "files": (a_file("video/mp4", 25 * 1024 * 1024 + 1),)}, "25 MB"),
        ({"text": ""}, "nothing"),
    ],
)
async def test_what_neither_takes_is_refused_before_anything_leaves(
    rig: PageRig, change: dict[str, Any], words: str
) -> None:
    outcome = await rig.connector().perform(replace(rig.outbound("x"), **change))
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert rig.server.calls == []


@pytest.mark.parametrize(
    ("text", "file", "words"),
    [
        ("返" * 334, None, "1,002 bytes; Instagram takes 1,000"),
        ("", a_file("image/png", 8 * 1024 * 1024 + 1), "8 MB"),
        ("", a_file("application/zip", 1), "PDFs"),
    ],
)
async def test_what_instagram_does_not_take_is_refused(
    instagram: PageRig, text: str, file: OutboundFile | None, words: str
) -> None:
    op = replace(instagram.outbound(text), files=(file,) if file else ())
    outcome = await instagram.connector().perform(op)
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert instagram.server.calls == []


@pytest.mark.parametrize(
    ("code", "subcode", "fault"),
    [(613, 0, RateLimited), (80006, 0, RateLimited), (1200, 0, NotReady), (190, 460, AuthFailed), (200, 0, AuthFailed)],
)
async def test_refusal_that_may_pass_is_no_failure(
    messenger: PageRig, code: int, subcode: int, fault: type[Exception]
) -> None:
    messenger.server.next_posts.append(refuses(code, "no", subcode=subcode))
    with pytest.raises(fault):
        await messenger.connector().perform(messenger.outbound("x"))


@pytest.mark.parametrize(("code", "subcode"), [(10, 2018278), (10, 2018108), (10, 2018300), (551, 1545041)])
async def test_rule_of_the_channel_is_a_failure_in_its_words(messenger: PageRig, code: int, subcode: int) -> None:
    messenger.server.next_posts.append(refuses(code, f"(#{code}) This person isn't available", subcode=subcode))
    outcome = await messenger.connector().perform(messenger.outbound("x"))
    assert outcome == Rejected(f"(#{code}) This person isn't available")


async def test_read_mark_and_typing_reach_the_customer(rig: PageRig) -> None:
    connector = rig.connector()
    op = replace(rig.outbound(""), verb=Verb.READ, fields={"read": True})
    assert await connector.perform(op) == Accepted()
    await connector.perform(replace(op, fields={"read": False}))
    await connector.typing(MEI, rig.channel)
    assert [action["sender_action"] for action in rig.world.actions] == ["mark_seen", "typing_on"]


async def test_customer_has_a_name_and_a_picture_and_is_asked_for_once(rig: PageRig) -> None:
    told = {"name": "佐藤 芽衣", "username": "mei", "profile_pic": "https://cdn.example/mei.jpg"}
    rig.world.profiles[MEI] = told if rig.channel == "instagram" else {"first_name": "芽衣", "last_name": "佐藤"}
    connector = rig.connector()
    await rig.customer_writes("まだですか")
    await rig.customer_writes("もしもし")
    person = (await heard(rig, connector, ContactChanged))[-1]
    if rig.channel == "instagram":
        assert (person.name, person.picture) == ("佐藤 芽衣", "https://cdn.example/mei.jpg")
        assert person.fields == (("username", "mei"),)
    else:
        assert (person.name, person.picture, person.fields) == ("芽衣 佐藤", None, ())
    assert (person.channel, person.address) == (rig.channel, MEI)
    assert rig.world.asked == [MEI]


async def test_customer_whom_meta_does_not_name_holds_nothing_up(messenger: PageRig) -> None:
    connector = messenger.connector()
    await messenger.customer_writes("まだですか")
    await messenger.customer_writes("もしもし")
    seen = ""
    async with asyncio.timeout(30):
        async for batch in connector.inbound(None):
            seen += messenger.text_of(batch)
            if batch.caught_up:
                break
    assert "もしもし" in seen


async def test_file_of_a_message_comes_from_where_it_lies(messenger: PageRig) -> None:
    connector = messenger.connector()
    asked: list[tuple[str, int]] = []

    async def fetch(url: str, sink: Any, limit: int) -> str:
        asked.append((url, limit))
        sink.write(b"tea")
        return "image/png"

    connector._fetch = fetch
    sink = BytesIO()
    await connector.fetch({"url": "https://cdn.example/1.png"}, sink, 100)
    assert (sink.getvalue(), asked) == (b"tea", [("https://cdn.example/1.png", 100)])


async def test_health_names_the_account(rig: PageRig) -> None:
    health = await rig.connector().check()
    assert health.ok
    assert health.message == ("Messenger: Hinode Tea" if rig.channel == "messenger" else "Instagram: @hinode_tea")


async def test_missing_permission_is_named(rig: PageRig) -> None:
    lacking = "pages_messaging" if rig.channel == "messenger" else "instagram_manage_messages"
    rig.server.scopes.remove(lacking)
    health = await rig.connector().check()
    assert (health.ok, health.refused, health.message) == (False, True, f"the token lacks {lacking}")


async def test_missing_subscription_is_named(rig: PageRig) -> None:
    rig.world.subscribed.remove("message_echoes")
    health = await rig.connector().check()
    assert not health.ok
    assert "message_echoes" in health.message


async def test_page_without_an_instagram_account_is_told_and_stops(instagram: PageRig) -> None:
    instagram.world.tied = False
    health = await instagram.connector().check()
    assert "no Instagram professional account" in health.message
    with pytest.raises(AuthFailed, match="no Instagram professional account"):
        async for _batch in instagram.connector().inbound(None):
            pass


async def test_history_comes_page_by_page_under_the_ids_of_the_calls(rig: PageRig) -> None:
    ours, theirs = {"id": rig.world.account}, {"id": MEI}
    picture = {
        "mime_type": "image/jpeg",
        "name": "cup.jpg",
        "size": 9,
        "image_data": {"url": "https://cdn.example/cup"},
    }
    rig.world.thread(
        MEI,
        "芽衣",
        {"id": "m_3", "created_time": "2026-05-01T12:02:00+0000", "from": theirs, "message": ""},
        {"id": "m_2", "created_time": "2026-05-01T12:01:00+0000", "from": ours, "message": "はい"},
        {"id": "m_1", "created_time": "2026-05-01T12:00:00+0000", "from": theirs, "attachments": {"data": [picture]}},
    )
    rig.world.thread("99", "Aya", {"id": "m_9", "created_time": "nonsense", "from": {"id": "99"}, "message": "x"})
    rig.world.threads.append({"id": "t_0"})
    connector = rig.connector()
    (scope,) = connector.scopes(None)
    batch = await connector.backfill(scope, None)
    answer, asked = [event for event in batch.events if isinstance(event, MessageReceived)]
    for _page in range(2):
        assert not batch.caught_up
        batch = await connector.backfill(scope, batch.cursor)
        assert batch.events == ()
    assert batch.caught_up
    assert (answer.external_id, answer.direction, answer.text) == ("m_2", Direction.OUTGOING, "はい")
    assert (asked.external_id, asked.direction, asked.conversation) == ("m_1", Direction.INCOMING, MEI)
    assert (asked.contact, asked.sent_at) == (Person(MEI, "芽衣"), 1_777_636_800_000)
    assert [(file.name, file.remote) for file in asked.files] == [("cup.jpg", {"url": "https://cdn.example/cup"})]
    assert asked.seen
    assert "newest 20" in batch.extents[0].budget


async def test_place_in_the_history_that_meta_forgot_is_begun_anew(rig: PageRig) -> None:
    said = {"id": "m_1", "created_time": "2026-05-01T12:00:00+0000", "from": {"id": MEI}, "message": "x"}
    rig.world.thread(MEI, "芽衣", said)
    connector = rig.connector()
    (scope,) = connector.scopes(None)
    batch = await connector.backfill(scope, {"after": "forgotten"})
    assert [event.external_id for event in batch.events if isinstance(event, MessageReceived)] == ["m_1"]
    assert batch.caught_up


async def test_way_to_the_gateway_is_let_go_of_with_the_stream(rig: PageRig) -> None:
    ended = asyncio.Event()

    async def deliveries(_cursor: int) -> AsyncIterator[Deliveries]:
        try:
            yield Deliveries((), 0, caught_up=True)
            await asyncio.Event().wait()
        finally:
            ended.set()

    connector = rig.connector()
    connector._account.context = replace(connector._account.context, deliveries=deliveries)
    async with asyncio.timeout(30), aclosing(connector.inbound(None)) as stream:  # type: ignore[type-var]
        await anext(stream)
    assert ended.is_set()


@pytest.mark.parametrize(
    "odd", [{"data": 7}, {"data": [{"participants": {"data": [{"id": MEI}]}, "messages": {"data": 7}}]}]
)
def test_odd_history_is_no_history(odd: dict[str, Any]) -> None:
    assert history(odd, Ours("messenger", "1", "Tea")) == ()
