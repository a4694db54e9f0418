"""What events of rooms become."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as some
from omnitui_matrix.mapping import UNREADABLE, Room, events, is_edit, place_of, signs

from omnitui.sdk import Direction, MessageDeleted, MessageReceived, Reacted, ReadUpTo, Typing, Unsupported

US, MEI, JIM = "@desk:tea.test", "@mei:tea.test", "@jim:tea.test"
ALONE = Room("!r:tea.test", "", {US: "Desk", MEI: "芽衣"})
MANY = Room("!s:tea.test", "茶の会", {US: "Desk", MEI: "芽衣", JIM: ""})


def heard(content: dict[str, Any], room: Room = ALONE, kind: str = "m.room.message", **more: Any) -> Any:
    event = {"event_id": "$1", "sender": MEI, "type": kind, "origin_server_ts": 7_000, "content": content, **more}
    found = events(event, room, us=US, now=9_000)
    return found[0] if len(found) == 1 else found


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, **more}


def test_message_of_one_person_is_of_that_person() -> None:
    found = heard(text("返品したいです"))
    assert isinstance(found, MessageReceived)
    assert (found.contact.address, found.contact.name, found.conversation, found.sent_at) == (
        MEI,
        "芽衣",
        ALONE.id,
        7_000,
    )


def test_room_of_many_is_the_contact_and_its_name_the_subject() -> None:
    found = heard(text("x"), MANY)
    assert (found.contact.address, found.contact.name, found.author.address, found.subject) == (
        MANY.id,
        "茶の会",
        MEI,
        "茶の会",
    )


def test_thread_is_a_conversation_and_leads_back_to_its_room() -> None:
    found = heard(text("x", **{"m.relates_to": {"rel_type": "m.thread", "event_id": "$0"}}))
    assert place_of(found.conversation) == (ALONE.id, "$0")


def test_what_we_said_goes_out_with_the_key_that_made_it() -> None:
    found = heard(text("x"), sender=US, unsigned={"transaction_id": "op-1"})
    assert (found.direction, found.idempotency_key) == (Direction.OUTGOING, "op-1")
    assert heard(text("x"), unsigned={"transaction_id": "op-1"}).idempotency_key == ""


def test_edit_is_a_later_revision_with_its_new_words() -> None:
    relation = {"rel_type": "m.replace", "event_id": "$0"}
    content = text("* new", **{"m.new_content": text("new"), "m.relates_to": relation})
    found = heard(content)
    assert (found.external_id, found.text, found.revision) == ("$0", "new", 7_000)
    assert is_edit({"content": content}) == "$0"


def test_answer_names_what_it_answers_without_the_quote_of_older_programs() -> None:
    relation = {"m.in_reply_to": {"event_id": "$0"}}
    found = heard(text("> <@desk:tea.test> いつ?\n\n明日", **{"m.relates_to": relation}))
    assert (found.answers, found.text) == ("$0", "明日")


def test_thread_for_programs_that_know_none_answers_nothing() -> None:
    relation = {
        "rel_type": "m.thread",
        "event_id": "$0",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$9"},
    }
    assert heard(text("x", **{"m.relates_to": relation})).answers == ""


def test_file_has_its_name_size_and_what_is_said_to_it() -> None:
    content = {"msgtype": "m.image", "body": "傷です", "filename": "kizu.png", "url": "mxc://tea.test/1"}
    found = heard({**content, "info": {"mimetype": "image/png", "size": 9}})
    (file,) = found.files
    assert (found.text, file.name, file.media_type, file.size) == ("傷です", "kizu.png", "image/png", 9)
    assert heard({**content, "body": "kizu.png"}).text == ""


def test_encrypted_message_says_that_it_cannot_be_read() -> None:
    assert heard({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}, kind="m.room.encrypted").text == UNREADABLE


def test_redaction_reaction_and_what_is_unknown() -> None:
    assert heard({}, kind="m.room.redaction", redacts="$0") == MessageDeleted("$0", 7_000)
    assert heard({"redacts": "$0"}, kind="m.room.redaction") == MessageDeleted("$0", 7_000)
    found = heard({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$0", "key": "👍"}}, kind="m.reaction")
    assert isinstance(found, Reacted)
    assert (found.external_id, found.emoji) == ("$0", "👍")
    assert isinstance(heard({"call_id": "1"}, kind="m.call.invite"), Unsupported)


def test_furniture_of_a_room_is_no_message() -> None:
    assert heard({"membership": "join"}, kind="m.room.member", state_key=MEI) == ()


def test_signs_tell_who_writes_and_how_far_was_read() -> None:
    typing = {"type": "m.typing", "content": {"user_ids": [US, MEI]}}
    assert signs(typing, ALONE, us=US, now=9_000) == (Typing(ALONE.id, 39_000, "芽衣"),)
    read = {"type": "m.receipt", "content": {"$1": {"m.read": {MEI: {"ts": 8_000}, US: {"ts": 8_500}}}}}
    assert signs(read, ALONE, us=US, now=9_000) == (
        ReadUpTo(ALONE.id, 8_000),
        ReadUpTo(ALONE.id, 8_500, by_us=True),
    )
    assert signs(read, MANY, us=US, now=9_000) == (ReadUpTo(MANY.id, 8_500, by_us=True),)
    assert signs(read, ALONE, us=US, now=7_000)[0] == ReadUpTo(ALONE.id, 7_000)


JUNK = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(
                [
                    "body",
                    "msgtype",
                    "m.relates_to",
                    "event_id",
                    "rel_type",
                    "m.new_content",
                    "url",
                    "info",
                    "key",
                    "m.read",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(some.sampled_from(["m.room.message", "m.reaction", "m.room.redaction", "m.receipt", "m.typing", "?"]), JUNK)
def test_no_event_raises(kind: str, content: Any) -> None:
    event = {"event_id": "$1", "sender": MEI, "type": kind, "content": content}
    assert isinstance(events(event, ALONE, us=US, now=1), tuple)
    assert isinstance(signs(event, ALONE, us=US, now=1), tuple)
    assert isinstance(is_edit(event), str)
