"""The first frame in a real pty, and the console taking over from it."""

from __future__ import annotations

import os
import re
import sys
import termios
from pathlib import Path

import pytest

from omnitui.paths import profile
from omnitui.ui.start import first_frame, frame_memory
from tests.support.full_cache import fill
from tests.support.rows import NOW
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
THIRD = re.compile(r"\A(.*\n){5}│>")
"""The third row of the list is selected."""
HEAVY = {"textual", "rich", "sqlmodel", "sqlalchemy", "pydantic", "httpx", "keyring", "imapclient", "asyncio", "typing"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile with a cache, whose console has run once at 100×24."""
    folder = tmp_path_factory.mktemp("home")
    fill(folder / "default/data/cache.sqlite3", 300)
    with console(folder) as terminal:
        terminal.wait_for("private history")
        terminal.wait_for("Alice")
        terminal.wait_quiet(0.4)
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
    assert (folder / "default/state/frame").stat().st_mode & 0o077 == 0
    return folder


def console(home: Path, *, columns: int = 100, lines: int = 24, **env: str) -> Terminal:
    return Terminal(
        [sys.executable, ROOT / "tests/support/frame_app.py"],
        columns=columns,
        lines=lines,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}", "OMNITUI_HOME": f"{home}", "NOW": f"{NOW}", **env},
    )


def looks(row: list[tuple[str, str, str, bool]]) -> list[tuple[str, str, str]]:
    """The list's part of a row; a blank has no foreground."""
    return [(glyph, "" if glyph == " " else front, back) for glyph, front, back, _ in row[1:60]]


def test_rows_come_before_anything_heavy_is_imported(home: Path) -> None:
    with console(home, FRAME_ONLY="1") as terminal:
        terminal.wait_for("Alice")
        terminal.send("enter")
        assert terminal.wait_end() == 0
        modules = terminal.raw[terminal.raw.index(b"MODULES") :].decode().split()
        assert not HEAVY & {name.split(".")[0] for name in modules}


def test_the_first_frame_is_the_frame_that_follows(home: Path) -> None:
    with console(home, FRAME_ONLY="1") as first:
        first.wait_for("Alice")
        first.wait_quiet()
        early, early_styles = first.screen(), [first.styles(y) for y in range(24)]
    with console(home) as later:
        later.wait_for("private history")
        later.wait_quiet(0.4)
        blanked = later.screen().replace("private history", " " * 15)
        assert [line.rstrip() for line in blanked.split("\n")][:20] == [line.rstrip() for line in early.split("\n")][
            :20
        ]
        assert [looks(later.styles(y)) for y in range(1, 21)] == [looks(styles) for styles in early_styles[1:21]]


def test_no_customers_text_is_kept_in_the_state_folder(home: Path) -> None:
    kept = (home / "default/state/frame").read_text("utf-8")
    assert "private history" not in kept
    assert "Alice" not in kept


def test_keys_typed_before_the_console_is_there_are_not_lost(home: Path) -> None:
    with console(home, SLOW="0.8") as terminal:
        terminal.wait_for("Alice")
        terminal.type("jjihello jj")
        terminal.wait_for("hello jj")
        terminal.wait_for(THIRD)
        assert terminal.raw.count(b"\x1b[?1049h") == 1
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0


def test_the_selection_moves_on_the_first_frame_before_the_console_is_there(home: Path) -> None:
    with console(home, SLOW="60") as terminal:
        terminal.wait_for("Alice")
        terminal.send("j", "down", "j", "k")
        terminal.wait_for(THIRD)
        assert terminal.screen().count("│>") == 1
        assert b"private" not in terminal.raw


@pytest.mark.parametrize("typed", ["jj", "jjk\x1b[?2026;2$yj", "kkjj", "j" * 12 + "k" * 10])
def test_what_was_selected_on_the_first_frame_stays_selected(home: Path, typed: str) -> None:
    with console(home, SLOW="0.5") as terminal:
        terminal.wait_for("Alice")
        terminal.type(typed)
        terminal.wait_for("private history")
        terminal.wait_for(THIRD)
        terminal.type("jihello jj")
        terminal.wait_for("hello jj")
        shown = terminal.wait_for(re.compile(r"\A(.*\n){7}│>")).split("\n")
        assert not shown[5].startswith("│>")


def test_the_terminal_is_left_as_it_was_before_the_first_frame(home: Path) -> None:
    with console(home) as terminal:
        terminal.wait_for("private history")
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        assert terminal.attributes() == terminal.before
        assert terminal.before[3] & termios.ICANON


def test_a_console_that_never_comes_leaves_no_trace(home: Path) -> None:
    with console(home, FRAME_ONLY="1") as terminal:
        terminal.wait_for("Alice")
        assert terminal.attributes() != terminal.before
        terminal.send("enter")
        assert terminal.wait_end() == 0
        assert terminal.attributes() == terminal.before
        assert b"\x1b[?1049l" in terminal.raw


@pytest.mark.parametrize("size", [(60, 20), (101, 24)])
def test_another_size_has_no_first_frame_and_starts_all_the_same(home: Path, size: tuple[int, int]) -> None:
    with console(home, columns=size[0], lines=size[1], FRAME_ONLY="1") as terminal:
        terminal.send("enter")
        assert terminal.wait_end() == 0
        assert b"Alice" not in terminal.raw


@pytest.mark.parametrize("damage", ["empty", "garbage", "schema", "sql", "no cache", "not utf-8", "settings"])
def test_a_damaged_memory_or_cache_never_stops_the_start(home: Path, tmp_path: Path, damage: str) -> None:
    state, data = tmp_path / "default/state", tmp_path / "default/data"
    state.mkdir(parents=True)
    data.mkdir(parents=True)
    kept = (home / "default/state/frame").read_bytes()
    kept = {
        "empty": b"",
        "garbage": b"\x1d\x1e:\x1d" * 100,
        "schema": kept.replace(b"schema:", b"schema:9"),
        "sql": kept.replace(b"SELECT", b"SELEKT"),
        "no cache": kept,
        "not utf-8": kept + b"\xff\xfe",
        "settings": kept.replace(b"settings:", b"settings:/etc/passwd\x1c1 1"),  # written since: more may be covered
    }[damage]
    (state / "frame").write_bytes(kept)
    if damage != "no cache":
        (data / "cache.sqlite3").write_bytes((home / "default/data/cache.sqlite3").read_bytes())
    with console(tmp_path, FRAME_ONLY="1") as terminal:
        terminal.send("enter")
        assert terminal.wait_end() == 0
        assert b"Alice" not in terminal.raw


def test_a_frame_is_kept_beside_what_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "frame"
    path.write_bytes(b"version:1\x1esize:80x24\x1d\xff\xfe\x00")
    frame_memory.store(path, "size:100x30\x1eterminal:xterm", "100x30xterm")
    assert path.read_text("utf-8").startswith("size:100x30")


def test_without_a_terminal_there_is_no_first_frame(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITUI_HOME", f"{home}")
    assert first_frame.show(now=NOW) is None


@pytest.mark.parametrize(
    "env",
    [
        {"OMNITUI_HOME": "/tmp/o"},
        {"OMNITUI_HOME": "~/o", "OMNITUI_PROFILE": "work-2.x"},
        {"XDG_DATA_HOME": "/x/data", "XDG_STATE_HOME": "relative"},
        {},
    ],
)
def test_folders_are_those_of_the_profile(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMNITUI_HOME", "OMNITUI_PROFILE", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    place = profile()
    assert first_frame.folders() == (os.fspath(place.data), os.fspath(place.state))


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "-x", ""])
def test_a_name_that_could_leave_its_folder_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITUI_PROFILE", name or "..")
    assert first_frame.folders() is None
