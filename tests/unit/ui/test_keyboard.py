"""Chords, counts and what is no key of ours."""

from __future__ import annotations

from omnitui.services.actions import Scope
from omnitui.services.keymap import build
from omnitui.ui.keyboard import Keyboard, spelled


def keyboard() -> Keyboard:
    return Keyboard(build({}))


def test_single_key_is_its_action() -> None:
    press = keyboard().press(Scope.LIST, "j")
    assert (press.taken, press.action_id, press.count) == (True, "list.down", 1)


def test_chord_waits_for_its_second_key() -> None:
    keys = keyboard()
    assert keys.press(Scope.LIST, "d").action_id == ""
    assert keys.begun == "d"
    assert ("d", "conversation.resolve") in keys.continuations()
    assert keys.press(Scope.LIST, "d").action_id == "conversation.resolve"
    assert keys.begun == ""


def test_escape_drops_a_chord_and_does_nothing_else() -> None:
    keys = keyboard()
    keys.press(Scope.LIST, "g")
    press = keys.press(Scope.LIST, "escape")
    assert press.taken
    assert press.action_id == ""
    assert keys.press(Scope.LIST, "escape").action_id == "pane.back"


def test_wrong_second_key_is_swallowed() -> None:
    keys = keyboard()
    keys.press(Scope.LIST, "d")
    press = keys.press(Scope.LIST, "j")
    assert press.taken
    assert press.action_id == ""
    assert keys.press(Scope.LIST, "j").action_id == "list.down"


def test_count_is_given_to_the_action() -> None:
    keys = keyboard()
    for digit in "10":
        assert keys.press(Scope.LIST, digit).taken
    press = keys.press(Scope.LIST, "j")
    assert (press.action_id, press.count, press.counted) == ("list.down", 10, True)


def test_chord_does_not_outlive_a_change_of_pane() -> None:
    keys = keyboard()
    keys.press(Scope.LIST, "d")
    assert keys.press(Scope.HISTORY, "d").action_id == ""


def test_digits_and_letters_in_the_composer_are_text() -> None:
    keys = keyboard()
    assert not keys.press(Scope.COMPOSER, "5").taken
    assert not keys.press(Scope.COMPOSER, "j").taken
    assert keys.press(Scope.COMPOSER, "ctrl+s").action_id == "composer.send"


def test_keys_are_spelled_as_people_write_them() -> None:
    assert spelled("question_mark", "?") == "?"
    assert spelled("upper_g", "G") == "G"
    assert spelled("space", " ") == "space"
    assert spelled("ctrl+d", None) == "ctrl+d"
    assert spelled("enter", "\r") == "enter"
