"""What Meta's calls about WhatsApp become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from omnitui_meta.whatsapp_mapping import WINDOW, address, events, place_of

from omnitui.sdk import (
    ContactChanged,
    ConversationChanged,
    Direction,
    Event,
    MessageDeleted,
    MessageKind,
    MessageReceived,
    Person,
    Reacted,
    Receipt,
    SendState,
    Unsupported,
)
from tests.support.whatsapp_rig import BUSINESS, MEI, NUMBER, SHOWN, call, message

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "whatsapp"
AT = 1_780_000_000_000
NOW = AT + 60_000


def heard(payload: dict[str, Any]) -> tuple[Event, ...]:
    return events(json.dumps(payload).encode(), NOW)


def one(payload: dict[str, Any]) -> Any:
    (found,) = heard(payload)
    return found


def said(**fields: Any) -> MessageReceived:
    found = one(message(0, **fields))
    assert isinstance(found, MessageReceived)
    return found


def payloads(node: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each call in a fixture, however deep it lies."""
    if isinstance(node, dict) and "entry" in node and "object" in node:
        yield name, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from payloads(value, f"{name} {key}")


@pytest.mark.shared
def test_every_payload_of_others_is_understood_or_kept_raw() -> None:
    found = {
        name: [type(event).__name__ for event in heard(payload)]
        for path in sorted(FIXTURES.glob("*.json"))
        for name, payload in payloads(json.loads(path.read_text("utf-8")), path.stem)
    }
    assert len(found) > 60
    assert all(found.values())
    raw = {name.split()[0] for name, kinds in found.items() if kinds == ["Unsupported"]}
    # Of these nothing is about a customer, or nothing is known.
    assert raw == {
        *("account_update", "template_category_update", "template_components_update", "template_quality_update"),
        *("template_status_update", "call_status", "message"),
    }
    assert [name for name, kinds in found.items() if name.startswith("message ") and kinds == ["Unsupported"]] == [
        "message interactive_message_with_err"
    ]
    assert found["message unsupported"] == ["Unsupported", "ConversationChanged"]
    assert found["message reaction"] == found["message unreaction_no_emoji"] == ["Reacted"]
    assert found["message_status failed"] == ["Receipt"]
    assert found["system phone_number_change"] == ["MessageReceived", "ContactChanged", "ContactChanged"]
    assert found["edited_message image"] == found["outgoing_message edit"] == ["MessageReceived"]
    assert found["deleted_message revoke"] == found["outgoing_message delete"] == ["MessageDeleted"]


def test_message_is_of_one_customer_at_one_number() -> None:
    found = said(type="text", text={"body": "返金はまだですか"})
    assert (found.conversation, found.external_id, found.text) == (f"{NUMBER}/{MEI}", "wamid.in0", "返金はまだですか")
    assert place_of(found.conversation) == (NUMBER, MEI)
    assert (found.inbox, found.contact, found.channel) == (f"+{SHOWN}", Person(f"+{MEI}", "芽衣"), "whatsapp")


def test_window_counts_from_when_the_customer_sent() -> None:
    found = said(type="text", text={"body": "x"})
    assert (found.sent_at, found.received_at, found.window_closes_at) == (AT, NOW, AT + WINDOW)


def test_answer_names_what_it_answers() -> None:
    assert said(type="text", text={"body": "x"}, context={"id": "wamid.1", "from": SHOWN}).answers == "wamid.1"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": "location", "location": {"latitude": 35.68, "longitude": 139.76}}, "[place] 35.68, 139.76"),
        (
            {"type": "location", "location": {"latitude": 1, "longitude": 2, "name": "茶屋", "address": "京都"}},
            "[place] 茶屋, 京都 (1, 2)",
        ),
        (
            {"type": "contacts", "contacts": [{"name": {"formatted_name": "Aya"}, "phones": [{"phone": "+8190"}]}]},
            "[contact] Aya +8190",
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}},
            },
            "Yes",
        ),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "list_reply",
                    "list_reply": {"id": "1", "title": "Sencha", "description": "100 g"},
                },
            },
            "Sencha – 100 g",
        ),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "nfm_reply",
                    "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"flow_token": "t", "stars": "4"}'},
                },
            },
            "[form] flow Sent\nstars: 4",
        ),
        ({"type": "button", "button": {"payload": "p", "text": "Stop"}}, "Stop"),
        (
            {
                "type": "order",
                "order": {
                    "text": "gift",
                    "product_items": [
                        {"product_retailer_id": "TEA", "quantity": 3, "item_price": 30, "currency": "JPY"}
                    ],
                },
            },
            "[order]\n3 × TEA (30 JPY)\ngift",
        ),
        ({"type": "text", "text": {"body": "x"}, "context": {"forwarded": True}}, "[forwarded]\nx"),
        (
            {"type": "text", "text": {"body": "x"}, "referral": {"source_type": "ad", "headline": "New tea"}},
            "[came from] ad New tea\nx",
        ),
        ({"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp"}}, "[sticker]"),
    ],
)
def test_what_is_no_text_is_said_in_words(fields: dict[str, Any], words: str) -> None:
    assert said(**fields).text == words


