"""Ten tasks by keys alone, at three sizes and in both languages; the screens on the way are kept as text.

Each run wears another theme, and `make torture` has all of them everywhere: nothing may be said by colour alone, so
the texts are the same. `make screens` renews them; look at the difference before it is committed.
"""

from __future__ import annotations

import gettext
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omnitui import i18n
from omnitui.ui.look.themes import load, names
from tests.support.screens import expect
from tests.support.terminal import Terminal

START = 60.0
SIZES = ((60, 20), (80, 24), (140, 40))
LANGUAGES = ("en", "ja")
PLACES = [(*size, language) for size in SIZES for language in LANGUAGES]
THEMES = ("harbor", "solar-light", "contrast", "slate", "contrast-light", "solar-dark")
BLENDED = tuple(name for name in names() if not load(name).ansi)
"""Themes with colours of their own: with the terminal's, nothing shines through a dialog, so the texts differ."""
PALETTE = "paper"
"""The theme that the last task puts on."""
READ = re.compile(r"^> .", re.MULTILINE)
"""The selected conversation is marked as read a moment after somebody came to it."""


def demo(home: Path, columns: int, lines: int, language: str = "en", **env: str) -> Terminal:
    return Terminal(
        [sys.executable, "-m", "omnitui", "demo", "--speed", "0"],
        columns=columns,
        lines=lines,
        env={"OMNITUI_HOME": str(home), "TZ": "Asia/Tokyo", "LANGUAGE": "", "LC_ALL": f"{language}.UTF-8", **env},
    )


