"""What updates become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_telegram.mapping import events, place_of

from omnitui.sdk import ContactChanged, MessageReceived, Reacted, Unsupported
from tests.support.telegram_rig import MEI, PRIVATE

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "telegram"
GROUP = {"id": -1001, "type": "supergroup", "title": "茶の会"}


def heard(update: dict[str, Any]) -> Any:
    (found,) = events({"update_id": 1, **update}, bot="@bot", now=5)
    return found


def message(**fields: Any) -> MessageReceived:
    found = heard({"message": {"message_id": 7, "date": 1_780_000_000, "from": MEI, "chat": PRIVATE, **fields}})
    assert isinstance(found, MessageReceived)
    return found


@pytest.mark.shared
@pytest.mark.parametrize("name", ["Update.json", "update-with-write-access-allowed-for-webapp.json"])
def test_payloads_of_others_are_messages_or_kept_raw(name: str) -> None:
    found = json.loads((FIXTURES / name).read_text("utf-8"))
    for update in found.get("result", [found]):
        (happened,) = events(update, bot="@bot", now=5)
        if "text" in update["message"]:
            assert isinstance(happened, MessageReceived)
            assert "Bold and italics" in happened.text
            assert {file.name for file in happened.files} >= {"voice.ogg"}
        else:
            assert isinstance(happened, Unsupported)
            assert b"write_access_allowed" in happened.raw


def test_private_message_is_of_who_wrote_it() -> None:
    found = message(text="返金はまだですか")
    assert (found.conversation, found.external_id, found.sent_at) == ("71", "71:7", 1_780_000_000_000)
    assert (found.contact.address, found.contact.name, found.contact.language) == ("71", "芽衣 佐藤", "ja")


def test_topic_of_a_group_is_a_conversation_with_the_group() -> None:
    found = message(chat=GROUP, message_thread_id=3, is_topic_message=True, text="x")
    assert (found.conversation, found.contact.name, found.author.name) == ("-1001/3", "茶の会", "芽衣 佐藤")
    assert place_of(found.conversation) == {"chat_id": -1001, "message_thread_id": 3}


def test_edit_is_a_later_revision_of_the_same_message() -> None:
    edited = {"message_id": 7, "date": 1_780_000_000, "edit_date": 1_780_000_060, "from": MEI, "chat": PRIVATE}
    found = heard({"edited_message": {**edited, "text": "y"}})
    first = message(text="x")
    assert (found.external_id, found.text) == (first.external_id, "y")
    assert found.revision > first.revision


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sticker": {"emoji": "🍵"}}, "[sticker] 🍵"),
        ({"location": {"latitude": 35.68, "longitude": 139.76}}, "[place] 35.68, 139.76"),
        ({"contact": {"first_name": "Aya", "phone_number": "+8190"}}, "[contact] Aya +8190"),
        ({"forward_origin": {"type": "user", "sender_user": MEI}, "text": "x"}, "[forwarded from 芽衣 佐藤]\nx"),
        ({"poll": {"question": "お茶は", "options": [{"text": "緑"}, {"text": "紅"}]}}, "[poll] お茶は\n- 緑\n- 紅"),
    ],
)
def test_what_is_no_text_is_said_in_words(fields: dict[str, Any], words: str) -> None:
    assert message(**fields).text == words


def test_files_can_be_fetched_and_the_largest_photo_counts() -> None:
    sizes = [
        {"file_id": name, "width": side, "height": side, "file_size": side} for name, side in (("s", 9), ("l", 90))
    ]
    found = message(caption="これ", photo=sizes)
    assert [(file.name, file.remote["file_id"], file.size) for file in found.files] == [("photo.jpg", "l", 90)]
    moving = {"file_id": "a", "file_name": "tea.mp4"}
    assert [file.name for file in message(animation=moving, document=moving).files] == ["tea.mp4"]


def test_blocking_us_stands_on_the_card() -> None:
    change = {"chat": PRIVATE, "from": MEI, "date": 1, "new_chat_member": {"user": MEI, "status": "kicked"}}
    found = heard({"my_chat_member": change})
    assert isinstance(found, ContactChanged)
    assert found.fields == (("telegram", "has blocked us"),)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("message_id", "date", "from", "chat", "text", "photo", "document", "sticker", "location", "poll", "edit_date")


@given(
    some.sampled_from(["message", "edited_message", "my_chat_member", "else"]),
    some.dictionaries(some.sampled_from(FIELDS), JSON),
)
def test_any_update_is_an_event_or_kept_raw(kind: str, fields: dict[str, Any]) -> None:
    whole = {"message_id": 7, "date": 1, "from": MEI, "chat": PRIVATE, "text": "x", **fields}
    found = heard({kind: whole})
    assert isinstance(found, MessageReceived | ContactChanged | Unsupported)
    if isinstance(found, Unsupported):
        assert found.raw


def test_words_that_hide_an_address_show_it() -> None:
    link = {"type": "text_link", "offset": 3, "length": 2, "url": "https://evil.example/"}
    assert message(text="👩 ここ を", entities=[link]).text == "👩 ここ (https://evil.example/) を"
    assert message(text="a", entities=[{"type": "text_link", "offset": 99, "length": 5, "url": "u"}]).text == "a (u)"


def test_answer_names_the_message_and_the_part_that_it_answers() -> None:
    answered = {"message_id": 5, "date": 1, "chat": PRIVATE, "text": "いつ届きますか"}
    found = message(text="明日です", reply_to_message=answered, quote={"text": "いつ", "position": 0})
    assert (found.answers, found.text) == ("71:5", "> いつ\n明日です")


def test_message_of_a_topic_does_not_answer_the_topic() -> None:
    first = {"message_id": 3, "date": 1, "chat": GROUP, "forum_topic_created": {"name": "返品"}}
    assert (
        message(chat=GROUP, message_thread_id=3, is_topic_message=True, text="x", reply_to_message=first).answers == ""
    )


def test_reactions_take_the_place_of_those_before() -> None:
    new = [{"type": "emoji", "emoji": "👍"}, {"type": "custom_emoji", "custom_emoji_id": "1"}]
    change = {"chat": PRIVATE, "message_id": 7, "user": MEI, "date": 9, "old_reaction": [], "new_reaction": new}
    found = events({"update_id": 1, "message_reaction": change}, bot="@bot", now=5)
    assert [(one.emoji, one.withdrawn) for one in found if isinstance(one, Reacted)] == [
        ("", True),
        ("👍", False),
        ("★", False),
    ]
    assert {one.external_id for one in found if isinstance(one, Reacted)} == {"71:7"}


@pytest.mark.parametrize(
    "odd",
    [{"date": float("inf")}, {"entities": [{"type": "text_link", "offset": float("inf"), "length": 1, "url": "u"}]}],
)
def test_number_without_end_is_kept_raw(odd: dict[str, Any]) -> None:
    told = {"message_id": 1, "date": 1, "from": MEI, "chat": PRIVATE, "text": "x", **odd}
    (found,) = events({"update_id": 1, "message": told}, bot="@bot", now=5)
    assert isinstance(found, Unsupported)
