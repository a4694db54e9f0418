"""What WeChat does beside the contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from omnitui.clock import HOUR
from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Barred,
    MessageReceived,
    OmniError,
    OutboundFile,
    Rejected,
    Types,
    Unknowable,
    Unknown,
    Unsupported,
)
from tests.support.http_fake import hangs
from tests.support.wechat_rig import MEI, WeChatRig, an_xml, first_batch
from tests.support.wechat_server import APP_SECRET, WeChatServer, refused, sealed

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "wechat"
JPEG = OutboundFile("tea.jpg", "image/jpeg", b"\xff\xd8")


@pytest.fixture
def server() -> Iterator[WeChatServer]:
    with WeChatServer() as server:
        yield server


@pytest.fixture
def rig(tmp_path: Path, server: WeChatServer) -> WeChatRig:
    return WeChatRig(tmp_path, server)


@pytest.mark.shared
async def test_recorded_answers_of_others_are_understood(rig: WeChatRig, server: WeChatServer) -> None:
    connector, recorded = rig.connector(), sorted(FIXTURES.glob("*.json"))
    assert len(recorded) == 23
    for path in recorded:
        told = json.loads(path.read_text("utf-8"))
        server.next_sends.append(partial(dict, told))
        assert await connector.perform(rig.outbound(path.name)) == Accepted()
    server.people[MEI] = json.loads((FIXTURES / "user_info.json").read_text("utf-8"))
    await rig.customer_writes("返金はまだですか")
    (message,) = (await first_batch(connector)).events
    assert isinstance(message, MessageReceived)
    assert message.contact.name == "Band"


async def test_text_leaves_as_it_was_written(rig: WeChatRig, server: WeChatServer) -> None:
    assert await rig.connector().perform(rig.outbound("本日🍵です")) == Accepted()
    assert server.sent == [{"touser": MEI, "msgtype": "text", "text": {"content": "本日🍵です"}}]


async def test_length_counts_in_bytes(rig: WeChatRig, server: WeChatServer) -> None:
    assert await rig.connector().perform(rig.outbound("茶" * 682)) == Accepted()
    outcome = await rig.connector().perform(rig.outbound("茶" * 683))
    assert isinstance(outcome, Rejected)
    assert "2,049 bytes" in outcome.reason


async def test_sixth_answer_and_a_late_one_are_refused_in_words(rig: WeChatRig, server: WeChatServer) -> None:
    connector = rig.connector()
    for number in range(5):
        assert await connector.perform(rig.outbound(f"{number}")) == Accepted()
    sixth = await connector.perform(rig.outbound("6"))
    assert isinstance(sixth, Rejected)
    assert "five answers" in sixth.reason
    server.writes(MEI, ago=48 * 3_600 + 1)
    late = await connector.perform(rig.outbound("7"))
    assert isinstance(late, Rejected)
    assert "48 hours" in late.reason


def test_window_is_declared(rig: WeChatRig) -> None:
    capabilities = rig.connector().capabilities("wechat")
    assert isinstance(capabilities.policy(49 * HOUR, 0), Barred)
    assert isinstance(capabilities.policy(HOUR, 0, sent=5), Barred)
    assert not isinstance(capabilities.policy(HOUR, 0, sent=4), Barred)


async def test_token_that_counts_no_more_is_asked_for_anew_and_nothing_is_lost(
    rig: WeChatRig, server: WeChatServer
) -> None:
    connector = rig.connector()
    assert await connector.perform(rig.outbound("一")) == Accepted()
    # Another program has asked for one in the old way.
    server.tokens += 1
    assert await connector.perform(rig.outbound("二")) == Accepted()
    assert [said["text"]["content"] for said in server.sent] == ["一", "二"]


async def test_send_without_an_answer_is_unknown(rig: WeChatRig, server: WeChatServer) -> None:
    op = rig.outbound("はい")
    for wrong in (hangs, refused(-1, "system error")):
        server.next_sends.append(wrong)
        assert isinstance(await rig.connector().perform(op), Unknown)
    assert isinstance(await rig.connector().reconcile(op), Unknowable)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (48001, "does not allow this account to send customer service messages"),
        (40164, "does not take calls from this machine's address"),
    ],
)
async def test_permission_that_is_missing_is_named(rig: WeChatRig, server: WeChatServer, code: int, words: str) -> None:
    server.next_sends.append(refused(code, "api unauthorized"))
    with pytest.raises(AuthFailed, match=words):
        await rig.connector().perform(rig.outbound("はい"))


async def test_file_leaves_alone(rig: WeChatRig, server: WeChatServer) -> None:
    assert await rig.connector().perform(replace(rig.outbound(""), files=(JPEG,))) == Accepted()
    assert server.uploads == [{"type": "image", "media": ("tea.jpg", b"\xff\xd8")}]
    assert server.sent == [{"touser": MEI, "msgtype": "image", "image": {"media_id": "media-1"}}]


@pytest.mark.parametrize(
    ("text", "files", "words"),
    [
        ("これです", (JPEG,), "no text beside"),
        ("", (JPEG, JPEG), "one file"),
        ("", (OutboundFile("a.pdf", "application/pdf", b"%PDF"),), "a.pdf is none"),
        ("", (OutboundFile("a.mp3", "audio/mpeg", b"x" * (2 * 1024 * 1024 + 1)),), "larger than 2 MB"),
    ],
)
async def test_what_wechat_does_not_carry_is_refused_before_anything_leaves(
    rig: WeChatRig, server: WeChatServer, text: str, files: tuple[OutboundFile, ...], words: str
) -> None:
    outcome = await rig.connector().perform(replace(rig.outbound(text), files=files))
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert server.uploads == []
    assert server.sent == []


async def test_file_is_fetched_and_one_too_large_or_gone_says_so(rig: WeChatRig, server: WeChatServer) -> None:
    server.files["m"] = b"tea" * 100
    sink = BytesIO()
    await rig.connector().fetch({"media_id": "m"}, sink, 1_000)
    assert sink.getvalue() == b"tea" * 100
    with pytest.raises(OmniError, match="larger than 100 bytes"):
        await rig.connector().fetch({"media_id": "m"}, BytesIO(), 100)
    with pytest.raises(OmniError, match="invalid media_id"):
        await rig.connector().fetch({"media_id": "gone"}, BytesIO(), 100)


async def test_remark_and_language_come_with_the_message(rig: WeChatRig, server: WeChatServer) -> None:
    server.people[MEI] = {"subscribe": 1, "openid": MEI, "remark": "佐藤 芽衣", "language": "zh_CN"}
    await rig.customer_writes("返金はまだですか")
    (message,) = (await first_batch(rig.connector())).events
    assert isinstance(message, MessageReceived)
    assert (message.contact.name, message.contact.language) == ("佐藤 芽衣", "zh-CN")


async def test_what_no_key_opens_is_kept(rig: WeChatRig) -> None:
    body = sealed(an_xml(Content="x", MsgId="7"), aes_key="kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR")
    rig.gateway.push(body)
    (found,) = (await first_batch(rig.connector())).events
    assert isinstance(found, Unsupported)
    assert (found.kind, found.raw) == ("wechat.sealed", body)


async def test_history_that_wechat_does_not_give_is_told_once(rig: WeChatRig) -> None:
    first = await first_batch(rig.connector())
    assert "no history" in first.gap
    assert (await first_batch(rig.connector(), first.cursor)).gap == ""


async def test_writing_is_shown(rig: WeChatRig, server: WeChatServer) -> None:
    connector = rig.connector()
    assert isinstance(connector, Types)
    await connector.typing(MEI, "wechat")
    assert server.typed == [{"touser": MEI, "command": "Typing"}]


async def test_check_says_what_is_wrong(rig: WeChatRig) -> None:
    assert (await rig.connector().check()).ok
    assert "43 letters" in (await rig.connector(aes_key="short").check()).message
    assert "forged" in (await rig.connector(token="").check()).message
    assert (await rig.connector(token="", gateway="https://hooks.example.com").check()).ok
    away = await rig.connector(api_url="http://127.0.0.1:9").check()
    assert not away.ok
    assert APP_SECRET not in away.message + away.hint


async def test_video_is_fetched_from_where_wechat_says_that_it_lies(rig: WeChatRig, server: WeChatServer) -> None:
    server.files["media-7"] = {"video_url": "https://video.example/tea.mp4"}
    sink = BytesIO()
    await rig.connector().fetch({"media_id": "media-7"}, sink, 1_000)
    assert (rig.fetched, sink.getvalue()) == (["https://video.example/tea.mp4"], b"what lies elsewhere")


async def test_refusal_in_plain_text_is_no_file(rig: WeChatRig, server: WeChatServer) -> None:
    server.kind = "text/plain"
    sink = BytesIO()
    with pytest.raises(OmniError, match="invalid media_id"):
        await rig.connector().fetch({"media_id": "media-7"}, sink, 1_000)
    assert sink.getvalue() == b""


async def test_file_comes_also_after_the_token_was_ended_by_another_program(
    rig: WeChatRig, server: WeChatServer
) -> None:
    server.files["media-7"] = b"tea"
    connector, sink = rig.connector(), BytesIO()
    await connector.fetch({"media_id": "media-7"}, BytesIO(), 1_000)
    server.tokens += 1
    await connector.fetch({"media_id": "media-7"}, sink, 1_000)
    assert sink.getvalue() == b"tea"


@pytest.mark.parametrize("status", [302, 404, 502])
async def test_answer_of_something_on_the_way_is_no_success(rig: WeChatRig, server: WeChatServer, status: int) -> None:
    server.status = status
    server.next_sends.append(lambda: {"error": "no such host"})
    connector = rig.connector()
    assert isinstance(await connector.perform(rig.outbound("はい")), Unknown)
