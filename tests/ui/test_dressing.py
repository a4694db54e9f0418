"""Themes while one works: chosen by looking at them, read again when their file changes; signs of ASCII."""

from __future__ import annotations

import ast
import os
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

import omnitui.ui
from omnitui.config.settings import Interface
from omnitui.text.widths import cell_width
from omnitui.ui.last_hop.driver import Answered
from omnitui.ui.look.signs import TABLE, wants_ascii
from omnitui.ui.look.themes import DEFAULT, LIGHT, folder
from omnitui.ui.watch import watching
from tests.support.console import a_console, a_profile, a_session
from tests.support.desk import a_conversation


@pytest.fixture(autouse=True)
def _many_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


async def test_terminal_of_sixteen_colours_begins_with_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM")
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        async with a_console(session, 100, 24) as person:
            assert person.app.theme == "ansi"


async def test_theme_is_worn_while_one_chooses_and_escape_brings_back_the_other(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        async with a_console(session, 100, 24) as person:
            await person.sees("Ann")
            await person.press("g", "t")
            await person.sees("Enter keeps it")
            await person.press("down")
            assert person.app.theme != DEFAULT
            await person.press("escape")
            await person.misses("Enter keeps it")
            assert person.app.theme == DEFAULT


async def test_hint_below_more_themes_than_fit_stays_in_sight(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        session.profile.themes.mkdir(parents=True, exist_ok=True)
        for number in range(20):
            own = session.profile.themes / f"own-{number}.toml"
            own.write_text((folder() / f"{DEFAULT}.toml").read_text("utf-8"), "utf-8")
        async with a_console(session, 80, 24) as person:
            await person.press("g", "t")
            await person.sees("Enter keeps it")
            await person.pilot.resize_terminal(80, 16)
            await person.until(lambda: len(person.screen.splitlines()) == 16, "16 lines")
            await person.sees("Enter keeps it")


async def test_theme_that_was_chosen_is_worn_at_the_next_start(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        async with a_console(session, 100, 24) as person:
            await person.press("g", "t")
            await person.sees("Enter keeps it")
            await person.type("paper")
            await person.press("enter")
            await person.sees("theme paper")
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        async with a_console(session, 100, 24) as person:
            assert person.app.theme == "paper"


async def test_theme_of_config_wins_over_one_chosen_before_it_was_written(tmp_path: Path) -> None:
    profile = a_profile(tmp_path)
    (profile.state / "theme").write_text("paper\n\n", "utf-8")
    profile.settings_file.write_text('[interface]\ntheme = "slate"\n', "utf-8")
    profile.settings_file.chmod(0o600)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        async with a_console(session, 100, 24) as person:
            assert person.app.theme == "slate"


async def test_theme_file_that_changes_is_worn_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.1)
    profile = a_profile(tmp_path)
    own = profile.themes / f"{DEFAULT}.toml"
    own.parent.mkdir()
    text = (folder() / own.name).read_text("utf-8")
    own.write_text(text, "utf-8")
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        async with a_console(session, 100, 24) as person:
            assert person.app.look.colors["primary"] != "#123456"
            own.write_text(text.replace(person.app.look.colors["primary"], "#123456"), "utf-8")
            os.utime(own, ns=(1, 1))
            await person.sees("read again")
            assert person.app.look.colors["primary"] == "#123456"
            assert person.app.current_theme.primary == "#123456"
            own.write_text("nonsense", "utf-8")
            await person.sees(f"{DEFAULT}.toml is faulty")


async def test_everything_is_ascii_where_settings_say_so(tmp_path: Path) -> None:
    file = a_profile(tmp_path).settings_file
    file.write_text('[interface]\nsigns = "ascii"\n')
    file.chmod(0o600)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "a long text " * 40, contact="Ann")
        async with a_console(session, 140, 40) as person:
            await person.sees("Ann")
            await person.press("n")
            await person.sees("INTERNAL NOTE")
            assert person.screen.isascii(), [one for one in person.screen if not one.isascii()]
            await person.press("escape", "ctrl+p")
            await person.sees("where to go")
            assert person.screen.isascii()


@pytest.mark.parametrize(
    ("setting", "locale", "wanted"),
    [
        ("auto", {"LC_ALL": "C"}, True),
        ("auto", {"LANG": "en_US.ISO-8859-1"}, True),
        ("auto", {"LC_CTYPE": "C.UTF-8", "LANG": "C"}, True),
        ("auto", {"LC_CTYPE": "C.UTF-8"}, False),
        ("auto", {"LANG": "ja_JP.utf8"}, False),
        ("auto", {}, False),
        ("unicode", {"LC_ALL": "C"}, False),
        ("ascii", {"LANG": "ja_JP.UTF-8"}, True),
    ],
)
def test_signs_follow_the_locale(
    monkeypatch: pytest.MonkeyPatch, setting: str, locale: dict[str, str], wanted: bool
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    assert wants_ascii(setting) is wanted


def test_every_sign_is_one_character_of_ascii() -> None:
    assert all(len(plain) == 1 and plain.isascii() for plain in TABLE.values())


def test_every_sign_that_the_console_draws_has_one_of_ascii() -> None:
    drawn: set[str] = set()
    for path in Path(omnitui.ui.__path__[0]).rglob("*.py"):
        if "last_hop" not in path.parts:
            nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
            said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
            texts = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in said]
            drawn |= {one for node in texts if isinstance(node.value, str) for one in node.value if not one.isascii()}
    # What is two cells wide belongs to Japanese sentences.
    signs = {one for one in drawn if unicodedata.category(one)[0] in "SP" and cell_width(one) == 1}
    assert {one for one in signs if ord(one) not in TABLE} == set()


async def test_theme_auto_is_as_bright_as_the_terminal_says_and_remembers_it(tmp_path: Path) -> None:
    for start, answer, theme in ((DEFAULT, "ffff/ffff/ffff", LIGHT), (LIGHT, "0000/0000/0000", DEFAULT)):
        with a_session(tmp_path / "auto") as session:
            session.settings = replace(session.settings, interface=Interface(theme="auto"))
            a_conversation(session.cache)
            async with a_console(session) as person:
                assert person.app.theme == start
                person.app.post_message(Answered(f"\x1b]11;rgb:{answer}\x1b\\"))
                await person.until(lambda theme=theme: person.app.theme == theme, theme)  # type: ignore[misc]


async def test_transparent_theme_of_the_wrong_brightness_is_named_and_a_fitting_one_is_not(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        session.settings = replace(session.settings, interface=Interface(transparent=True))
        a_conversation(session.cache)
        async with a_console(session, 160, 40) as person:
            person.app.dressing.told(True)
            assert person.app.main.desk.notice == ("", "")
            person.app.dressing.told(False)
            await person.sees("background is light")
