"""Theme files."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.errors import ConfigError
from omnitui.ui.roles import ROLES, rich_style, spelled
from omnitui.ui.themes import DEFAULT, folder, load, names


def test_default_exists_and_every_theme_of_ours_loads() -> None:
    assert DEFAULT in names()
    assert len(names()) >= 3
    for name in names():
        look = load(name)
        assert look.textual().name == name
        assert set(look.roles) <= set(ROLES)
        for role in ROLES:
            assert "$" not in spelled(look, role), f"{name}: {role} uses a colour that the theme does not name"
            assert rich_style(look, role) is not None


def test_there_is_a_dark_a_light_and_an_ansi_theme() -> None:
    looks = [load(name) for name in names()]
    assert any(look.dark and not look.ansi for look in looks)
    assert any(not look.dark for look in looks)
    assert any(look.ansi for look in looks)


def test_theme_of_the_user_wins_over_ours(tmp_path: Path) -> None:
    text = (folder() / f"{DEFAULT}.toml").read_text("utf-8").replace('title = "Harbor"', 'title = "Mine"')
    (tmp_path / f"{DEFAULT}.toml").write_text(text, "utf-8")
    assert load(DEFAULT, tmp_path).title == "Mine"


def test_unknown_theme_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(ConfigError) as caught:
        load("no-such-theme")
    assert DEFAULT in caught.value.hint


@pytest.mark.parametrize("text", ["nonsense", "title = 'x'\n[colors]\nprimary = 3\n", "[colors]\nprimary = 'red'\n"])
def test_faulty_theme_is_refused_with_its_file_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"own\.toml"):
        load("own", tmp_path)
