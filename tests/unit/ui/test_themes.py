"""Theme files."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.errors import ConfigError
from omnitui.ui.look.roles import ROLES, rich_style, spelled
from omnitui.ui.look.themes import DEFAULT, folder, load, names


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


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", [name for name in names() if not load(name).ansi])
def test_every_text_can_be_read_on_every_ground_it_stands_on(name: str) -> None:
    look = load(name)
    colours = {**look.colors, **look.variables}
    least = 7 if name.startswith("contrast") else 4.5
    for role in ROLES:
        if role == "line":
            continue  # borders say nothing that is not said otherwise
        words, _on, own = spelled(look, role).partition("on ")
        text = next((word for word in words.split() if word.startswith("#")), colours["foreground"])
        grounds = [own] if own else ["background", "chosen", "chosen-dim", "chip", "surface", "panel"]
        for ground in grounds:
            found = _contrast(text, colours.get(ground, ground))
            assert found >= least, f"{name}: {role} on {ground}: {found:.2f}"


@pytest.mark.parametrize("name", names())
def test_chosen_row_and_note_look_different_from_what_is_around_them(name: str) -> None:
    look = load(name)
    assert spelled(look, "row.selected") not in ("", spelled(look, "row"))
    assert spelled(look, "note.title") != spelled(look, "theirs")


def test_transparent_theme_leaves_the_ground_to_the_terminal() -> None:
    look = load().transparent()
    assert look.colors["background"] == look.colors["panel"] == "ansi_default"
    assert look.colors["foreground"] == load().colors["foreground"]


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
