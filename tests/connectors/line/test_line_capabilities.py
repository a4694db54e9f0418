"""What LINE can and tells beside the contract: quotas, lengths, files, people, and what a check names."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from io import BytesIO

import pytest

from omnitui.sdk import (
    Accepted,
    ContactChanged,
    MessageReceived,
    NotReady,
    OmniError,
    OutboundFile,
    Rejected,
    Types,
    Verb,
)
from tests.support.line_rig import GROUP, MEI, LineRig, a_delivery, a_message, an_event, first_batch
from tests.support.line_server import TOKEN, LineServer, refused


async def test_quota_without_a_limit_is_told(rig: LineRig, server: LineServer) -> None:
    server.quota = None
    (extent,) = (await first_batch(rig.connector())).extents
    assert extent.budget == "200 messages this month, without a limit"


async def test_words_and_place_of_a_refusal_are_line_s(rig: LineRig) -> None:
    outcome = await rig.connector().perform(rig.outbound(""))
    assert isinstance(outcome, Rejected)
    assert "messages[0].text May not be empty" in outcome.reason


async def test_length_counts_in_utf_16_units(rig: LineRig) -> None:
    connector = rig.connector()
    assert isinstance(await connector.perform(rig.outbound("🍵" * 2_500)), Accepted)
    outcome = await connector.perform(rig.outbound("🍵" * 2_500 + "x"))
    assert isinstance(outcome, Rejected)
    assert "5,001" in outcome.reason


async def test_files_are_refused_with_the_reason(rig: LineRig, server: LineServer) -> None:
    files = (OutboundFile("a.pdf", "application/pdf", b"%PDF"),)
    outcome = await rig.connector().perform(replace(rig.outbound("はい"), files=files))
    assert isinstance(outcome, Rejected)
    assert "public address" in outcome.reason
    assert server.sent == []


async def test_reply_quotes_what_it_answers_and_what_we_sent(rig: LineRig, server: LineServer) -> None:
    await rig.customer_writes("返金はまだですか")
    await first_batch(rig.connector())
    connector = rig.connector()
    first = await connector.perform(replace(rig.outbound("はい"), reply_to_external_id="1"))
    assert isinstance(first, Accepted)
    await connector.perform(replace(rig.outbound("訂正"), reply_to_external_id=first.external_id))
    await connector.perform(replace(rig.outbound("以上"), reply_to_external_id="unknown"))
    quotes = [sent.message.get("quoteToken") for sent in server.sent]
    assert quotes == ["quote-1", f"quote-{first.external_id}", None]


async def test_names_and_pictures_come_with_the_messages(rig: LineRig, server: LineServer) -> None:
    picture = "https://profile.line-scdn.net/mei"
    mei = {"userId": MEI, "displayName": "芽衣", "language": "ja", "pictureUrl": picture}
    server.people[f"profile/{MEI}"] = mei
    server.people[f"group/{GROUP}/summary"] = {"groupId": GROUP, "groupName": "茶の会"}
    server.people[f"group/{GROUP}/member/{MEI}"] = {"userId": MEI, "displayName": "芽衣"}
    in_group = an_event(message=a_message(8), source={"type": "group", "groupId": GROUP, "userId": MEI})
    rig.gateway.push(a_delivery(an_event(message=a_message(7)), in_group))
    batch = await first_batch(rig.connector())
    alone, together = [event for event in batch.events if isinstance(event, MessageReceived)]
    assert (alone.contact.name, alone.contact.language) == ("芽衣", "ja")
    assert (together.contact.name, together.author.name, together.subject) == ("茶の会", "芽衣", "茶の会")
    cards = {event.address: event for event in batch.events if isinstance(event, ContactChanged)}
    assert (cards[MEI].picture, cards[MEI].name) == (picture, None)
    assert cards[GROUP].name == "茶の会"


async def test_who_has_no_profile_for_us_is_asked_for_once(rig: LineRig, server: LineServer) -> None:
    for text in ("一", "二", "三"):
        await rig.customer_writes(text)
    connector, texts = rig.connector(), ""
    async with asyncio.timeout(60):
        async for batch in connector.inbound(None):
            texts += rig.text_of(batch)
            if "三" in texts:
                await connector.close()
    assert [path for path, _said in server.calls].count(f"profile/{MEI}") == 1


async def test_read_mark_travels(rig: LineRig, server: LineServer) -> None:
    await rig.customer_writes("返金はまだですか")
    await first_batch(rig.connector())
    connector = rig.connector()
    for read in (True, False):
        op = replace(rig.outbound(""), verb=Verb.READ, fields={"read": read})
        assert await connector.perform(op) == Accepted()
    marks = [said for path, said in server.calls if path == "chat/markAsRead"]
    assert marks == [{"markAsReadToken": "read-1"}]


async def test_writing_is_shown_to_a_person_and_to_no_group(rig: LineRig, server: LineServer) -> None:
    connector = rig.connector()
    assert isinstance(connector, Types)
    await connector.typing(MEI, "line")
    await connector.typing(GROUP, "line")
    shown = [said for path, said in server.calls if path == "chat/loading/start"]
    assert shown == [{"chatId": MEI, "loadingSeconds": 20}]


async def test_file_is_fetched_and_one_too_large_or_gone_says_so(rig: LineRig, server: LineServer) -> None:
    server.files["7"] = b"tea" * 100
    sink, remote = BytesIO(), {"message": "7", "kind": "image"}
    await rig.connector().fetch(remote, sink, 1_000)
    assert sink.getvalue() == b"tea" * 100
    with pytest.raises(OmniError, match="larger than 100 bytes"):
        await rig.connector().fetch(remote, BytesIO(), 100)
    with pytest.raises(OmniError, match="does not keep"):
        await rig.connector().fetch({"message": "8", "kind": "file"}, BytesIO(), 100)


async def test_video_that_line_still_prepares_comes_later(rig: LineRig, server: LineServer) -> None:
    server.transcoding = "processing"
    with pytest.raises(NotReady, match="prepares"):
        await rig.connector().fetch({"message": "7", "kind": "video"}, BytesIO(), 100)


async def test_message_that_names_a_path_leads_nowhere_else(rig: LineRig, server: LineServer) -> None:
    with pytest.raises(OmniError):
        await rig.connector().fetch({"message": "../../info", "kind": "image"}, BytesIO(), 100)
    assert [path for path, _said in server.calls] == ["message/../../info/content"]


async def test_history_that_line_does_not_give_is_told_once(rig: LineRig) -> None:
    rig.gateway.gap = "calls before 1 November are gone"
    first = await first_batch(rig.connector())
    assert first.gap.startswith("LINE hands out no history")
    assert first.gap.endswith("calls before 1 November are gone")
    assert (await first_batch(rig.connector(), first.cursor)).gap == "calls before 1 November are gone"


async def test_check_tells_who_we_are_and_what_is_left(rig: LineRig) -> None:
    health = await rig.connector().check()
    assert health.ok
    assert health.message == "日の出茶舗 @216hinode; 800 of 1,000 messages left this month"


@pytest.mark.parametrize(
    ("endpoint", "reached", "words"),
    [
        (None, True, "has no webhook"),
        ({"endpoint": "https://hooks.example.com/hooks/line", "active": False}, True, "Use webhook is off"),
        ({"endpoint": "https://hooks.example.com/hooks/line", "active": True}, False, "does not reach https://hooks"),
    ],
)
async def test_check_says_what_keeps_messages_out(
    rig: LineRig, server: LineServer, endpoint: dict[str, object] | None, reached: bool, words: str
) -> None:
    server.endpoint, server.reached = endpoint, reached
    health = await rig.connector().check()
    assert not health.ok
    assert words in health.message


async def test_permission_that_is_missing_is_named(rig: LineRig, server: LineServer) -> None:
    server.next_sends.append(refused(403, "Access to this API is not available for your account"))
    with pytest.raises(OmniError, match="does not allow this channel to send push messages: Access to this API"):
        await rig.connector().perform(rig.outbound("はい"))


async def test_token_stands_in_no_error(rig: LineRig) -> None:
    health = await rig.connector(api_url="http://127.0.0.1:9").check()
    assert not health.ok
    assert TOKEN not in health.message + health.hint


async def test_customers_words_do_not_lie_in_what_is_kept_of_them(rig: LineRig) -> None:
    rig.customer_writes_now("返金はまだですか")
    await first_batch(rig.connector())
    kept = [json.loads(path.read_bytes()) for path in rig.folder.glob("line-*/*")]
    assert len(kept) == 2
    assert "返金" not in json.dumps(kept, ensure_ascii=False)


async def test_file_that_lies_elsewhere_is_not_what_leads_there(rig: LineRig, server: LineServer) -> None:
    server.files["7"], server.content_status = b"moved", 302
    sink = BytesIO()
    with pytest.raises(NotReady):
        await rig.connector().fetch({"message": "7", "kind": "image"}, sink, 1_000)
    server.broken.clear()
    assert sink.getvalue() == b""


async def test_messages_do_not_wait_for_a_quota_that_never_comes(
    rig: LineRig, server: LineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_api: object) -> str:
        await asyncio.sleep(3_600)
        return ""

    monkeypatch.setattr("omnitui_line.connector.quota", never)
    monkeypatch.setattr("omnitui_line.connector.PATIENCE_SECONDS", 0.05)
    await rig.customer_writes("返金はまだですか")
    assert rig.text_of(await first_batch(rig.connector())) == "返金はまだですか"
