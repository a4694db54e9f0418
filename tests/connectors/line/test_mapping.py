"""What LINE's webhook events become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from omnitui_line.mapping import Place, events

from omnitui.sdk import ContactChanged, Event, MessageDeleted, MessageKind, MessageReceived, Person, Unsupported
from tests.support.line_rig import GROUP, MEI, a_delivery, a_message, an_event

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "line"
IN_GROUP = {"type": "group", "groupId": GROUP, "userId": MEI}


def persons(place: Place) -> tuple[Person, Person]:
    contact = Person(place.conversation, "佐藤" if place.one else "茶の会")
    return contact, contact if place.one or not place.user else Person(place.user, "佐藤")


def heard(*items: Any) -> tuple[Event, ...]:
    return events(a_delivery(*items), inbox="@tea", persons=persons, at=5)


def message(source: Any = None, **fields: Any) -> MessageReceived:
    (found,) = heard(an_event(message=a_message(**fields), **({"source": source} if source else {})))
    assert isinstance(found, MessageReceived)
    return found


@pytest.mark.shared
def test_every_payload_of_others_is_an_event_and_only_the_unknown_one_is_kept_raw() -> None:
    body = (FIXTURES / "webhook.json").read_bytes()
    found = events(body, inbox="@tea", persons=persons, at=5)
    assert len(found) == len(json.loads(body)["events"]) == 28
    assert [event.kind for event in found if isinstance(event, Unsupported)] == ["line.undefined"]
    assert [event.external_id for event in found if isinstance(event, MessageDeleted)] == ["325708"]
    texts = [event.text for event in found if isinstance(event, MessageReceived)]
    assert "[sticker] Just sticker (Love You, Love)" in texts
    assert "[place] my location, Tokyo (35.65910807942215, 139.70372892916203)" in texts


def test_message_is_of_who_wrote_it() -> None:
    found = message()
    assert (found.conversation, found.external_id, found.sent_at) == (MEI, "7", 1_780_000_000_000)
    assert (found.contact.name, found.author.name, found.inbox) == ("佐藤", "佐藤", "@tea")


@pytest.mark.parametrize("user", [MEI, ""])
def test_message_in_a_group_is_written_to_the_group_whoever_wrote(user: str) -> None:
    found = message({"type": "group", "groupId": GROUP} | ({"userId": user} if user else {}))
    assert (found.conversation, found.contact.address, found.subject) == (GROUP, GROUP, "茶の会")
    assert found.author.address == (user or GROUP)


def test_chat_of_several_is_a_conversation() -> None:
    assert message({"type": "room", "roomId": "R1", "userId": MEI}).conversation == "R1"


def test_edit_is_a_later_revision_of_the_same_message() -> None:
    first, edited, again = heard(
        an_event(message=a_message()),
        an_event("messageEdited", message=a_message(text="返金は？"), timestamp=1_780_000_060_000),
        an_event("messageEdited", message=a_message(text="返金"), timestamp=1_780_000_090_000),
    )
    assert isinstance(first, MessageReceived)
    assert isinstance(edited, MessageReceived)
    assert isinstance(again, MessageReceived)
    assert first.external_id == edited.external_id == again.external_id
    assert first.revision < edited.revision < again.revision


def test_message_taken_back_is_deleted() -> None:
    (found,) = heard(an_event("unsend", unsend={"messageId": "7"}))
    assert found == MessageDeleted("7", 1_780_000_000_000)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": "sticker", "text": "", "keywords": ["Love", "tea"]}, "[sticker] (Love, tea)"),
        ({"type": "sticker", "text": "ありがとう"}, "[sticker] ありがとう"),
        ({"type": "sticker", "text": None}, "[sticker]"),
        ({"type": "location", "latitude": 35.6, "longitude": 139.7}, "[place] 35.6, 139.7"),
        ({"type": "location", "title": "店", "latitude": 35.6, "longitude": 139.7}, "[place] 店 (35.6, 139.7)"),
    ],
)
def test_what_is_no_text_is_said_in_words(fields: dict[str, Any], words: str) -> None:
    assert message(**fields).text == words


def test_answer_names_the_message_that_it_quotes() -> None:
    assert message(quotedMessageId="3").answers == "3"


@pytest.mark.parametrize(
    ("fields", "name", "media_type", "remote"),
    [
        ({"type": "image"}, "photo.jpg", "image/jpeg", {"message": "7", "kind": "image"}),
        ({"type": "video"}, "video.mp4", "video/mp4", {"message": "7", "kind": "video"}),
        ({"type": "audio"}, "audio.m4a", "audio/mp4", {"message": "7", "kind": "audio"}),
        ({"type": "file", "fileName": "請求書.pdf"}, "請求書.pdf", "application/pdf", {"message": "7", "kind": "file"}),
        (
            {"type": "image", "contentProvider": {"type": "external", "originalContentUrl": "https://tea.example/a"}},
            "photo.jpg",
            "image/jpeg",
            {"url": "https://tea.example/a"},
        ),
    ],
)
def test_file_can_be_fetched(fields: dict[str, Any], name: str, media_type: str, remote: Any) -> None:
    (file,) = message(**fields).files
    assert (file.name, file.media_type, file.remote) == (name, media_type, remote)


@pytest.mark.parametrize(
    ("kind", "words"), [("follow", ""), ("unfollow", "has blocked us"), ("leave", "has removed us")]
)
def test_whether_we_may_write_stands_on_the_card(kind: str, words: str) -> None:
    (found,) = heard(an_event(kind))
    assert isinstance(found, ContactChanged)
    assert (found.address, found.fields, found.name) == (MEI, (("line", words),), None)


def test_button_is_a_message_of_the_customer() -> None:
    (found,) = heard(an_event("postback", postback={"data": "order=1", "params": {"date": "2026-11-22"}}))
    assert isinstance(found, MessageReceived)
    assert (found.text, found.kind) == ("[button] order=1 (date: 2026-11-22)", MessageKind.PUBLIC)


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("memberJoined", {"joined": {"members": [{"type": "user", "userId": "U1"}]}}, "[joined] U1"),
        ("memberLeft", {"left": {"members": [{"type": "user", "userId": "U1"}]}}, "[left] U1"),
        ("beacon", {"beacon": {"hwid": "d4", "type": "enter"}}, "[beacon] enter"),
        ("accountLink", {"link": {"result": "ok", "nonce": "n"}}, "[linked an account] ok"),
        ("membership", {"membership": {"type": "joined", "membershipId": 1}}, "[membership] joined"),
        ("videoPlayComplete", {"videoPlayComplete": {"trackingId": "t"}}, "[saw a video to its end]"),
    ],
)
def test_what_only_happened_is_an_activity(kind: str, fields: dict[str, Any], words: str) -> None:
    (found,) = heard(an_event(kind, source=IN_GROUP, **fields))
    assert isinstance(found, MessageReceived)
    assert (found.kind, found.text, found.external_id) == (MessageKind.ACTIVITY, words, "01FZ74A0TDDPYRVKNK77XKC3ZR")


def test_what_is_no_delivery_is_kept_raw() -> None:
    (found,) = events(b"\x80tea", inbox="@tea", persons=persons, at=5)
    assert found == Unsupported("line.delivery", b"\x80tea", 5, channel="line", inbox="@tea")


def test_unknown_kind_is_kept_raw_where_it_happened() -> None:
    (found,) = heard(an_event("tea", tea={"leaf": "sencha"}))
    assert isinstance(found, Unsupported)
    assert (found.kind, found.conversation, found.external_id) == ("line.tea", MEI, "01FZ74A0TDDPYRVKNK77XKC3ZR")
    assert b"sencha" in found.raw


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
KINDS = ("message", "messageEdited", "unsend", "follow", "postback", "memberJoined", "beacon", "membership", "else")
TYPES = ("text", "image", "file", "sticker", "location", "else")
PARTS = (
    "id",
    "text",
    "keywords",
    "latitude",
    "longitude",
    "fileName",
    "fileSize",
    "contentProvider",
    "quotedMessageId",
)


@settings(max_examples=40)
@given(
    some.sampled_from(KINDS),
    some.sampled_from(TYPES),
    some.dictionaries(some.sampled_from(PARTS), JSON),
    some.dictionaries(some.sampled_from(("type", "source", "timestamp", "message", "postback", "joined")), JSON),
)
def test_any_event_is_taken_or_kept_raw(kind: str, type_: str, inner: dict[str, Any], outer: dict[str, Any]) -> None:
    body = json.dumps(
        {"events": [{**an_event(kind, message={**a_message(), "type": type_, **inner}), **outer}]}
    ).encode()
    (found,) = events(body, inbox="@tea", persons=persons, at=5)
    assert isinstance(found, MessageReceived | ContactChanged | MessageDeleted | Unsupported)
    if isinstance(found, Unsupported):
        assert found.raw


@pytest.mark.parametrize("named", [{"webhookEventId": ""}, {"webhookEventId": None}])
def test_what_happened_without_a_name_is_kept_raw(named: dict[str, Any]) -> None:
    (found,) = heard(an_event("postback", postback={"data": "buy"}, **named))
    assert isinstance(found, Unsupported)
