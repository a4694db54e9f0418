"""Only our own sequences leave for the terminal."""

from __future__ import annotations

import pytest

from omnitui.ui.last_hop.guard import guarded, title


@pytest.mark.parametrize(
    "own",
    [
        "\x1b[?1049h",
        "\x1b[?2026$p",
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[6n",
        "\x1b]22;pointer\x07",
        "\x1b]52;c;aGk=\x07",
        "\x07",
    ],
)
def test_our_own_sequences_pass(own: str) -> None:
    assert guarded(own) == own


@pytest.mark.parametrize(
    "foreign",
    [
        "\x1b]52;c;?\x07",
        "\x1b]8;;http://evil\x07",
        "\x1bP$qm\x1b\\",
        "\x9b2J",
        "\x1bc",
        "\x1b[?47h",
        "\x1b[21t",
        "\x1b]0;a\x1b[2Jb\x07",
        "\x1b_G\x1b\\",
    ],
)
def test_other_sequences_lose_their_controls(foreign: str) -> None:
    passed = guarded(f"a{foreign}b")
    assert passed.startswith("a")
    assert passed.endswith("b")
    assert not any(
        control in passed for control in ("\x1b]", "\x1bP", "\x1bc", "\x1b_", "\x9b", "\x1b[?47", "\x1b[21t")
    )


def test_a_title_is_disarmed() -> None:
    assert title("re\x1b]52;c;x\x07fund\n\u202e") == "\x1b]2;re]52;c;xfund \x07"
    assert guarded("\x1b]2;a\u202eb\x07") == "\x1b]2;ab\x07"