@pytest.mark.parametrize(
    ("kind", "file", "name"),
    [
        ("image", {"mime_type": "image/jpeg"}, "image.jpg"),
        ("audio", {"mime_type": "audio/ogg; codecs=opus", "voice": True}, "voice.ogg"),
        ("document", {"mime_type": "application/pdf", "filename": "請求書.pdf"}, "請求書.pdf"),
    ],
)
def test_files_are_fetched_by_their_id(kind: str, file: dict[str, Any], name: str) -> None:
    (found,) = said(type=kind, **{kind: {"id": "77", "caption": "これ", **file}}).files
    assert (found.name, found.remote) == (name, {"media": "77"})
    assert ";" not in found.media_type


def test_reaction_is_no_message_and_takes_the_place_of_the_one_before() -> None:
    by = Person(f"+{MEI}", "芽衣")
    given_one = one(message(0, type="reaction", reaction={"message_id": "wamid.1", "emoji": "🍵"}))
    assert given_one == Reacted("wamid.1", by, "🍵", AT, replaces=True)
    taken = one(message(0, type="reaction", reaction={"message_id": "wamid.1"}))
    assert taken == Reacted("wamid.1", by, "", AT, withdrawn=True, replaces=True)


def test_edit_and_deletion_are_of_the_first_message() -> None:
    edit = {"original_message_id": "wamid.in0", "message": {"type": "text", "text": {"body": "y"}}}
    found, first = said(type="edit", edit=edit), said(type="text", text={"body": "x"})
    assert (found.external_id, found.text) == (first.external_id, "y")
    assert found.revision > first.revision
    assert one(message(9, type="revoke", revoke={"original_message_id": "wamid.in0"})) == MessageDeleted(
        "wamid.in0", AT + 9_000
    )


def status(state: str, **more: Any) -> Any:
    whole = {"id": "wamid.1", "status": state, "timestamp": "1780000000", "recipient_id": MEI, **more}
    return one(call("messages", {"statuses": [whole]}))


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        ("sent", SendState.ACCEPTED),
        ("delivered", SendState.DELIVERED),
        ("read", SendState.READ),
        ("played", SendState.READ),
    ],
)
def test_report_names_the_reply_by_what_was_given_along(state: str, becomes: SendState) -> None:
    assert status(state, biz_opaque_callback_data="op-1") == Receipt(becomes, AT, "wamid.1", "op-1")


def test_failure_has_metas_words_and_code() -> None:
    late = {
        "code": 131047,
        "title": "Re-engagement message",
        "message": "Re-engagement message",
        "error_data": {"details": "More than 24 hours have passed since the customer last replied"},
    }
    found = status("failed", errors=[late])
    assert (found.state, found.reason) == (
        SendState.FAILED,
        "Re-engagement message: More than 24 hours have passed since the customer last replied (#131047)",
    )


def test_what_whatsapp_does_not_hand_over_is_shown_raw_and_opens_the_window() -> None:
    errors = [{"code": 131051, "title": "Message type unknown"}]
    shown, opened = heard(message(0, type="unsupported", errors=errors, unsupported={"type": "poll"}))
    assert isinstance(shown, Unsupported)
    assert (shown.kind, shown.external_id) == ("whatsapp.poll: Message type unknown (#131051)", "wamid.in0")
    assert opened == ConversationChanged(f"{NUMBER}/{MEI}", AT, window_closes_at=AT + WINDOW)


def test_new_number_stands_in_the_history_and_on_both_cards() -> None:
    system = {"type": "user_changed_number", "body": "Mei changed her number", "wa_id": "81900"}
    told, new, old = heard(message(0, type="system", system=system))
    assert isinstance(told, MessageReceived)
    assert (told.text, told.kind) == ("Mei changed her number", MessageKind.ACTIVITY)
    assert isinstance(new, ContactChanged)
    assert isinstance(old, ContactChanged)
    assert (new.address, new.fields) == ("+81900", (("whatsapp", f"wrote from +{MEI} before"),))
    assert (old.address, old.fields) == (f"+{MEI}", (("whatsapp", "writes from +81900 now"),))


def test_call_rings_in_a_line_and_ends_as_a_message() -> None:
    ring = {"id": "wacid.1", "event": "connect", "from": MEI, "to": SHOWN, "direction": "USER_INITIATED"}
    rings = one(call("calls", {"calls": [{**ring, "timestamp": "1780000000"}]}))
    end = {**ring, "event": "terminate", "timestamp": "1780000120", "duration": 120, "status": "COMPLETED"}
    ended = one(call("calls", {"calls": [end]}))
    assert (rings.text, rings.kind) == ("[call] from the customer, rings", MessageKind.ACTIVITY)
    assert (ended.text, ended.kind) == ("[call] from the customer, 2:00, completed", MessageKind.PUBLIC)
    assert rings.external_id != ended.external_id == "wacid.1"
    assert rings.conversation == ended.conversation == f"{NUMBER}/{MEI}"


