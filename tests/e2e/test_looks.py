"""The main screens in every theme, without colour, and with ASCII signs: readable, and never by colour alone."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.paths import profile
from tests.support.screens import expect
from tests.support.terminal import Terminal

START = 60.0
PATIENCE = 60.0
LOOK_SECONDS = 0.05
TITLES = ("High contrast, light", "High contrast", "Paper", "Slate", "Solar, dark", "Solar, light", "Harbor")
BORDERS = set("│─╭╮╰╯┄▒▌═")
COLOURED = re.compile(rb"\x1b\[(?:[0-9;:]*[;:])?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m")
EXACT = re.compile(rb"\x1b\[(?:[0-9;:]*[;:])?[34]8[;:]")


def demo(home: Path, columns: int, lines: int, **env: str) -> Terminal:
    return Terminal(
        [sys.executable, "-m", "omnitui", "demo", "--speed", "0"],
        columns=columns,
        lines=lines,
        env={"OMNITUI_HOME": str(home), "TZ": "Asia/Tokyo", **env},
    )


def contrast(one: str, other: str) -> float:
    """The ratio of two colours "rrggbb" (WCAG 2.2)."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def texts(terminal: Terminal) -> Iterator[tuple[str, str, str]]:
    """Characters on the screen with their two colours, borders left out."""
    for y in range(terminal.lines):
        for sign, front, back, _reverse in terminal.styles(y):
            if sign.strip() and sign not in BORDERS:
                yield sign, front, back


def poor(terminal: Terminal, least: float) -> set[tuple[str, str, str]]:
    """What can hardly be read: characters with colours of less contrast."""
    exact = [one for one in texts(terminal) if len(one[1]) == len(one[2]) == 6]
    assert len(exact) > 500
    return {one for one in exact if contrast(one[1], one[2]) < least}


def readable(terminal: Terminal, least: float) -> bool:
    """Whether nothing is hard to read, once the last colours are drawn."""
    end = time.monotonic() + PATIENCE
    while poor(terminal, least) and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
    return not poor(terminal, least)


def awake(terminal: Terminal) -> None:
    """Touch the keys: what shows by itself at the start is read by nobody."""
    terminal.wait_for("佐藤", timeout=START)
    terminal.send("j", "k")


def wear(terminal: Terminal, title: str) -> None:
    terminal.send("g", "t")
    terminal.wait_for("Enter keeps it, Escape brings back the other")
    terminal.type(title)
    terminal.wait_for(f"> {title}")
    terminal.send("enter")
    terminal.wait_for("Enter keeps it", gone=True)
    terminal.wait_for("theme ")


def test_every_theme_is_readable_on_the_main_screens(home: Path) -> None:
    with demo(home, 140, 40) as terminal:
        awake(terminal)
        terminal.wait_for(re.compile("^> L 佐藤", re.MULTILINE))
        for title in TITLES:
            wear(terminal, title)
            least = 7.0 if title.startswith("High") else 4.5
            terminal.send("n")
            terminal.wait_for("INTERNAL NOTE")
            assert readable(terminal, least), (title, poor(terminal, least))
            terminal.send("escape")
            terminal.wait_for("INTERNAL NOTE", gone=True)
            terminal.send("escape")
            terminal.wait_for("▌Inbox")
            assert readable(terminal, least), (title, poor(terminal, least))
        wear(terminal, "ANSI")
        terminal.wait_until(
            lambda: not any(len(one[1]) == 6 for one in texts(terminal)), "colours of the terminal's own"
        )
        at = len(terminal.raw)
        terminal.send("j", "j", "n")
        terminal.wait_for("INTERNAL NOTE")
        assert not EXACT.search(terminal.raw[at:])


def test_without_colour_signs_say_it_all(home: Path) -> None:
    with demo(home, 80, 24, NO_COLOR="1") as terminal:
        awake(terminal)
        terminal.wait_for(re.compile("^> L 佐藤", re.MULTILINE))
        expect(terminal, "main.no_color.en.80x24", "in step")
        assert not COLOURED.search(terminal.raw)


@pytest.mark.parametrize(("columns", "lines", "language"), [(140, 40, "ja"), (60, 20, "en")])
def test_ascii_signs_draw_the_whole_console(home: Path, columns: int, lines: int, language: str,
                                            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("OMNITUI_HOME", str(home))
    config = profile("demo").config / "config.toml"
    config.write_text('[interface]\nsigns = "ascii"\n', "utf-8")
    config.chmod(0o600)
    with demo(home, columns, lines, LC_ALL=f"{language}.UTF-8") as terminal:
        # Beside the history the first one counts as read a moment later.
        awake(terminal)
        terminal.wait_for(re.compile("^> L 佐藤" if columns > 60 else "佐藤", re.MULTILINE))
        terminal.send("2", "j", "enter")
        # Its end, not its name, which stood in the list before.
        terminal.wait_for("倉庫に確認中。")
        terminal.send("n")
        expect(
            terminal, f"note.ascii.{language}.{columns}x{lines}", "内部メモ" if language == "ja" else "INTERNAL NOTE"
        )
        assert not BORDERS & set(terminal.screen())
