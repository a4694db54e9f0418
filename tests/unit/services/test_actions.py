"""The table of actions."""

from __future__ import annotations

import re

import pytest

from omnitui.services.actions import ACTIONS, FOOTERS, READING, Scope, actions_of, printable
from omnitui.services.actions.page import keys_markdown
from omnitui.services.keys.keymap import default_keymap, key_fault


def test_ids_are_scope_and_verb() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", action_id) for action_id in ACTIONS)


def test_defaults_have_no_conflict_and_no_unknown_key() -> None:
    assert default_keymap().problems == ()
    assert [key for action in ACTIONS.values() for key in action.keys if key_fault(key)] == []


def test_no_default_uses_a_key_that_terminals_or_multiplexers_take() -> None:
    forbidden = {"ctrl+m", "ctrl+i", "ctrl+h", "ctrl+[", "ctrl+z", "ctrl+a", "ctrl+b", "ctrl+c"}
    used = {part for action in ACTIONS.values() for key in action.keys for part in key.split(" ")}
    assert not used & forbidden
    assert not [key for key in used if key.startswith("alt+")]


def test_printable_keys_are_dead_in_the_composer() -> None:
    composer = default_keymap().tables[Scope.COMPOSER]
    assert composer
    assert not [chord for chord in composer if printable(chord[0])]


@pytest.mark.parametrize("scope", READING)
def test_keys_reserved_for_the_triage_grammar_mean_nothing_else(scope: Scope) -> None:
    table = default_keymap().tables[scope]
    assert table["d", "d"] == "conversation.resolve"
    assert table["g", "l"] == "conversation.label"
    assert table["s", "z"] == "conversation.snooze"
    grammar = {".": "conversation.again", "q": "recording.begin", "@": "recording.replay"}
    assert {key: table[key,] for key in grammar} == grammar
    assert not [chord for chord in table if chord[0] in {"m", "'"}]
    assert not [chord for chord in table if chord[0].isdigit()]


def test_footers_name_at_most_six_actions_that_are_live_in_their_pane() -> None:
    for scope, names in FOOTERS.items():
        assert 0 < len(names) <= 6
        assert set(names) <= {action.id for action in actions_of(scope)}


def test_key_page_has_every_action() -> None:
    page = keys_markdown()
    assert [action_id for action_id in ACTIONS if f"`{action_id}`" not in page] == []
