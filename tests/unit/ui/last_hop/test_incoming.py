"""A paste is text and an answer of the terminal is nothing, however the input is cut."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from textual import events

from omnitui.ui.last_hop.incoming import ANSWER_SECONDS, BURST, Incoming
from omnitui.ui.last_hop.parser import KeyParser

STREAM = "ab\x1b[200~one\x1b]0;x\x07\r\ntwo\t3\x1b[A\x1b[201~cd\x1b[A"
ANSWERS = {
    "attributes": "\x1b[?64;1;2;6;9;15c",
    "attributes, second": "\x1b[>41;390;0c",
    "attributes, third": "\x1bP!|00000000\x1b\\",
    "mode": "\x1b[?2026;2$y",
    "cursor": "\x1b[12;40R",
    "cursor like F3": "\x1b[1;2R",
    "status": "\x1b[0n",
    "colours changed": "\x1b[?997;1n",
    "keyboard": "\x1b[?0u",
    "size": "\x1b[8;24;80t",
    "pixels": "\x1b[4;400;800t",
    "background": "\x1b]11;rgb:dddd/dddd/dddd\x1b\\",
    "background, bell": "\x1b]11;rgb:dddd/dddd/dddd\x07",
    "foreground": "\x1b]10;rgb:rrrr/dddd/jjjj\x1b\\",
    "palette": "\x1b]4;1;rgb:dd/dd/dd\x1b\\",
    "clipboard": "\x1b]52;c;ZGRkZA==\x07",
    "notification": "\x1b]99;i=1:p=?;dd\x1b\\",
    "version": "\x1bP>|XTerm(390)\x1b\\",
    "setting": "\x1bP1$r0m\x1b\\",
    "capability": "\x1bP1+r544e=787465726d\x1b\\",
    "graphics": "\x1b_Gi=31;OK\x1b\\",
    "mouse without 1006": "\x1b[Mdrd",
    "mouse of rxvt": "\x1b[32;100;100M",
    "unknown": "\x1b[25;3;9X",
}


class Terminal:
    """A stream of input with pauses in it, read to the keys that Textual makes of it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.incoming = Incoming(lambda: self.now)
        self.parser = KeyParser(binds="alt+x".__eq__)
        self.keys: list[str] = []
        self.pastes: list[str] = []

    def sends(self, *pieces: str, pause: float = 0.1) -> Terminal:
        for piece in pieces:
            self._take(self.incoming.split(piece))
            self.now += pause
            if self.incoming.waits and pause >= 0.1:
                self._take(self.incoming.give_up())
            if self.parser._timeout_time is not None and pause >= 0.1:
                self.parser._timeout_time = 0.0
                self._read(self.parser.tick())
        return self

    def _take(self, pieces: list[tuple[bool, str]]) -> None:
        for is_paste, text in pieces:
            if is_paste:
                self.pastes.append(text)
            else:
                self._read(self.parser.feed(text))

    def _read(self, messages: Iterable[object]) -> None:
        self.keys += [message.key for message in messages if isinstance(message, events.Key)]


@pytest.mark.parametrize("size", range(1, len(STREAM) + 1))
def test_a_paste_is_text_however_the_input_is_cut(size: int) -> None:
    incoming = Incoming()
    found = [piece for at in range(0, len(STREAM), size) for piece in incoming.split(STREAM[at : at + size])]
    found += incoming.give_up()
    assert [text for is_paste, text in found if is_paste] == ["one]0;x\ntwo\t3[A"]
    assert "".join(text for is_paste, text in found if not is_paste) == "abcd\x1b[A"


def test_an_escape_key_is_kept_back_until_given_up() -> None:
    incoming = Incoming()
    assert incoming.split("x\x1b") == [(False, "x")]
    assert incoming.waits
    assert incoming.give_up() == [(False, "\x1b")]
    assert not incoming.waits


def test_a_paste_without_end_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnitui.ui.last_hop.incoming.LIMIT", 10)
    incoming = Incoming()
    incoming.split("\x1b[200~" + "x" * 8)
    incoming.split("x" * 1000)
    assert incoming.split("y\x1b[201~") == [(True, "x" * 10)]


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_no_key_wherever_it_is_cut(name: str) -> None:
    answer = ANSWERS[name]
    assert Terminal().sends(f"j{answer}k").keys == ["j", "k"]
    for at in range(1, len(answer)):
        keys = Terminal().sends("j" + answer[:at], answer[at:] + "k").keys
        # Where a line is so slow that ESC stands alone, it is a key: nobody can know better.
        own = [key for key in keys if key not in ("escape", "alt+shift+p")]
        assert own == ["j", "k"], (answer[:at], answer[at:], keys)


