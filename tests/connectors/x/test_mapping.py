"""What events of direct messages become."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from omnitui_x.mapping import cards, event, page_of

from omnitui.sdk import Direction, Event, MessageKind, MessageReceived, Unsupported
from tests.support.x_rig import PAIR
from tests.support.x_server import ME, MEI

PHOTO = {"media_key": "3_1", "type": "photo", "url": "https://ton.twitter.com/1.1/ton/data/dm/1/2/tea.jpg"}
VIDEO = {
    "media_key": "7_1",
    "type": "video",
    "preview_image_url": "https://pbs.twimg.com/p.jpg",
    "variants": [
        {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/a.m3u8"},
        {"content_type": "video/mp4", "bit_rate": 256_000, "url": "https://video.twimg.com/s.mp4"},
        {"content_type": "video/mp4", "bit_rate": 832_000, "url": "https://video.twimg.com/l.mp4"},
    ],
}
PAGE = page_of({"includes": {"users": [ME, MEI], "media": [PHOTO, VIDEO]}}, me=ME["id"], inbox="@hinode_tea", at=5)


def heard(**fields: Any) -> Event:
    blank = {"id": "9", "event_type": "MessageCreate", "sender_id": MEI["id"], "dm_conversation_id": PAIR}
    return event({**blank, "text": "返金はまだですか", "created_at": "2026-05-28T20:26:40.000Z"} | fields, PAGE)


def message(**fields: Any) -> MessageReceived:
    found = heard(**fields)
    assert isinstance(found, MessageReceived)
    return found


def test_message_of_a_customer_is_incoming() -> None:
    found = message()
    assert (found.conversation, found.external_id, found.sent_at) == (PAIR, "9", 1_780_000_000_000)
    assert (found.contact.address, found.contact.name, found.direction) == ("71", "佐藤 芽衣", Direction.INCOMING)


def test_message_of_ours_is_outgoing_and_the_customer_s_conversation() -> None:
    found = message(sender_id=ME["id"])
    assert (found.contact.address, found.author.agent, found.direction) == ("71", True, Direction.OUTGOING)


def test_group_is_written_to_whoever_wrote() -> None:
    found = message(dm_conversation_id="1900000000000000001")
    assert (found.contact.address, found.author.name) == ("1900000000000000001", "佐藤 芽衣")


def test_shortened_addresses_are_as_they_were() -> None:
    links = [{"url": "https://t.co/abc", "expanded_url": "https://tea.example/refund", "start": 0, "end": 16}]
    assert message(text="見て https://t.co/abc", entities={"urls": links}).text == "見て https://tea.example/refund"


def test_post_that_is_shared_is_an_address() -> None:
    assert message(text="", referenced_posts=[{"id": "123"}]).text == "[post] https://x.com/i/status/123"


@pytest.mark.parametrize(
    ("key", "name", "remote"),
    [
        ("3_1", "photo.jpg", {"path": "/1.1/ton/data/dm/1/2/tea.jpg"}),
        ("7_1", "video.mp4", {"url": "https://video.twimg.com/l.mp4"}),
    ],
)
def test_file_can_be_fetched(key: str, name: str, remote: dict[str, str]) -> None:
    (file,) = message(text="", attachments={"media_keys": [key]}).files
    assert (file.name, file.remote) == (name, remote)


@pytest.mark.parametrize(
    ("kind", "words"), [("ParticipantsJoin", "[joined] 佐藤 芽衣"), ("ParticipantsLeave", "[left] 佐藤 芽衣")]
)
def test_who_comes_and_goes_is_an_activity(kind: str, words: str) -> None:
    found = message(event_type=kind, participant_ids=["71"])
    assert (found.kind, found.text) == (MessageKind.ACTIVITY, words)


@pytest.mark.parametrize(
    "fields", [{"event_type": "Tea"}, {"text": ""}, {"dm_conversation_id": ""}, {"sender_id": None}]
)
def test_what_is_not_understood_is_kept_raw_or_taken(fields: dict[str, Any]) -> None:
    found = heard(**fields)
    assert isinstance(found, Unsupported) or found == message(**fields)
    if isinstance(found, Unsupported):
        assert b"2026-05-28" in found.raw


def test_card_has_the_handle_and_the_picture() -> None:
    (card,) = cards([heard(), heard(id="10")], PAGE)
    assert (card.address, card.name, card.picture) == ("71", None, MEI["profile_image_url"])
    assert card.fields == (("x", "@mei"),)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("id", "event_type", "sender_id", "dm_conversation_id", "created_at", "text", "attachments", "entities")
KINDS = ("MessageCreate", "ParticipantsJoin", "ParticipantsLeave")


@settings(max_examples=40)
@given(some.sampled_from(KINDS), some.dictionaries(some.sampled_from((*FIELDS, "participant_ids")), JSON), JSON)
def test_any_event_is_taken_or_kept_raw(kind: str, fields: dict[str, Any], included: Any) -> None:
    page = page_of({"includes": included}, me="700", inbox="@tea", at=5)
    item = {"id": "9", "event_type": kind, "sender_id": "71", "dm_conversation_id": PAIR, "text": "x", **fields}
    found = event(item, page)
    assert isinstance(found, MessageReceived | Unsupported)
    assert isinstance(event(included, page), Unsupported)
    cards([found], page)


def test_who_joined_without_a_name_is_kept_raw() -> None:
    assert isinstance(heard(event_type="ParticipantsJoin", participant_ids=[], sender_id=None), Unsupported)
