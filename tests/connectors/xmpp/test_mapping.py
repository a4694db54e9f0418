"""What messages of XMPP become."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_xmpp.mapping import UNREADABLE, events, in_archive

from omnitui.sdk import (
    Direction,
    MessageDeleted,
    MessageReceived,
    Reacted,
    Receipt,
    SendState,
    Typing,
    Unsupported,
)

US = "desk@tea.example"
MEI = "mei@home.example"


def stanza(inside: str, **attributes: str) -> Element:
    named = {"from": f"{MEI}/phone", "to": US, "id": "message-1", "type": "chat", **attributes}
    given = " ".join(f'{name.rstrip("_")}="{value}"' for name, value in named.items())
    return fromstring(f'<message xmlns="jabber:client" {given}>{inside}</message>')


def heard(inside: str, **attributes: str) -> Any:
    found = events(stanza(inside, **attributes), us=US, names={MEI: "芽衣"}, at=5_000, archived="a1")
    return found[0] if len(found) == 1 else found


def test_message_is_of_the_person_whichever_program_they_use() -> None:
    found = heard("<body>返品したいです</body>")
    assert isinstance(found, MessageReceived)
    assert (found.conversation, found.contact.name, found.external_id, found.text) == (
        MEI,
        "芽衣",
        f"{MEI}/message-1",
        "返品したいです",
    )


def test_message_without_an_id_has_the_archives() -> None:
    found = heard("<body>x</body>", id="")
    assert found.external_id == f"{MEI}/a1"


def test_messages_that_their_writer_calls_the_same_are_several() -> None:
    assert heard("<body>x</body>", id="1").external_id == f"{MEI}/a1"


def test_what_we_said_elsewhere_goes_out_and_brings_its_key() -> None:
    found = heard('<body>x</body><origin-id xmlns="urn:xmpp:sid:0" id="k1"/>', **{"from": f"{US}/web", "to": MEI})
    assert (found.direction, found.conversation, found.idempotency_key) == (Direction.OUTGOING, MEI, "k1")


def test_key_of_a_strangers_message_is_not_ours() -> None:
    assert heard('<body>x</body><origin-id xmlns="urn:xmpp:sid:0" id="k1"/>').idempotency_key == ""


def test_correction_is_a_later_revision_of_the_writers_own_message() -> None:
    found = heard('<body>y</body><replace xmlns="urn:xmpp:message-correct:0" id="message-0"/>', id="message-2")
    assert (found.external_id, found.revision) == (f"{MEI}/message-0", 5_000)


@pytest.mark.parametrize(
    "inside",
    [
        '<retract xmlns="urn:xmpp:message-retract:1" id="message-0"/><body>took it back</body>',
        '<apply-to xmlns="urn:xmpp:fasten:0" id="message-0"><retract xmlns="urn:xmpp:message-retract:0"/></apply-to>',
    ],
)
def test_retraction_takes_the_writers_own_message_back(inside: str) -> None:
    assert heard(inside) == MessageDeleted(f"{MEI}/message-0", 5_000)


def test_file_beside_its_address_has_no_other_words() -> None:
    address = "https://files.example/abc/%E8%8C%B6.png"
    found = heard(f'<body>{address}</body><x xmlns="jabber:x:oob"><url>{address}</url></x>')
    (file,) = found.files
    assert (found.text, file.name, file.media_type, file.remote) == ("", "茶.png", "image/png", {"url": address})


def test_encrypted_message_says_that_it_cannot_be_read() -> None:
    found = heard('<encrypted xmlns="eu.siacs.conversations.axolotl"/><body>I sent you an OMEMO message</body>')
    assert found.text == UNREADABLE


def test_receipts_and_marks_are_of_our_message() -> None:
    assert heard('<received xmlns="urn:xmpp:receipts" id="k1"/>') == Receipt(SendState.DELIVERED, 5_000, f"{US}/k1")
    assert heard('<displayed xmlns="urn:xmpp:chat-markers:0" id="k1"/>') == Receipt(SendState.READ, 5_000, f"{US}/k1")


def test_error_fails_our_message_in_its_own_words() -> None:
    inside = (
        '<error type="cancel"><remote-server-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>'
        '<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">No route</text></error>'
    )
    found = heard(inside, type="error", id="k1")
    assert found == Receipt(SendState.FAILED, 5_000, f"{US}/k1", reason="No route (remote-server-not-found)")


def test_who_writes_is_shown_for_a_while() -> None:
    assert heard('<composing xmlns="http://jabber.org/protocol/chatstates"/>') == Typing(MEI, 35_000)


def test_reactions_take_the_place_of_those_before() -> None:
    found = heard('<reactions xmlns="urn:xmpp:reactions:0" id="k1"><reaction>👍</reaction></reactions>')
    assert [(one.external_id, one.emoji, one.withdrawn) for one in found if isinstance(one, Reacted)] == [
        (f"{US}/k1", "", True),
        (f"{US}/k1", "👍", False),
    ]


def test_answer_names_what_it_answers() -> None:
    assert heard(f'<body>x</body><reply xmlns="urn:xmpp:reply:0" to="{US}/web" id="k1"/>').answers == f"{US}/k1"


@pytest.mark.parametrize("kind", ["groupchat", "headline"])
def test_rooms_and_headlines_are_kept_raw(kind: str) -> None:
    assert isinstance(heard("<body>x</body>", type=kind), Unsupported)


def test_only_our_own_server_says_what_lies_in_our_archive() -> None:
    given = '<stanza-id xmlns="urn:xmpp:sid:0" by="evil.example" id="1"/>'
    assert in_archive(stanza(given), US) == ""
    assert in_archive(stanza(given + f'<stanza-id xmlns="urn:xmpp:sid:0" by="{US}" id="2"/>'), US) == "2"


PARTS = some.sampled_from(
    [
        "<body/>",
        "<body>x</body>",
        '<x xmlns="jabber:x:oob"><url>http://[</url></x>',
        '<x xmlns="jabber:x:oob"/>',
        '<replace xmlns="urn:xmpp:message-correct:0"/>',
        '<retract xmlns="urn:xmpp:message-retract:1"/>',
        '<reactions xmlns="urn:xmpp:reactions:0"><reaction/></reactions>',
        '<received xmlns="urn:xmpp:receipts"/>',
        "<error/>",
        '<reply xmlns="urn:xmpp:reply:0"/>',
    ]
)


@given(some.lists(PARTS, max_size=6), some.sampled_from(["chat", "normal", "error", "groupchat", "?"]), some.booleans())
def test_no_message_raises(parts: list[str], kind: str, ours: bool) -> None:
    try:
        message = stanza("".join(parts), type=kind, id="", **({"from": US, "to": ""} if ours else {}))
    except ParseError:
        return
    assert isinstance(events(message, us=US, names={}, at=1), tuple)