def test_answers_byte_by_byte_are_no_keys() -> None:
    for name, answer in ANSWERS.items():
        assert Terminal().sends(*f"j{answer}k", pause=0.001).keys == ["j", "k"], name


def test_an_answer_that_never_ends_does_not_keep_the_keys() -> None:
    terminal = Terminal().sends("\x1b]11;rgb:dd")
    terminal.now += ANSWER_SECONDS
    assert terminal.sends("jk").keys == ["j", "k"]


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("\x1b[A", ["up"]),
        ("\x1bOP", ["f1"]),
        ("\x1b[15~", ["f5"]),
        ("\x1b[1;5C", ["ctrl+right"]),
        ("\x1b[115;5u", ["ctrl+s"]),
        ("\x1b[0;;12371:12435u", ["こ", "ん"]),
        # What only a program before this one can have asked kitty's protocol for: other codes of a key, its release.
        ("\x1b[97:65;2:1;65u\x1b[1089::99;5u\x1b[106;1:3uk", ["A", "ctrl+с", "k"]),
        ("\x1b[1;1:1B\x1b[1;1:3B\x1b[5;5:2~", ["down", "ctrl+pageup"]),
        ("\x1b[Z", ["shift+tab"]),
        ("\x1b[[A", ["f1"]),
        ("\x1bx", ["alt+x"]),
        ("\x1b", ["escape"]),
        ("日本é", ["日", "本", "é"]),
    ],
)
def test_keys_are_keys_at_once(typed: str, keys: list[str]) -> None:
    assert Terminal().sends(typed).keys == keys


def test_an_arrow_cut_by_a_slow_line_types_no_letter() -> None:
    assert Terminal().sends("\x1b", "[A", "j").keys == ["escape", "up", "j"]
    assert Terminal().sends("\x1b[", "A", "j").keys == ["up", "j"]
    assert Terminal().sends("\x1b", "A").keys == ["escape", "A"], "two keys that somebody typed"


def test_a_key_that_no_keyboard_has_is_nothing() -> None:
    assert Terminal().sends("\x1b[99999999999u\x1b[55296u\x1b[97;1;1114112uj").keys == ["j"]


@pytest.mark.parametrize("at", range(1, 12))
def test_the_mark_of_a_paste_is_known_though_a_slow_line_cuts_it(at: int) -> None:
    stream = "\x1b[200~dd\r\x13\x1b[201~j"
    terminal = Terminal().sends(stream[:at], stream[at:])
    assert terminal.pastes == ["dd\n"]
    assert [key for key in terminal.keys if key != "escape"] == ["j"]


def test_the_end_of_a_paste_that_was_pasted_with_it_ends_nothing() -> None:
    hostile = "\x1b[200~mine\x1b[201~dd\r\x13\x1b[115;5u\x1b[201~"
    for pieces in ([hostile], [hostile[:20], hostile[20:]], list(hostile)):
        terminal = Terminal().sends(*pieces, pause=0.001).sends("")
        assert terminal.keys == []
        assert "".join(terminal.pastes) == "minedd\n[115;5u"
        assert terminal.sends("j").keys == ["j"]


def test_a_key_that_follows_a_paste_is_a_key() -> None:
    assert Terminal().sends("\x1b[200~text\x1b[201~\x13").keys == ["ctrl+s"]


def test_a_burst_that_nobody_can_type_is_a_paste() -> None:
    text = "Dear customer,\r\rdd we have looked into it and \x13 will come back to you.\r" * 4
    assert len(text) > BURST
    terminal = Terminal().sends(text[:150], text[150:], pause=0.01)
    assert terminal.keys == []
    assert "".join(terminal.pastes) == text.replace("\r", "\n").replace("\x13", "")
    assert terminal.sends("", "j").keys == ["j"]


def test_a_key_held_down_on_a_line_that_hung_is_no_paste() -> None:
    assert Terminal().sends("j" * 400).keys == ["j"] * 400
    assert Terminal().sends("\x1b[B" * 400).keys == ["down"] * 400


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b\r", ["escape", "enter"]),
        ("\x1b\x13", ["escape", "ctrl+s"]),
        ("\x1b\x11j", ["escape", "ctrl+q", "j"]),
        ("\x1bj", ["escape", "j"]),
        ("\x1bG", ["escape", "G"]),
        ("\x1b:", ["escape", "colon"]),
        ("\x1bあ", ["escape", "あ"]),
        ("\x1bx", ["alt+x"]),
        ("\x1b\x7f", ["ctrl+w"]),
        ("\x1b\t", ["shift+tab"]),
        ("\x1b\x1b", ["escape", "escape"]),
    ],
)
def test_escape_is_not_lost_before_a_key_in_the_same_read(sent: str, keys: list[str]) -> None:
    assert Terminal().sends(sent).keys == keys
