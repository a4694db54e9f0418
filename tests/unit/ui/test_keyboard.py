"""Chords, counts and what is no key of ours."""

from __future__ import annotations

import pytest

from omnitui.services.actions import Scope
from omnitui.services.keys.keymap import build
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
    press = keys.press(Scope.LIST, "y")
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


@pytest.mark.parametrize(
    ("typed", "action", "motion", "count"),
    [
        ("d3j", "conversation.resolve", "list.down", 3),
        ("dk", "conversation.resolve", "list.up", 1),
        ("2d3j", "conversation.resolve", "list.down", 6),
        ("d10j", "conversation.resolve", "list.down", 10),
        ("dG", "conversation.resolve", "list.bottom", 1),
        ("dgg", "conversation.resolve", "list.top", 1),
        ("d3d", "conversation.resolve", "", 3),
        ("3dd", "conversation.resolve", "", 3),
        ("dd", "conversation.resolve", "", 1),
        ("dc", "conversation.close", "", 1),
        ("3.", "conversation.again", "", 3),
    ],
)
def test_sentence_of_triage_says_how_far_an_act_reaches(typed: str, action: str, motion: str, count: int) -> None:
    keys = keyboard()
    for key in typed[:-1]:
        assert keys.press(Scope.LIST, key).action_id == ""
    assert keys.begun == typed[:-1]
    press = keys.press(Scope.LIST, typed[-1])
    assert (press.action_id, press.motion, press.count) == (action, motion, count)
    assert keys.begun == ""


@pytest.mark.parametrize("typed", ["d3x", "dgi", "d3\x1b"])
def test_sentence_that_makes_no_sense_does_nothing(typed: str) -> None:
    keys = keyboard()
    presses = [keys.press(Scope.LIST, "escape" if key == "\x1b" else key) for key in typed]
    assert all(press.taken and press.action_id == "" for press in presses[:3])
    keys.forget()
    assert keys.press(Scope.LIST, "j").action_id == "list.down"


def test_motion_means_nothing_where_there_are_no_rows() -> None:
    keys = keyboard()
    keys.press(Scope.HISTORY, "d")
    assert keys.press(Scope.HISTORY, "j").action_id == ""


def test_begun_operator_shows_the_motions_that_may_follow() -> None:
    keys = keyboard()
    keys.press(Scope.LIST, "d")
    assert ("j", "list.down") in keys.continuations()
    keys.press(Scope.LIST, "3")
    assert ("G", "list.bottom") in keys.continuations()
    assert ("d", "conversation.resolve") not in keys.continuations()


def test_register_is_the_letter_after_the_key() -> None:
    keys = keyboard()
    assert keys.press(Scope.LIST, "@").action_id == ""
    press = keys.press(Scope.LIST, "a")
    assert (press.action_id, press.letter) == ("recording.replay", "a")
    assert (keys.press(Scope.LIST, "q").action_id, keys.press(Scope.LIST, "escape").taken) == ("", True)
    assert keys.press(Scope.LIST, "j").action_id == "list.down"


def test_recording_is_ended_by_its_key_alone() -> None:
    keys = keyboard()
    keys.recording = True
    assert keys.press(Scope.LIST, "q").action_id == "recording.begin"


def test_forgiven_key_means_nothing_once_and_only_if_it_is_the_next() -> None:
    keys = keyboard()
    keys.forgive("enter")
    assert keys.press(Scope.LIST, "enter").action_id == ""
    assert keys.press(Scope.LIST, "enter").action_id == "list.open"
    keys.forgive("enter")
    keys.press(Scope.LIST, "j")
    assert keys.press(Scope.LIST, "enter").action_id == "list.open"