def test_what_is_written_on_the_phone_is_ours() -> None:
    echo = {
        "from": SHOWN,
        "to": MEI,
        "id": "wamid.9",
        "timestamp": "1780000000",
        "type": "text",
        "text": {"body": "はい"},
    }
    found = one(call("smb_message_echoes", {"message_echoes": [echo]}))
    assert (found.direction, found.contact.address, found.author.agent) == (Direction.OUTGOING, f"+{MEI}", True)
    assert found.window_closes_at is None


def test_history_of_the_phone_comes_as_it_was_written() -> None:
    threads = [
        {
            "id": MEI,
            "messages": [
                {"from": MEI, "id": "wamid.a", "timestamp": "1770000000", "type": "text", "text": {"body": "hi"}},
                {"from": SHOWN, "id": "wamid.b", "timestamp": "1770000060", "type": "text", "text": {"body": "yes?"}},
                {"from": MEI, "id": "wamid.c", "timestamp": "1770000090", "type": "hologram"},
            ],
        }
    ]
    found = heard(call("history", {"history": [{"metadata": {"phase": 0}, "threads": threads}]}))
    directions = [event.direction for event in found if isinstance(event, MessageReceived)]
    assert directions == [Direction.INCOMING, Direction.OUTGOING]
    assert [event.received_at for event in found if isinstance(event, MessageReceived)] == [None, None]
    assert [event.seen for event in found if isinstance(event, MessageReceived)] == [True, True]
    assert isinstance(found[-1], Unsupported)


def test_group_is_a_conversation_of_its_own() -> None:
    found = said(type="text", text={"body": "x"}, group_id="Y2FwaV9ncm91cA")
    assert (found.conversation, found.contact.address) == (f"{NUMBER}/Y2FwaV9ncm91cA", "Y2FwaV9ncm91cA")
    assert found.author == Person(f"+{MEI}", "芽衣")


def test_customer_without_a_number_is_known_by_the_id_that_is_ours() -> None:
    whole = {
        "from_user_id": "US.134",
        "id": "wamid.1",
        "timestamp": "1780000000",
        "type": "text",
        "text": {"body": "x"},
    }
    value = {"contacts": [{"profile": {"username": "mei"}, "user_id": "US.134"}], "messages": [whole]}
    found = one(call("messages", value))
    assert (found.conversation, found.contact) == (f"{NUMBER}/US.134", Person("US.134", "mei"))
    assert address("US.134") == "US.134"


def test_what_is_about_another_account_is_left_to_that_one() -> None:
    body = json.dumps(message(0, type="text", text={"body": "x"})).encode()
    assert len(events(body, NOW, BUSINESS)) == 1
    assert events(body, NOW, "another") == ()


def test_what_is_about_no_number_of_ours_has_a_place_all_the_same() -> None:
    body = json.dumps({"entry": [{"id": BUSINESS, "changes": [{"field": "account_update", "value": {"event": "x"}}]}]})
    (found,) = events(body.encode(), NOW, BUSINESS, f"+{SHOWN}")
    assert isinstance(found, Unsupported)
    assert (found.kind, found.inbox) == ("whatsapp.account_update", f"+{SHOWN}")


def test_one_odd_message_takes_no_other_with_it() -> None:
    good = {"from": MEI, "id": "wamid.2", "timestamp": "1780000000", "type": "text", "text": {"body": "x"}}
    found = heard(call("messages", {"messages": [{"type": "text"}, 7, good]}))
    assert [type(event) for event in found] == [Unsupported, Unsupported, MessageReceived]


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
KINDS = ("text", "image", "reaction", "edit", "revoke", "system", "interactive", "order", "location", "contacts", "x")
FIELDS = ("id", "from", "timestamp", "context", "text", "image", "reaction", "edit", "system", "interactive", "order")


@settings(max_examples=40)
@given(
    some.sampled_from(["messages", "calls", "history", "smb_message_echoes", "user_preferences", "account_update"]),
    some.sampled_from(["messages", "statuses", "calls", "history", "message_echoes", "contacts", "metadata"]),
    some.sampled_from(KINDS),
    some.dictionaries(some.sampled_from(FIELDS), JSON),
)
def test_any_call_becomes_events_or_is_kept_raw(field: str, name: str, kind: str, fields: dict[str, Any]) -> None:
    whole = {"id": "wamid.1", "from": MEI, "timestamp": "1780000000", "type": kind, **fields}
    assert heard(call(field, {name: [whole, *fields.values()]}))
    assert heard({"entry": [{"id": BUSINESS, "changes": list(fields.values()) or [{}]}]})


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"entry": 7}', b"\xff", b"[" * 5_000])
def test_call_that_is_nothing_is_kept_raw(body: bytes) -> None:
    (found,) = events(body, NOW)
    assert isinstance(found, Unsupported)
    assert found.raw == body
