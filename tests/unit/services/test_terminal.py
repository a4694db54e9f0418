"""What a terminal says of itself: read, kept from the keys, and asked for within a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from omnitui.services import terminal
from omnitui.services.terminal import Told, taken_in
from omnitui.ui.last_hop.guard import guarded
from omnitui.ui.last_hop.incoming import Incoming
from tests.support.terminal import Terminal

ANSWERS = (
    "\x1bP>|kitty(0.26.5)\x1b\\",
    "\x1b]10;rgb:dddd/dddd/dddd\x07",
    "\x1b]11;rgb:0000/2b2b/3636\x1b\\",
    "\x1b]4;8;rgb:00/2b/36\x1b\\",
    "\x1b[?62;4c",
)
DOCTOR = "from omnitui.services import terminal; print(terminal.ask(seconds=20))"


@pytest.mark.parametrize(
    ("answer", "dark"),
    [
        ("\x1b]11;rgb:0000/0000/0000\x1b\\", True),
        ("\x1b]11;rgb:ffff/ffff/ffff\x07", False),
        ("\x1b]11;rgb:fd/f6/e3\x07", False),
        ("\x1b]11;rgba:0000/2b2b/3636/ffff\x1b\\", True),
        ("\x1b]11;rgb:0000/ffff/0000\x07", False),
        ("\x1b]11;rgb:zz/zz/zz\x07", None),
        ("\x1b]11;?\x07", None),
        ("", None),
    ],
)
def test_answer_is_read_as_dark_or_light(answer: str, dark: bool | None) -> None:
    assert taken_in(Told(), answer).dark is dark


def test_questions_pass_the_guard() -> None:
    assert guarded(terminal.QUESTIONS) == terminal.QUESTIONS


def test_answers_are_kept_aside_however_they_are_cut_and_are_no_keys() -> None:
    whole = "".join(ANSWERS)
    told = Told()
    for answer in terminal.answers(whole):
        told = taken_in(told, answer)
    assert (told.name, told.dark, told.complete, told.hides_quiet) == ("kitty(0.26.5)", True, True, True)
    assert told.background is not None
    assert terminal.written(told.background) == "#002b36"
    for at in range(2, len(whole)):
        incoming = Incoming()
        keys = [*incoming.split("j" + whole[:at])]
        if not incoming.waits:
            keys += incoming.split(whole[at:] + "k")
            assert "".join(text for _paste, text in keys) == "jk"
            assert incoming.answers == list(ANSWERS)


@pytest.mark.parametrize(
    ("environ", "may"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "tmux-256color"}, True),
        ({"TERM": "linux"}, False),
        ({"TERM": "vt220"}, False),
        ({}, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
    ],
)
def test_terminal_that_draws_questions_is_not_asked(environ: dict[str, str], may: bool) -> None:
    assert terminal.asks(environ) is may


def test_terminal_is_asked_and_left_as_it_was() -> None:
    source = f"import termios; a = termios.tcgetattr(0); {DOCTOR}; print(a == termios.tcgetattr(0))"
    with Terminal.python(source, columns=200) as screen:
        screen.wait_end()
        assert "complete=True" in screen.screen()
        assert "background=(" in screen.screen()
        assert screen.screen().split()[-1] == "True"


def test_pipe_is_asked_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    assert terminal.ask(reading, writing) == Told()
    os.close(writing)
    assert os.read(reading, 10) == b""
    os.close(reading)


def test_brightness_is_remembered_for_the_next_start(tmp_path: Path) -> None:
    assert terminal.remembered(tmp_path) is None
    for dark in (False, True):
        terminal.remember(tmp_path, dark)
        assert terminal.remembered(tmp_path) is dark
    (tmp_path / "background").write_bytes(b"\xff\xfe")
    assert terminal.remembered(tmp_path) is None
