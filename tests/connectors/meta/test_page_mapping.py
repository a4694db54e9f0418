"""What Meta's calls about pages and Instagram accounts become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from omnitui_meta.page_mapping import WINDOW, Ours, events

from omnitui.sdk import (
    ConversationChanged,
    Direction,
    Event,
    MessageDeleted,
    MessageKind,
    MessageReceived,
    Person,
    Reacted,
    ReadUpTo,
    Receipt,
    SendState,
    Unsupported,
)
from tests.support.page_rig import MEI, PAGE

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "messenger-instagram" / "events.json"
AT = 1_780_000_000_000
NOW = AT + 60_000
OURS = Ours("messenger", PAGE, "Hinode Tea", "4711")


def heard(payload: dict[str, Any], ours: Ours = OURS) -> tuple[Event, ...]:
    return events(json.dumps(payload).encode(), NOW, ours)


def happened(list_name: str = "messaging", **what: Any) -> tuple[Event, ...]:
    item = {"sender": {"id": MEI}, "recipient": {"id": PAGE}, "timestamp": AT, **what}
    return heard({"object": "page", "entry": [{"id": PAGE, "time": AT, list_name: [item]}]})


def one(**what: Any) -> Any:
    (found,) = happened(**what)
    return found


def said(**message: Any) -> MessageReceived:
    found = one(message={"mid": "m_1", **message})
    assert isinstance(found, MessageReceived)
    return found


def an_attachment(kind: str, **payload: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "payload": payload}]


@pytest.mark.shared
def test_every_payload_of_others_is_understood_or_kept_raw() -> None:
    told = json.loads(FIXTURES.read_text("utf-8"))
    found = {
        f"{channel} {name}": [type(event).__name__ for event in heard(payload, Ours(channel, "", "us"))]
        for channel in ("messenger", "instagram")
        for name, payload in told[channel].items()
    }
    message, raw, change = "MessageReceived", "Unsupported", "ConversationChanged"
    assert found == {
        "messenger text": [message],
        # It names no message, and the watermark alone says nothing that could be shown.
        "messenger delivery": [],
        "messenger read": ["ReadUpTo"],
        "messenger echo": [message],
        "instagram text": [message],
        "instagram standby": [message, change],
        "instagram story_reply": [message],
        "instagram message_reply": [message],
        "instagram unsend": ["MessageDeleted"],
        "instagram share": [message],
        "instagram ig_reel": [message],
        "instagram story_mention": [message],
        "instagram story_mention_echo": [message],
        "instagram ig_story": [message],
        "instagram ig_post": [message],
        "instagram unsupported": [raw, change],
        "instagram seen": ["ReadUpTo", "Receipt"],
        "instagram test_change": [message],
    }


def test_message_is_of_who_wrote_it_and_opens_the_window() -> None:
    found = said(text="返金はまだですか", reply_to={"mid": "m_0"})
    assert (found.conversation, found.external_id, found.text) == (MEI, "m_1", "返金はまだですか")
    assert (found.inbox, found.channel, found.contact) == ("Hinode Tea", "messenger", Person(MEI))
    assert (found.sent_at, found.received_at, found.window_closes_at) == (AT, NOW, AT + WINDOW)
    assert found.answers == "m_0"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"attachments": an_attachment("image", sticker_id=369239263222822, url="https://x/1")}, "👍"),
        ({"attachments": an_attachment("image", sticker_id=7, url="https://x/1.png")}, "[sticker]"),
        (
            {"attachments": an_attachment("location", coordinates={"lat": 35.68, "long": 139.76})},
            "[place] 35.68, 139.76",
        ),
        ({"attachments": an_attachment("share", url="https://x/p")}, "[shared] https://x/p"),
        ({"attachments": an_attachment("ig_reel", title="Tea", url="https://x/r")}, "[reel] Tea https://x/r"),
        ({"attachments": an_attachment("ig_story", story_media_url="https://x/s")}, "[story] https://x/s"),
        ({"attachments": an_attachment("story_mention", url="https://x/s")}, "[mentioned us in a story] https://x/s"),
        (
            {
                "attachments": an_attachment(
                    "template", generic={"elements": [{"title": "Sencha"}, {"title": "Matcha"}]}
                )
            },
            "[card] Sencha, Matcha",
        ),
        (
            {"text": "Nice!", "reply_to": {"story": {"id": "1", "url": "https://x/s"}}},
            "[answers our story] https://x/s\nNice!",
        ),
        (
            {"text": "x", "referral": {"source": "ADS", "ads_context_data": {"ad_title": "New tea"}}},
            "[came from] ADS New tea\nx",
        ),
    ],
)
def test_what_is_no_text_is_said_in_words(message: dict[str, Any], words: str) -> None:
    assert said(**message).text == words


@pytest.mark.parametrize(
    ("kind", "url", "name", "media_type"),
    [
        ("image", "https://scontent.example/v/1_n.png?oh=1", "1_n.png", "image/png"),
        ("file", "https://cdn.example/v/%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf?x", "請求書.pdf", "application/pdf"),
        ("file", "https://cdn.example/v/odd.xyz", "odd.xyz", "application/octet-stream"),
        ("audio", "https://cdn.example/v/clip", "audio.mp4", "audio/mp4"),
        ("image", "https://lookaside.example/?asset_id=1", "image.jpg", "image/jpeg"),
    ],
)
def test_files_are_fetched_from_where_they_lie(kind: str, url: str, name: str, media_type: str) -> None:
    (found,) = said(attachments=an_attachment(kind, url=url)).files
    assert (found.name, found.media_type, found.remote) == (name, media_type, {"url": url})


def test_button_is_what_stands_on_it() -> None:
    found = one(postback={"mid": "m_2", "title": "Talk to us", "payload": "HUMAN"})
    assert (found.text, found.external_id, found.window_closes_at) == ("Talk to us", "m_2", AT + WINDOW)
    assert one(postback={"payload": "HUMAN"}).external_id == f"postback:{MEI}:{AT}"


def test_edit_is_a_later_revision_of_the_same_message() -> None:
    edits = [one(message_edit={"mid": "m_1", "text": text, "num_edit": n}) for n, text in ((1, "y"), (2, "z"))]
    assert [edit.external_id for edit in edits] == ["m_1", "m_1"]
    assert said(text="x").revision < edits[0].revision < edits[1].revision


def test_unsent_message_is_taken_back() -> None:
    assert one(message={"mid": "m_1", "is_deleted": True}) == MessageDeleted("m_1", AT)


def test_reaction_is_no_message() -> None:
    given_one = {"mid": "m_1", "action": "react", "reaction": "love", "emoji": "❤"}
    assert one(reaction=given_one) == Reacted("m_1", Person(MEI), "❤", AT, replaces=True)
    taken = one(reaction={"mid": "m_1", "action": "unreact"})
    assert taken == Reacted("m_1", Person(MEI), "", AT, withdrawn=True, replaces=True)


def test_marks_say_how_far_ours_got() -> None:
    assert happened(delivery={"mids": ["m_8", "m_9"], "watermark": AT - 5}) == (
        Receipt(SendState.DELIVERED, AT - 5, "m_8"),
        Receipt(SendState.DELIVERED, AT - 5, "m_9"),
    )
    assert one(read={"watermark": AT - 5}) == ReadUpTo(MEI, AT - 5)


@pytest.mark.parametrize(
    ("app", "author"),
    [
        (4711, Person("Hinode Tea", agent=True)),
        (263902037430900, Person("app 263902037430900", "Meta Business Suite", agent=True)),
        (99, Person("app 99", "app 99", agent=True)),
    ],
)
def test_echo_says_which_tool_wrote_for_us(app: int, author: Person) -> None:
    message = {"mid": "m_1", "text": "はい", "is_echo": True, "app_id": app, "metadata": "op-1"}
    found = one(sender={"id": PAGE}, recipient={"id": MEI}, message=message)
    assert (found.direction, found.contact, found.author) == (Direction.OUTGOING, Person(MEI), author)
    assert (found.idempotency_key, found.window_closes_at) == ("op-1", None)


def test_what_another_app_holds_is_shown_and_marked() -> None:
    found, marked = happened("standby", message={"mid": "m_1", "text": "x"})
    assert isinstance(found, MessageReceived)
    assert marked == ConversationChanged(MEI, AT, vendor_status="standby: another app has it")
    raw, given_back = happened(pass_thread_control={"new_owner_app_id": 4711})
    assert isinstance(raw, Unsupported)
    assert given_back == ConversationChanged(MEI, AT, vendor_status="")
    assert happened(pass_thread_control={"new_owner_app_id": 5})[1] == marked


def test_what_meta_does_not_hand_over_is_shown_raw_and_opens_the_window() -> None:
    shown, opened = happened(message={"mid": "m_1", "is_unsupported": True})
    assert isinstance(shown, Unsupported)
    assert (shown.external_id, shown.conversation) == ("m_1", MEI)
    assert opened == ConversationChanged(MEI, AT, window_closes_at=AT + WINDOW)


def test_link_that_led_here_is_a_line_and_opens_nothing() -> None:
    found = one(referral={"source": "SHORTLINK", "ref": "winter"})
    assert (found.text, found.kind, found.window_closes_at) == (
        "[came from] SHORTLINK winter",
        MessageKind.ACTIVITY,
        None,
    )


def test_change_of_the_page_is_kept_raw() -> None:
    (found,) = heard({"entry": [{"id": PAGE, "changes": [{"field": "feed", "value": {"item": "comment"}}]}]})
    assert isinstance(found, Unsupported)
    assert found.kind == "messenger.feed"


def test_what_is_about_another_page_is_left_to_that_one() -> None:
    item = {"sender": {"id": MEI}, "timestamp": AT, "message": {"mid": "m_1", "text": "x"}}
    assert heard({"entry": [{"id": "another", "messaging": [item]}]}) == ()


def test_one_odd_event_takes_no_other_with_it() -> None:
    good = {"sender": {"id": MEI}, "timestamp": AT, "message": {"mid": "m_1", "text": "x"}}
    found = heard({"entry": [{"id": PAGE, "messaging": [{"sender": {}}, 7, good]}]})
    assert [type(event) for event in found] == [Unsupported, Unsupported, MessageReceived]


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
KINDS = ("message", "message_edit", "postback", "reaction", "read", "referral", "optin", "pass_thread_control")


@settings(max_examples=40)
@given(some.dictionaries(some.sampled_from((*KINDS, "sender", "recipient", "timestamp")), JSON, min_size=1))
def test_any_event_becomes_events_or_is_kept_raw(what: dict[str, Any]) -> None:
    assert happened(**what)


@settings(max_examples=40)
@given(some.dictionaries(some.sampled_from(("text", "attachments", "reply_to", "referral", "is_echo", "app_id")), JSON))
def test_any_message_is_one_or_is_kept_raw(message: dict[str, Any]) -> None:
    found = happened(message={"mid": "m_1", **message})
    assert isinstance(found[0], MessageReceived | Unsupported)


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"entry": 7}', b'{"entry": [{}]}', b"\xff"])
def test_call_that_is_nothing_is_kept_raw(body: bytes) -> None:
    (found,) = events(body, NOW, Ours("instagram", "", "us"))
    assert isinstance(found, Unsupported)
    assert found.raw
