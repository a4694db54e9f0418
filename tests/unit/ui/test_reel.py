"""The window on a history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from omnitui.clock import HOUR, MINUTE
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.text.widths import wrap
from omnitui.ui.timeline import blocks
from omnitui.ui.timeline.blocks import Setting
from omnitui.ui.timeline.reel import MAX_LOADED, Reel
from omnitui.ui.timeline.stretch import Stretch

NOW = 1_750_000_000_000
SETTING = Setting(60, NOW, UTC)


def a_message(number: int, text: str = "", **fields: object) -> Message:
    message = Message(
        id=f"{number:026d}",
        conversation_id="C",
        account_id="A",
        direction=Direction.INCOMING,
        kind=MessageKind.PUBLIC,
        state=None,
        author=f"Writer {number}",
        author_id=None,
        sent_at=NOW - HOUR + number * MINUTE,
        received_at=NOW - HOUR + number * MINUTE,
        text=text or f"text {number}",
    )
    return replace(message, **fields)  # type: ignore[arg-type]


def a_stretch(*messages: Message, **fields: object) -> Stretch:
    return Stretch(messages, **fields)  # type: ignore[arg-type]


def a_reel(count: int = 30, height: int = 12, **load: int) -> Reel:
    reel = Reel()
    reel.fit(SETTING, height)
    reel.load(a_stretch(*[a_message(number) for number in range(count)]), **load)
    return reel


def visible(reel: Reel) -> str:
    return "\n".join("".join(text for text, _ in line) for line, _ in reel.rows(True))


def test_begins_at_the_newest_message() -> None:
    reel = a_reel()
    assert "text 29" in visible(reel)
    assert reel.at_end
    assert reel.current_message is not None
    assert reel.current_message.text == "text 29"


def test_begins_at_the_first_unread_one_when_it_would_be_out_of_sight() -> None:
    reel = a_reel(unread=20)
    assert "text 10" in visible(reel)
    assert reel.current_message is not None
    assert reel.current_message.text == "text 10"


def test_short_history_stands_at_the_top() -> None:
    reel = a_reel(1, height=20)
    assert visible(reel).startswith("── ")
    assert reel.at_end


def test_scrolling_stops_at_both_ends() -> None:
    reel = a_reel()
    reel.scroll(-10_000)
    assert "text 0" in visible(reel)
    assert reel.current_message is not None
    assert reel.current_message.author in visible(reel)
    reel.scroll(10_000)
    assert "text 29" in visible(reel)


def test_older_messages_do_not_move_the_reader() -> None:
    reel = a_reel()
    reel.scroll(-10_000)
    reel.scroll(5)
    before = visible(reel).splitlines()[1:]
    current = reel.current_message
    reel.prepend(a_stretch(*[a_message(number, received_at=NOW - 2 * HOUR + number) for number in range(-20, 0)]))
    assert visible(reel).splitlines()[1:] == before
    assert reel.current_message == current


def test_new_message_does_not_move_the_reader() -> None:
    reel = a_reel()
    reel.scroll(-7)
    before = visible(reel)
    assert reel.renew(a_stretch(a_message(29), a_message(30))) == 1
    reel.fit(SETTING, 12, stick=False)
    assert visible(reel) == before
    assert not reel.at_end


def test_edited_message_is_drawn_anew() -> None:
    reel = a_reel()
    reel.renew(a_stretch(a_message(29, "better words", edited=True)))
    assert "better words" in visible(reel)
    assert "edited" in visible(reel)


def test_message_that_vanished_is_gone() -> None:
    reel = a_reel(3)
    reel.renew(a_stretch(a_message(1)))
    assert [message.text for message in reel.messages] == ["text 0", "text 1"]


def test_loading_is_bounded_both_ways() -> None:
    reel = a_reel(200)
    reel.scroll(-10_000)
    reel.prepend(a_stretch(*[a_message(n, received_at=NOW - 9 * HOUR + n) for n in range(-500, 0)]))
    assert len(reel.messages) == MAX_LOADED
    reel.scroll(1)
    assert reel.rows(False)


def test_current_message_is_marked_and_moves_by_messages() -> None:
    reel = a_reel()
    reel.go(-3)
    assert reel.current_message is not None
    assert reel.current_message.text == "text 26"
    assert "▌Writer 26" in visible(reel)


def test_width_change_keeps_the_message_at_the_top() -> None:
    reel = a_reel()
    reel.scroll(-20)
    before = reel.rows(False)[0][1]
    reel.fit(replace(SETTING, width=30), 12)
    assert reel.rows(False)[0][1] == before


def test_quotes_are_folded_until_they_are_asked_for() -> None:
    reel = Reel()
    reel.fit(SETTING, 20)
    reel.load(a_stretch(a_message(1, "answer", quoted="old words\nmore old words")))
    assert "old words" not in visible(reel)
    assert "2 quoted lines" in visible(reel)
    reel.fold()
    assert "│ old words" in visible(reel)


def test_note_says_that_it_is_one() -> None:
    reel = Reel()
    reel.fit(SETTING, 20)
    reel.load(a_stretch(a_message(1, "do not tell", kind=MessageKind.NOTE, direction=Direction.OUTGOING)))
    assert "NOTE, only agents see it" in visible(reel)


def test_held_reply_counts_down_and_failed_one_gives_its_reason() -> None:
    reel = Reel()
    reel.fit(SETTING, 20)
    reel.due = {"OP": NOW + 6_000}
    held = a_message(1, "soon", direction=Direction.OUTGOING, state=SendState.HELD, op_id="OP")
    failed = a_message(2, "never", direction=Direction.OUTGOING, state=SendState.FAILED, reason="550 no such user")
    reel.load(a_stretch(held, failed))
    assert "held, leaves in 6 s" in visible(reel)
    assert "! failed" in visible(reel)
    assert "550 no such user" in visible(reel)


def test_hostile_text_is_harmless_and_its_badge_is_shown() -> None:
    reel = Reel()
    reel.fit(SETTING, 20)
    reel.load(a_stretch(a_message(1, "a\x1b[31mb [@click=app.quit]c[/]", author="E\x1b]0;x\x07ve")))
    assert "\x1b" not in visible(reel)
    assert "[@click=app.quit]" in visible(reel)
    assert "control characters are shown as signs" in visible(reel)


def test_badge_is_shown_whatever_surrounds_the_text() -> None:
    reel = Reel()
    reel.fit(SETTING, 20)
    reel.load(a_stretch(a_message(1, "\n\nsee \u202egnp.exe\n")))
    assert "direction controls were taken out" in visible(reel)


def test_what_counts_down_is_not_wrapped_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped: list[str] = []

    def counted(text: str, cells: int) -> list[str]:
        wrapped.append(text)
        return wrap(text, cells)

    monkeypatch.setattr(blocks, "wrap_prose", counted)
    reel = Reel()
    reel.due = {"OP": NOW + 8_000}
    held = a_message(1, "a long text " * 9_000, direction=Direction.OUTGOING, state=SendState.HELD, op_id="OP")
    reel.load(a_stretch(held))
    for second in range(5):
        reel.fit(replace(SETTING, now=NOW + second * 1_000), 20)
        reel.to_start()
        assert f"leaves in {8 - second} s" in visible(reel)
    assert len(wrapped) == 1


def test_japanese_is_wrapped_by_cells() -> None:
    reel = Reel()
    reel.fit(replace(SETTING, width=20), 20)
    reel.load(a_stretch(a_message(1, "返金をお願いします。商品が届きません。")))
    from omnitui.text.widths import cell_width

    assert all(cell_width(line) <= 20 for line in visible(reel).splitlines())
