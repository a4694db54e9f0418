"""What events become."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_discord.mapping import Room, first_at, happened, message, rooms_of, said_at

from omnitui.sdk import MessageReceived, Unsupported

MEI = {"id": "71", "username": "mei", "global_name": "芽衣"}
ROOMS = {"8": Room("support"), "80": Room("order 17", "8")}


def heard(**changed: Any) -> Any:
    told = {"id": "175928847299117063", "channel_id": "7", "author": MEI, "content": "返品", "type": 0, **changed}
    found = message(told, "1000", ROOMS, 5)
    return found[0] if len(found) == 1 else found


def test_message_is_of_who_wrote_it_and_its_id_says_when() -> None:
    found = heard()
    assert isinstance(found, MessageReceived)
    assert (found.contact.name, found.conversation, found.external_id) == ("芽衣", "7", "7:175928847299117063")
    assert found.sent_at == 1_462_015_105_796
    assert said_at(first_at(found.sent_at), 5) == found.sent_at


def test_marks_read_as_people_read_them() -> None:
    found = heard(content="<@71> <@!5> in <#8> <:tea:1> <a:wave:2>", mentions=[MEI])
    assert found.text == "@芽衣 @5 in #support :tea: :wave:"


def test_files_stickers_and_answers_are_told() -> None:
    file = {"filename": "kizu.png", "size": 9, "url": "https://cdn.example/1", "content_type": "image/png"}
    found = heard(attachments=[file], sticker_items=[{"name": "bow"}], message_reference={"message_id": "5"})
    assert (found.text, found.files[0].name, found.answers) == ("返品\n[sticker] bow", "kizu.png", "7:5")


def test_edit_is_a_later_revision() -> None:
    assert heard(edited_timestamp="2026-11-22T09:00:00+00:00").revision == 1_795_338_000_000


@pytest.mark.parametrize("kind", [7, 18, 21])
def test_furniture_is_no_message(kind: int) -> None:
    assert heard(type=kind) == ()


def test_kind_that_is_new_is_kept_raw() -> None:
    assert isinstance(heard(type=99), Unsupported)
    assert isinstance(heard(content=""), Unsupported)


def test_rooms_are_learnt_from_whatever_names_them() -> None:
    guild = {
        "id": "9",
        "channels": [{"id": "8", "name": "support"}],
        "threads": [{"id": "80", "name": "x", "parent_id": "8"}],
    }
    assert rooms_of(guild) == {"8": Room("support"), "80": Room("x", "8")}
    assert rooms_of(None) == {}


JUNK = some.recursive(
    some.none() | some.integers() | some.text(max_size=4),
    lambda inner: (
        some.lists(inner, max_size=2)
        | some.dictionaries(some.sampled_from(["id", "name", "url", "message_id", "username"]), inner, max_size=3)
    ),
    max_leaves=5,
)
NAMES = [
    "id",
    "channel_id",
    "author",
    "content",
    "type",
    "attachments",
    "mentions",
    "edited_timestamp",
    "message_reference",
]
KINDS = ["MESSAGE_DELETE", "MESSAGE_DELETE_BULK", "MESSAGE_REACTION_ADD", "TYPING_START", "?"]


@given(some.sampled_from(NAMES), some.sampled_from(KINDS), JUNK)
def test_nothing_raises(name: str, kind: str, value: Any) -> None:
    told = {"id": "1", "channel_id": "7", "author": MEI, "content": "x", "type": 0, name: value}
    assert isinstance(message(told, "1000", ROOMS, 5), tuple)
    assert isinstance(happened(kind, value, "1000", 5), tuple)
    assert isinstance(happened(kind, told, "1000", 5), tuple)
    assert isinstance(rooms_of({"channels": value, "threads": value}), dict)
    assert isinstance(rooms_of({"channels": [value], "name": value, "type": 0, "id": 1}), dict)
