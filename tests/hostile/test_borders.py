"""Wide, combining and emoji text moves no border: by the cells of pyte, and by those of a real tmux."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store import accounts
from omnitui.text.surrogates import mended
from tests.support.console import able
from tests.support.desk import a_conversation, an_account
from tests.support.payloads import PAYLOADS
from tests.support.promises import Promise
from tests.support.terminal import Terminal

START = 60.0
COLUMNS, LINES = 140, 40
PAGES = 3
BORDER = "│"
CLASSES = (
    *("bidi", "tags", "zero", "joiners", "soft", "fillers", "variation", "annotation", "music", "unassigned", "zalgo"),
    *("marks", "wide", "emoji", "indic", "thai", "khmer", "myanmar", "tibetan", "arabic", "cuneiform", "ambiguous"),
    *("superscripts", "spaces", "dashes", "long", "empty"),
)
TEXTS = [mended(text) for name, text in PAYLOADS.items() if name.startswith(CLASSES)]
PROMISE = "Wide, combining and emoji text of strangers moves no border of the console."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk on which every such text is a name, a subject and a message."""
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    with Session.open(profile("default")) as session:
        able(session.cache)
        account = replace(an_account(session.cache), paused=True)
        session.cache.write(lambda tx: accounts.put_account(tx, account))
        for index, text in enumerate(TEXTS):
            subject, name = TEXTS[index - 1], TEXTS[index - 2]
            a_conversation(
                session.cache,
                f"{text}\n{subject} {name}",
                contact=f"N{index} {name}"[:300],
                address=f"n{index}@example.com",
                subject=subject[:300],
                account=account,
            )
    return tmp_path


def in_two_columns(found: list[tuple[int, int]]) -> None:
    """Judge where (x, y) borders stand: that of the list and that of the history, in every row of the panes."""
    columns = Counter(x for x, _y in found)
    assert len(columns) == 2, {x: [y for at, y in found if at == x] for x in columns if columns[x] < LINES - 6}
    assert min(columns.values()) >= LINES - 6


def test_no_text_moves_a_border_by_the_cells_of_a_screen_model(home: Path) -> None:
    with Terminal(
        [sys.executable, "-m", "omnitui"], columns=COLUMNS, lines=LINES, env={"OMNITUI_HOME": str(home)}
    ) as terminal:
        terminal.wait_for(re.compile(r"^>.*N\d+", re.MULTILINE), timeout=START)
        for _page in range(PAGES):
            terminal.wait_quiet(0.3)
            cells = [[data for data, *_ in terminal.styles(y)] for y in range(LINES)]
            in_two_columns([(x, y) for y, row in enumerate(cells) for x, data in enumerate(row) if data == BORDER])
            terminal.send("pagedown")


class Tmux:
    """A server of its own, with one window of the test's size."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-f", "/dev/null", "-S", str(self._socket), *words], capture_output=True, text=True, check=False
        )
        return done.stdout

    def borders(self) -> list[tuple[int, int]]:
        """Where tmux itself finds the border, in its own cells."""
        for deed in ("top-line", "start-of-line"):
            self("send-keys", "-X", deed)
        self("send-keys", "-X", "search-forward", BORDER)
        found: list[tuple[int, int]] = []
        while len(found) < COLUMNS * LINES:
            x, y = map(int, self("display-message", "-p", "#{copy_cursor_x} #{copy_cursor_y}").split())
            if (x, y) in found:
                break
            found.append((x, y))
            self("send-keys", "-X", "search-again")
        return found

    def shows_other(self, than: str) -> bool:
        return self("capture-pane", "-p") != than

    def wait_for(self, what: str, terminal: Terminal) -> None:
        terminal.wait_until(lambda: re.search(what, self("capture-pane", "-p"), re.MULTILINE), what, timeout=START)


@contextmanager
def in_tmux(home: Path) -> Iterator[tuple[Tmux, Terminal]]:
    tmux = Tmux(home / "tmux")
    command = f"exec env OMNITUI_HOME={home} LC_ALL=C.UTF-8 {sys.executable} -m omnitui"
    words = ["tmux", "-u", "-f", "/dev/null", "-S", str(home / "tmux"), "new-session", command]
    with Terminal(words, columns=COLUMNS, lines=LINES + 1, env={"OMNITUI_HOME": str(home)}) as terminal:
        try:
            yield tmux, terminal
        finally:
            tmux("kill-server")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux: apt-get install --no-install-recommends tmux")
def test_no_text_moves_a_border_by_the_cells_of_tmux(home: Path, promise: Promise) -> None:
    with in_tmux(home) as (tmux, terminal):
        tmux.wait_for(r"^>.*N\d+", terminal)
        last = ""
        for _page in range(PAGES):
            terminal.wait_until(partial(tmux.shows_other, last), "another page")
            terminal.wait_quiet(0.3)
            last = tmux("capture-pane", "-p")
            tmux("copy-mode")
            in_two_columns(tmux.borders())
            tmux("send-keys", "-X", "cancel")
            tmux("send-keys", "NPage")
    promise(PROMISE, f"{len(TEXTS)} such texts in {PAGES} pages of a real tmux: every border in its column")
