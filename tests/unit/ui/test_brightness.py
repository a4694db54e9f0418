"""How bright a terminal says its background is."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.ui import brightness
from omnitui.ui.last_hop.guard import guarded
from omnitui.ui.last_hop.incoming import Incoming


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
    assert brightness.is_dark(answer) is dark


def test_question_passes_the_guard() -> None:
    assert guarded(brightness.QUESTION) == brightness.QUESTION


def test_answer_is_kept_aside_however_it_is_cut_and_is_no_key() -> None:
    answer = "\x1b]11;rgb:dddd/dddd/dddd\x1b\\"
    for at in range(2, len(answer)):
        incoming = Incoming()
        keys = [*incoming.split("j" + answer[:at]), *incoming.split(answer[at:] + "k")]
        assert "".join(text for _paste, text in keys) == "jk"
        assert incoming.answer == answer


def test_brightness_is_remembered_for_the_next_start(tmp_path: Path) -> None:
    assert brightness.remembered(tmp_path) is None
    for dark in (True, False):
        brightness.remember(tmp_path, dark)
        assert brightness.remembered(tmp_path) is dark
