"""What WeChat's messages become."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from omnitui_wechat.envelope import fields
from omnitui_wechat.mapping import events

from omnitui.sdk import ContactChanged, Event, MessageKind, MessageReceived, Person, Unsupported
from tests.support.wechat_rig import MEI, an_xml


def heard(**told: str) -> tuple[Event, ...]:
    xml = an_xml(**told)
    return events(fields(xml), xml, Person(fields(xml).get("FromUserName", ""), "佐藤"), at=5)


def message(**told: str) -> MessageReceived:
    (found,) = heard(**{"MsgId": "7", **told})
    assert isinstance(found, MessageReceived)
    return found


def test_message_is_of_who_wrote_it() -> None:
    found = message(Content="返金はまだですか")
    assert (found.conversation, found.external_id, found.sent_at) == (MEI, "7", 1_780_000_000_000)
    assert (found.contact.name, found.inbox, found.kind) == ("佐藤", "gh_tea", MessageKind.PUBLIC)
    assert found.window_closes_at is None


def test_what_ends_a_section_is_read_as_it_was_written() -> None:
    written = "x]]></Content><MsgId>8</MsgId>"
    found = message(Content=written.replace("]]>", "]]]]><![CDATA[>"))
    assert (found.text, found.external_id) == (written, "7")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            {"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Label": "店"},
            "[place] 店 (23.1, 113.3)",
        ),
        ({"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3"}, "[place] 23.1, 113.3"),
        (
            {"MsgType": "link", "Title": "お茶", "Description": "緑茶", "Url": "https://t.example"},
            "[link] お茶\n緑茶\nhttps://t.example",
        ),
        ({"MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": "返金"}, "返金"),
    ],
)
def test_what_is_no_text_is_said_in_words(told: dict[str, str], words: str) -> None:
    assert message(**told).text == words


@pytest.mark.parametrize(
    ("told", "name", "media_type"),
    [
        ({"MsgType": "image"}, "photo.jpg", "image/jpeg"),
        ({"MsgType": "voice", "Format": "amr"}, "voice.amr", "audio/amr"),
        ({"MsgType": "voice", "Format": "speex"}, "voice.speex", "audio/speex"),
        ({"MsgType": "video"}, "video.mp4", "video/mp4"),
        ({"MsgType": "shortvideo"}, "video.mp4", "video/mp4"),
    ],
)
def test_file_can_be_fetched(told: dict[str, str], name: str, media_type: str) -> None:
    (file,) = message(MediaId="media-1", **told).files
    assert (file.name, file.media_type, file.remote) == (name, media_type, {"media_id": "media-1"})


@pytest.mark.parametrize(
    ("told", "words", "opens"),
    [
        ({"Event": "CLICK", "EventKey": "refund"}, "[menu] refund", True),
        ({"Event": "VIEW", "EventKey": "https://t.example"}, "[menu] https://t.example", False),
        ({"Event": "SCAN", "EventKey": "12"}, "[scanned] 12", True),
        ({"Event": "LOCATION", "Latitude": "23.1", "Longitude": "113.3"}, "[place] 23.1, 113.3", False),
    ],
)
def test_what_only_happened_opens_the_window_for_a_minute_where_wechat_lets_it(
    told: dict[str, str], words: str, opens: bool
) -> None:
    (found,) = heard(MsgType="event", **told)
    assert isinstance(found, MessageReceived)
    assert (found.text, found.kind) == (words, MessageKind.ACTIVITY)
    assert found.window_closes_at == (1_780_000_060_000 if opens else None)


def test_who_follows_and_who_does_no_longer_stands_on_the_card() -> None:
    came, card = heard(MsgType="event", Event="subscribe", EventKey="")
    assert isinstance(came, MessageReceived)
    assert isinstance(card, ContactChanged)
    assert (came.text, card.fields) == ("[followed us]", (("wechat", ""),))
    (gone,) = heard(MsgType="event", Event="unsubscribe")
    assert isinstance(gone, ContactChanged)
    assert gone.fields == (("wechat", "has unfollowed us"),)


def test_unknown_kind_is_kept_raw_where_it_happened() -> None:
    (found,) = heard(MsgType="event", Event="tea_poured", Leaf="sencha")
    assert isinstance(found, Unsupported)
    assert (found.kind, found.conversation) == ("wechat.tea_poured", MEI)
    assert b"sencha" in found.raw


TAGS = ("FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "Content", "MsgId", "MediaId", "Location_X")
KINDS = ("text", "image", "voice", "location", "link", "event", "CLICK", "subscribe", "")


@settings(max_examples=40)
@given(
    some.dictionaries(some.sampled_from(TAGS), some.sampled_from(KINDS) | some.text(max_size=9)),
    some.binary(max_size=99),
)
def test_any_message_is_taken_or_kept_raw(told: dict[str, str], noise: bytes) -> None:
    for xml in (an_xml(**told), noise, an_xml(**told) + noise):
        read = fields(xml)
        found = events(read, xml, Person(read.get("FromUserName", "")), at=5)
        assert found
        assert all(one.raw == xml for one in found if isinstance(one, Unsupported))
