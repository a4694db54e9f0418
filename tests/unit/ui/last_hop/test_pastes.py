"""A paste is text, however the input is cut."""

from __future__ import annotations

import pytest

from omnitui.ui.last_hop.pastes import Pastes

STREAM = "ab\x1b[200~one\x1b]0;x\x07\r\ntwo\t3\x1b[A\x1b[201~cd\x1b[A"


@pytest.mark.parametrize("size", range(1, len(STREAM) + 1))
def test_a_paste_is_text_however_the_input_is_cut(size: int) -> None:
    pastes = Pastes()
    found = [piece for at in range(0, len(STREAM), size) for piece in pastes.split(STREAM[at : at + size])]
    found.append((False, pastes.give_up()))
    assert [text for is_paste, text in found if is_paste] == ["one]0;x\ntwo\t3[A"]
    assert "".join(text for is_paste, text in found if not is_paste) == "abcd\x1b[A"


def test_an_escape_key_is_kept_back_until_given_up() -> None:
    pastes = Pastes()
    assert pastes.split("x\x1b") == [(False, "x")]
    assert pastes.waits
    assert pastes.give_up() == "\x1b"
    assert not pastes.waits


def test_a_paste_without_end_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnitui.ui.last_hop.pastes.LIMIT", 10)
    pastes = Pastes()
    pastes.split("\x1b[200~" + "x" * 8)
    pastes.split("x" * 1000)
    assert pastes.split("y\x1b[201~") == [(True, "x" * 10)]