class Agent:
    """Works through the tasks in one terminal."""

    def __init__(self, terminal: Terminal, cache: Path, language: str, theme: str) -> None:
        self.terminal = terminal
        self.cache = cache
        self.theme = theme
        self.language = language
        self.narrow = terminal.columns < 80
        self.catalogue = gettext.translation("omnitui", i18n.LOCALES, [language], fallback=True)
        self.word = self.catalogue.gettext

    def press(self, *keys: str) -> None:
        self.terminal.send(*keys)

    def sees(self, english: str, **values: object) -> None:
        self.terminal.wait_for(self.word(english).format(**values))

    def shows(self, task: str, english: str, **values: object) -> None:
        """See the words, and the kept screen."""
        columns, lines = self.terminal.columns, self.terminal.lines
        marker = self.word(english).format(**values)
        expect(self.terminal, f"{task}.{self.language}.{columns}x{lines}", marker)

    def wears(self, theme: str) -> None:
        """See the background of a theme."""
        wanted = load(theme).colors["background"].removeprefix("#")
        self.terminal.wait_until(lambda: wanted in {cell[2] for cell in self.terminal.styles(5)}, theme)

    def rests(self) -> None:
        """In the list, with the conversation under the cursor read beside it."""
        self.terminal.wait_for(f"▌{self.word('Inbox')}")
        if not self.narrow:
            self.terminal.wait_for(READ)

    def has_read(self, subject: str) -> None:
        """Wait until the conversation counts as read, a moment after it was shown: so do the lists that follow."""

        def read() -> bool:
            with closing(sqlite3.connect(f"file:{self.cache}?mode=ro", uri=True)) as db:
                return db.execute("SELECT unread FROM conversation WHERE subject = ?", (subject,)).fetchall() == [(0,)]

        self.terminal.wait_until(read, f"{subject} read", timeout=START)

    def works(self) -> None:
        self.terminal.wait_for("佐藤", timeout=START)
        self.wears(self.theme)
        self.press("j", "k")
        self.rests()
        self.reads()
        self.answers()
        self.changes()
        self.searches()
        self.resolves_many()
        self.finds_and_dresses()

    def reads(self) -> None:
        self.press("2", "j")
        self.terminal.wait_for(re.compile("^>.@ 鈴木 健太", re.MULTILINE))
        self.press("enter")
        self.terminal.wait_for("▌法人ギフト")
        self.has_read("法人ギフト120箱の納期について")
        self.shows("read", "NOTE, only agents see it")

    def answers(self) -> None:
        self.press("r")
        self.sees("REPLY")
        self.terminal.paste("鈴木様\n80箱を12月4日に発送いたします。")
        self.terminal.wait_for("発送いたします。")
        self.press("ctrl+s")
        self.terminal.wait_for(self.word("held, leaves in {span}").partition("{")[0])
        self.shows("reply", "reply held for undo, then it leaves")
        self.press("u")
        self.sees("undone: {what}", what=self.word("reply"))
        self.press("n")
        self.sees("INTERNAL NOTE")
        self.terminal.type("80 on the 4th, 40 on the 9th.")
        self.terminal.wait_for("40 on the 9th.")
        self.press("ctrl+s")
        self.shows("note", "note kept")
        self.press("escape")

    def changes(self) -> None:
        self.rests()
        self.press("a")
        self.sees("Assign to")
        self.shows("assign", "type to narrow down")
        self.terminal.type("ken")
        self.terminal.wait_for("> Ken Ito")
        self.press("enter")
        self.sees("assigned to {name}", name="Ken Ito")
        self.press("l")
        self.sees("Enter puts it on, or takes it off")
        self.terminal.type("vip")
        self.terminal.wait_for("> [ ] #vip")
        self.press("enter")
        self.shows("label", "label #{name} put on", name="vip")
        self.press("s", "z")
        self.sees("Snooze until")
        self.terminal.type("明日14時")
        self.shows("snooze", "or type a time: 2h, tomorrow 14:00, fri, 2026-01-31")
        self.press("enter")
        self.terminal.wait_for(self.word("snoozed until {time}").format(time="").strip())

    def searches(self) -> None:
        self.press("/")
        self.sees("Search all messages")
        self.terminal.type("返金")
        self.shows("search", "Search all messages")
        self.press("enter")
        self.terminal.wait_for("▌返金のお願い")
        self.has_read("返金のお願い（注文 A-21002）")
        self.press("T")
        self.shows("timeline", "Everything with {name}", name="山田 花子")
        self.press("T")
        self.terminal.wait_for("▌返金のお願い")
        self.press("escape")

    def resolves_many(self) -> None:
        self.rests()
        self.press("g", "g")
        self.terminal.wait_for(re.compile("^>.L 佐藤 美咲", re.MULTILINE))
        self.press("V", "2", "j")
        self.sees("range: {n} marked", n=3)
        self.press("d", "d")
        many = self.catalogue.ngettext("{n} conversation", "{n} conversations", 3).format(n=3)
        self.shows("bulk", "{name}: {status}", name=many, status=self.word("resolved"))
        self.press("u")
        # What came back stands above the selection: counted, or in sight where the list was not read without it.
        self.terminal.wait_for(re.compile("3.*↑|^..L 佐藤 美咲", re.MULTILINE))
        self.press("g", "g")
        self.terminal.wait_for(re.compile("^>.L 佐藤 美咲", re.MULTILINE))
        self.rests()

    def finds_and_dresses(self) -> None:
        self.press("ctrl+p")
        self.sees("What to do, or where to go")
        self.terminal.type(PALETTE)
        if self.theme == PALETTE:
            self.sees("worn now")
        else:
            self.shows("palette", "theme")
        self.press("enter")
        self.wears(PALETTE)


def work_in(home: Path, columns: int, lines: int, language: str, theme: str) -> None:
    """All tasks from the start to the end."""
    config = home / "demo" / "config" / "config.toml"
    config.write_text(f'[interface]\ntheme = "{theme}"\n', "utf-8")
    config.chmod(0o600)
    with demo(home, columns, lines, language) as terminal:
        terminal.wait_for("佐藤", timeout=START)
        Agent(terminal, home / "demo" / "data" / "cache.sqlite3", language, theme).works()
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0


@pytest.mark.parametrize(
    ("columns", "lines", "language", "theme"),
    [(*place, theme) for place, theme in zip(PLACES, THEMES, strict=True)],
)
def test_ten_tasks_by_keys_alone(home: Path, columns: int, lines: int, language: str, theme: str) -> None:
    work_in(home, columns, lines, language, theme)


@pytest.mark.torture
@pytest.mark.parametrize("theme", BLENDED)
@pytest.mark.parametrize(("columns", "lines", "language"), PLACES)
def test_ten_tasks_in_every_theme(home: Path, columns: int, lines: int, language: str, theme: str) -> None:
    work_in(home, columns, lines, language, theme)
