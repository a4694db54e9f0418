"""Presets: whole sets of keys, complete and without conflicts, with keys.toml on top."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.errors import ConfigError
from omnitui.services.actions import ACTIONS, READING, Scope, printable
from omnitui.services.keys import presets
from omnitui.services.keys.keymap import build, default_keymap, key_fault, read_keymap

ALL = pytest.mark.parametrize("name", presets.NAMES)


@ALL
def test_preset_has_no_conflict_and_no_unknown_key(name: str) -> None:
    keymap = default_keymap(name)
    assert keymap.problems == ()
    assert keymap.preset == name
    assert [key for keys in keymap.keys.values() for key in keys if key_fault(key)] == []


@ALL
def test_preset_has_a_live_key_for_every_action_that_has_one_in_the_table(name: str) -> None:
    keymap = default_keymap(name)
    for action in ACTIONS.values():
        if action.keys:
            scopes = READING if action.scope in (Scope.APP, Scope.DESK) else (action.scope,)
            for scope in scopes:
                assert action.id in keymap.tables[scope].values(), (action.id, scope)


@ALL
def test_preset_names_only_actions_that_there_are(name: str) -> None:
    assert set(presets._named(name)) <= set(ACTIONS)


@ALL
def test_preset_keeps_off_keys_that_are_other_keys_or_belong_to_multiplexers(name: str) -> None:
    keys = [key for held in default_keymap(name).keys.values() for key in held]
    assert not [key for key in keys if key.split(" ")[0] in {"ctrl+a", "ctrl+z", "ctrl+m", "ctrl+i", "ctrl+h"}]


def test_no_action_that_the_plain_preset_names_is_on_a_letter_alone() -> None:
    named = presets._named("plain")
    assert named
    assert [key for keys in named.values() for key in keys if printable(key) and key != "space"] == []


def test_file_of_the_user_chooses_a_preset_and_changes_it(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('preset = "emacs"\n[list]\ndown = ["ctrl+n", "down", "J"]\n', "utf-8")
    keymap = read_keymap(file, "plain")
    assert keymap.problems == ()
    table = keymap.tables[Scope.LIST]
    assert (table["J",], table["ctrl+p",], table["alt+x",]) == ("list.down", "list.up", "app.palette")
    assert ("j",) not in table


def test_setting_chooses_the_preset_where_the_file_names_none(tmp_path: Path) -> None:
    assert read_keymap(tmp_path / "keys.toml", "plain").tables[Scope.LIST]["f9", "i"] == "go.inbox"


@pytest.mark.parametrize("value", ['"emac"', "3", '["emacs"]'])
def test_unknown_preset_is_named_and_the_table_holds(tmp_path: Path, value: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(f"preset = {value}\n", "utf-8")
    keymap = read_keymap(file)
    assert "preset" in keymap.problems[0].message
    assert keymap.tables[Scope.LIST]["j",] == "list.down"
    with pytest.raises(ConfigError, match="no preset"):
        default_keymap("emac")


def test_key_of_the_composer_that_types_is_named() -> None:
    for key in ("x", "enter", "ctrl+x x"):
        keymap = build({"composer.send": key})
        assert "belongs to the text" in keymap.problems[0].message
        assert keymap.tables[Scope.COMPOSER]["ctrl+s",] == "composer.send"


def test_chord_that_ends_in_a_letter_is_dead_where_one_writes_and_live_where_one_reads() -> None:
    keymap = build({"app.undo": ["ctrl+x u", "ctrl+x ctrl+u", "backspace"]})
    assert keymap.problems == ()
    assert keymap.tables[Scope.LIST]["ctrl+x", "u"] == "app.undo"
    assert keymap.tables[Scope.LIST]["backspace",] == "app.undo"
    writing = keymap.tables[Scope.COMPOSER]
    assert [chord for chord, action in writing.items() if action == "app.undo"] == [("ctrl+x", "ctrl+u")]
