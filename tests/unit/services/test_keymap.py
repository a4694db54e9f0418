"""keys.toml: what it changes, and how its faults are named."""

from __future__ import annotations

from pathlib import Path

from omnitui.services.actions import Scope
from omnitui.services.keys.keymap import Keymap, read_keymap


def keymap(folder: Path, text: str) -> Keymap:
    path = folder / "keys.toml"
    path.write_text(text, "utf-8")
    return read_keymap(path)


def messages(found: Keymap) -> list[str]:
    return [problem.message for problem in found.problems]


def test_missing_file_leaves_the_defaults(tmp_path: Path) -> None:
    found = read_keymap(tmp_path / "keys.toml")
    assert found.problems == ()
    assert found.tables[Scope.LIST]["j",] == "list.down"


def test_key_is_remapped_and_the_old_one_is_free(tmp_path: Path) -> None:
    found = keymap(tmp_path, '"conversation.resolve" = ["ctrl+x", "g z"]\n')
    assert found.problems == ()
    for scope in (Scope.LIST, Scope.HISTORY, Scope.CARD):
        assert found.tables[scope]["ctrl+x",] == "conversation.resolve"
        assert found.tables[scope]["g", "z"] == "conversation.resolve"
        assert ("d", "d") not in found.tables[scope]
    assert found.key_of("conversation.resolve") == "ctrl+x"


def test_dotted_and_nested_names_mean_the_same(tmp_path: Path) -> None:
    assert keymap(tmp_path, '[list]\ndown = "J"\n').tables[Scope.LIST]["J",] == "list.down"


def test_empty_list_takes_the_key_away(tmp_path: Path) -> None:
    found = keymap(tmp_path, '"app.undo" = []\n')
    assert ("u",) not in found.tables[Scope.LIST]
    assert found.key_of("app.undo") == ""


def test_unknown_action_is_named_with_the_nearest_name(tmp_path: Path) -> None:
    found = keymap(tmp_path, '"conversation.resolv" = "x"\n')
    assert "conversation.resolv" in found.problems[0].message
    assert "conversation.resolve?" in found.problems[0].hint


def test_unknown_key_is_named_with_the_nearest_name_and_the_default_stays(tmp_path: Path) -> None:
    found = keymap(tmp_path, '"list.page_down" = "pagedow"\n')
    assert "pagedow" in found.problems[0].message
    assert found.problems[0].hint == "pagedown"
    assert found.tables[Scope.LIST]["pagedown",] == "list.page_down"


def test_key_that_is_another_key_in_terminals_is_refused(tmp_path: Path) -> None:
    assert "enter" in messages(keymap(tmp_path, '"app.undo" = "ctrl+m"\n'))[0]


def test_conflict_names_the_key_and_both_actions_once(tmp_path: Path) -> None:
    found = keymap(tmp_path, '"app.undo" = "r"\n')
    assert len(found.problems) == 1
    assert "r means both app.undo and conversation.reply" in found.problems[0].message
    assert found.tables[Scope.LIST]["r",] == "app.undo"


def test_key_that_another_action_took_is_shown_with_that_one_alone(tmp_path: Path) -> None:
    found = keymap(tmp_path, '"conversation.note" = ["r"]')
    assert (found.key_of("conversation.note"), found.key_of("conversation.reply")) == ("r", "")
    assert found.keys_of("pane.narrower") == ("<",)


def test_key_that_begins_a_chord_of_another_action_is_a_conflict(tmp_path: Path) -> None:
    found = keymap(tmp_path, '"app.undo" = "d"\n')
    assert any("app.undo" in text and "conversation.resolve" in text for text in messages(found))


def test_same_key_in_two_panes_is_no_conflict(tmp_path: Path) -> None:
    assert keymap(tmp_path, '"list.open" = "ctrl+x"\n"history.raw" = "ctrl+x"\n').problems == ()


def test_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    assert "keys.toml" in messages(keymap(tmp_path, "nonsense"))[0]


def test_value_that_is_no_key_is_named(tmp_path: Path) -> None:
    assert "app.undo" in messages(keymap(tmp_path, '"app.undo" = 3\n'))[0]
