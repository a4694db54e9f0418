"""Messages, seams and the card as lines: whatever the words, no line is wider than its pane."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR
from omnitui.model.card import Card, LinkedContact, Rating, Suggestion
from omnitui.model.conversations import Attachment, Conversation, Message
from omnitui.model.deeds import Answered, Deed
from omnitui.model.people import Contact, Identity, Link, Organization
from omnitui.model.states import Direction, MessageKind, Priority, SendState, Status, Verb
from omnitui.ui.look.roles import Line, line_width
from omnitui.ui.panels import Act, Entry, Sight, entries, local_time
from omnitui.ui.timeline.blocks import Setting, block, shown_hits
from omnitui.ui.timeline.seams import border_line, day_line, deed_lines

NOW = 1_750_000_000_000
SETTING = Setting(60, NOW, UTC)
WORDS = st.text(st.sampled_from("ab 返金\u202e\x1b🍵é[]\nwordy\t"), max_size=80)


def a_message(**fields: object) -> Message:
    message = Message(
        "M", "C", "A", Direction.INCOMING, MessageKind.PUBLIC, None, "Ann", "P", NOW - HOUR, NOW - HOUR, "Hello"
    )
    return replace(message, **fields)  # type: ignore[arg-type]


def a_place(**fields: object) -> Conversation:
    place = Conversation("C", "A", "I", "P", "email", "Invoice", Status.OPEN, Priority.NORMAL, "Ann", "Shop")
    return replace(place, **fields)  # type: ignore[arg-type]


def a_deed(verb: Verb | None, before: dict[str, object], after: dict[str, object], **fields: object) -> Deed:
    return replace(Deed("O", "C", NOW - HOUR, "Aya", verb, before, after), **fields)  # type: ignore[arg-type]


def a_card(words: str = "Ann") -> Card:
    contact = Contact("P", words, "F", words, "ja", "Asia/Tokyo", words, {words or "x": words, "Plan": "gold"})
    identity = Identity("I", "P", "line", words or "U", words, verified=True)
    other = Contact("Q", words)
    link = LinkedContact(Link("L", "P", "Q", words, "G", NOW), other, (identity,))
    return Card(
        contact,
        Organization("F", words or "Firm"),
        (identity,),
        "I",
        (link,),
        (a_place(id="D", subject=words),),
        3,
        9,
        NOW - DAY,
        NOW,
        (Rating("C", 4, NOW),),
        words,
        (Suggestion(other, words),),
    )


def said(lines: list[Line]) -> str:
    return "\n".join("".join(text for text, _role in line) for line in lines)


@settings(max_examples=60, deadline=None)
@given(WORDS, st.integers(20, 120), st.sampled_from(MessageKind), st.sampled_from([None, *SendState]))
def test_no_line_of_a_message_is_wider_than_its_pane(
    words: str, width: int, kind: MessageKind, state: SendState | None
) -> None:
    files = tuple(Attachment(str(n), "M", words, words, 10**n) for n in range(4))
    direction = Direction.INCOMING if state is None else Direction.OUTGOING
    message = a_message(
        kind=kind, state=state, direction=direction, author=words, text=words, quoted=words, reason=words,
        attachments=files, html=True, edited=True, auto=True, sent_at=1,
    )  # fmt: skip
    answered = Answered("N", "C", words, words)
    for unfolded in (False, True):
        setting = Setting(width, NOW, UTC, unfolded, NOW + 5_000, "whatsapp", answered, ("a", "返"))
        assert [line for line in block(message, setting) if line_width(line) > width] == []


@settings(max_examples=60, deadline=None)
@given(WORDS, st.integers(20, 120))
def test_no_seam_and_no_entry_of_the_card_is_wider_than_its_pane(words: str, width: int) -> None:
    setting = replace(SETTING, width=width)
    deeds = [
        a_deed(Verb.STATUS, {"status": "open"}, {"status": "resolved"}, reason=words, author=words),
        a_deed(Verb.LABEL, {"labels": []}, {"labels": [words]}),
        a_deed(Verb.ASSIGN, {}, {"assignee_id": words}),
        a_deed(None, {}, {"score": 4, "comment": words}),
    ]
    lines = [*deed_lines(deeds, 0, False, setting), *deed_lines(deeds, 2, True, setting), day_line(NOW, setting)]
    lines.append(border_line(a_place(subject=words, channel=words), setting))
    lines += [entry.line for entry in entries(Sight(a_card(words), None, width, NOW, UTC))]
    assert [line for line in lines if line_width(line) > width] == []


def test_note_is_one_on_every_line_without_any_colour() -> None:
    lines = block(a_message(kind=MessageKind.NOTE, text="one\ntwo"), SETTING)
    assert all("▒" in "".join(text for text, _role in line) for line in lines)
    assert len(lines) == 3


def test_files_are_numbered_chips() -> None:
    files = (
        Attachment("1", "M", "invoice.pdf", "application/pdf", 34_000, "aa"),
        Attachment("2", "M", "logo.png", "image/png", 900, "", inline=True),
        Attachment("3", "M", "photo.png", "image/png", 1_200),
        # Many a back end does not say how large a file is.
        Attachment("4", "M", "voice.ogg", "audio/ogg", 0),
    )
    lines = said(block(a_message(attachments=files), SETTING))
    assert "[1 invoice.pdf 34 KB] [2 photo.png 1 KB not fetched yet]" in lines
    assert "[3 voice.ogg not fetched yet]" in lines
    _text, runs_on = block(a_message(attachments=files), SETTING)[-1][-1]
    assert runs_on == "muted"


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (a_deed(Verb.STATUS, {"status": "open"}, {"status": "resolved"}, reason="paid"), "open → resolved (paid)"),
        (a_deed(Verb.LABEL, {"labels": ["a", "b"]}, {"labels": ["b", "c"]}), "labels +#c -#a"),
        (a_deed(Verb.LABEL, {}, {"labels": ["c"]}, reason="rule vip: a message came"), "labels +#c · Aya"),
        (a_deed(Verb.ASSIGN, {}, {"assignee_id": "Aya"}, reason="rule vip: it came; by turn"), "to Aya (by turn) ·"),
        (a_deed(Verb.ASSIGN, {"assignee_id": ""}, {"assignee_id": "Aya"}), "assigned to Aya"),
        (a_deed(Verb.ASSIGN, {"assignee_id": "Aya"}, {"assignee_id": ""}), "assigned to nobody"),
        (a_deed(Verb.PRIORITY, {}, {"priority": "urgent"}), "priority urgent"),
        (a_deed(Verb.SNOOZE, {}, {"status": "snoozed", "snoozed_until": NOW + HOUR}), "snoozed until"),
        (a_deed(None, {}, {"score": 4, "comment": "fine"}, author=""), "rated 4 of 5: fine"),
    ],
)
def test_change_is_said_in_words_with_who_and_when(deed: Deed, words: str) -> None:
    line = said(deed_lines([deed], 0, False, SETTING))
    assert words in line
    assert (" · Aya · " in line) == bool(deed.author)


def test_folded_changes_are_counted_with_the_back_ends_own() -> None:
    deeds = [a_deed(Verb.PRIORITY, {}, {"priority": "low"})]
    assert "3 changes" in said(deed_lines(deeds, 2, True, SETTING))
    assert deed_lines([], 0, True, SETTING) == []


def test_hits_are_pieces_of_their_own_and_nothing_is_lost() -> None:
    pieces = shown_hits("Refund, refund: 返金 now", ("refund", "返金"), "text")
    assert [text for text, role in pieces if role == "found"] == ["Refund", "refund", "返金"]
    assert "".join(text for text, _role in pieces) == "Refund, refund: 返金 now"
    assert shown_hits("nothing", (), "text") == [("nothing", "text")]


def entry_of(found: list[Entry], text: str) -> Entry:
    return next(one for one in found if text in "".join(part for part, _role in one.line))


def test_every_value_of_the_card_can_be_copied_and_says_what_enter_does() -> None:
    card = a_card("Ann Lee")
    found = entries(Sight(card, None, 60, NOW, UTC))
    assert entry_of(found, "Segment") == replace(
        entry_of(found, "Segment"), value="Ann Lee", act=Act.EDIT, target="segment"
    )
    assert entry_of(found, "(Asia/Tokyo)").value == "Asia/Tokyo"
    assert entry_of(found, "preferred").act is Act.PREFER
    assert entry_of(found, "Plan").target == "fields.Plan"
    opened = [one.target for one in found if one.act is Act.OPEN]
    assert opened == ["D", "C"]
    assert [one.target for one in found if one.act is Act.LINK] == ["Q"]
    shown = entries(Sight(card, a_place(id="D"), 60, NOW, UTC))
    assert [one.target for one in shown if one.act is Act.OPEN] == ["C"]


def test_local_time_of_a_zone_that_nobody_knows_is_its_name() -> None:
    assert local_time("", NOW, UTC) == ""
    assert local_time("Mars/Base", NOW, UTC) == "Mars/Base"
    assert local_time("Asia/Tokyo", 0, UTC) == "09:00 (Asia/Tokyo)"
    assert local_time("Pacific/Honolulu", 0, UTC) == "Wed 14:00 (Pacific/Honolulu)"


def test_message_to_more_than_one_says_how_many_and_unfolded_who() -> None:
    message = a_message(to=("support@example.com", "bob@example.com"), cc=("佐藤 <sato@example.jp>",))
    folded = said(block(message, SETTING)).split("\n")
    assert folded[0].startswith(" Ann +2 · ")
    assert not any("bob@" in line for line in folded)
    shown = said(block(message, replace(SETTING, unfolded=True))).split("\n")
    assert [line.strip() for line in shown[1:3]] == [
        "To: support@example.com, bob@example.com",
        "Cc: 佐藤 <sato@example.jp>",
    ]
    narrow = block(message, replace(SETTING, unfolded=True, width=24))
    assert all(line_width(line) <= 24 for line in narrow)


def test_message_to_the_usual_one_says_nothing_of_it() -> None:
    assert "+" not in said(block(a_message(to=("support@example.com",)), SETTING)[:1])
