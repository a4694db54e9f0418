"""The byte oracle: the real console in a real terminal on a cache full of the catalogue, every screen, every row."""

from __future__ import annotations

import base64
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store.reads import inbox
from tests.support.hostile_desk import PLACES, Filling, missing
from tests.support.hostile_walk import (
    CARD_BESIDE,
    CARD_OVER,
    FROM_HISTORY,
    FROM_LIST,
    FROM_NOTE,
    FROM_REPLY,
    UNWALKED,
    Walker,
    constructed,
)
from tests.support.payloads import PAYLOADS
from tests.support.promises import Promise
from tests.support.terminal import Terminal

START = 90.0
SPARSE = 9
"""In lists of agents, themes and the like the short form has every ninth payload, and its walk others than its rows."""
OWN = re.compile(
    rb"\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]|\x1b\[\?(?:2026|2048)\$p"
    rb"|\x1b\[J|\x1b\[(?:[0-9]+(?:;[0-9]+)?)?[CGHKX]|\x1b\[(?:[0-9]+(?:;[0-9]+)*)?m|\x1b\[>[0-9]+u|\x1b\[<u|\x1b\]22;[a-z]*\x07"
    rb"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\r|\x1b\[>0q|\x1b\](?:1[01]|4;8);\?\x1b\\|\x1b\[c"
)
"""What may leave: colours, the cursor, erasing, our modes, the pointer's shape, copies, our questions."""
PROMISE = (
    "Whatever strangers write, the console sends the terminal nothing but its own colours, cursor moves and modes."
)
INK = re.compile(rb"\x1b\[([0-9;]*)m")
COPIED = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
COLOUR = re.compile(rb"[34]8;(?:5;[0-9]+|2;[0-9]+;[0-9]+;[0-9]+)")
ACTING = ("Cc", "Cf", "Cs", "Zl", "Zp")
JOINERS = "\u200c\u200d"
"""Kept where scripts and emoji need them."""

THREE_PANES = 120
"""Columns from which on the card stands beside the history."""
TWO_PANES = 80
"""Columns from which on the history stands beside the list; below, a click only chooses."""
PAGES = 16
"""Pages of the list at 40 lines in which every conversation comes."""
CLICKED = 8
"""Conversations that the short form clicks: together they show every payload."""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    with Session.open(profile("default")) as opened:
        yield opened


def console(session: Session, columns: int, lines: int) -> Terminal:
    home = str(session.profile.data.parent.parent)
    return Terminal(
        [sys.executable, "-m", "omnitui"],
        columns=columns,
        lines=lines,
        env={"OMNITUI_HOME": home, "TZ": "Asia/Tokyo", "EDITOR": "/bin/false", "SSH_TTY": "/dev/pts/9"},
    )


def foreign(terminal: Terminal) -> list[str]:
    text = OWN.sub(b"", terminal.raw).decode("utf-8")
    return sorted({char for char in text if unicodedata.category(char) in ACTING and char not in JOINERS})


def test_every_screen_is_walked() -> None:
    steps = {step.opens for step in (*FROM_LIST, *FROM_HISTORY, *FROM_REPLY, *FROM_NOTE) if step.opens}
    assert not UNWALKED.keys() - constructed(), "there is no such screen any more"
    assert constructed() - UNWALKED.keys() == steps, "say how each screen is opened, so that the byte oracle sees it"


def walk(walker: Walker) -> None:
    terminal = walker.terminal
    terminal.wait_for(re.compile(r"N\d+"), timeout=START)
    terminal.wait_quiet(0.3)
    walker.look()
    walker.go((CARD_BESIDE if terminal.columns >= THREE_PANES else CARD_OVER,))
    for keys, steps in (((), FROM_LIST), (("enter",), FROM_HISTORY), (("r",), FROM_REPLY), (("n",), FROM_NOTE)):
        walker.home()
        walker.press("g", "i", *keys)
        walker.go(steps)
    walker.home()


def click_rows(walker: Walker, pages: int, most: int, *, through: bool = False) -> set[str]:
    """Click conversations in the list with real mouse reports; those whose history came."""
    terminal = walker.terminal
    shown: set[str] = set()
    beside = terminal.columns >= TWO_PANES
    walker.press("g", "a", "home")
    for _page in range(pages):
        walker.home()
        while len(shown) < most:
            rows = [
                (y, re.match(r".{1,4} (N\d+) ", row)) for y, row in enumerate(terminal.rows()[: terminal.lines - 2])
            ]
            left = [(y, found[1]) for y, found in rows if found is not None and found[1] not in shown]
            if not left:
                break
            y, name = left[0]
            terminal.click(min(12, terminal.columns - 2), y)
            walker.press(*(() if beside else ("enter",)))
            terminal.wait_for(re.compile(rf"(?:│ |^ ){name} ", re.MULTILINE))
            shown.add(name)
            if through:
                walker.press(*("shift+pageup" if beside else "pageup",) * 3)
            walker.home()
        if not walker.changes("pagedown"):
            break
    return shown


def click_everywhere(walker: Walker) -> None:
    """Every few cells of the screen, whatever lies there; then other sizes."""
    terminal = walker.terminal
    walker.home()
    walker.press("g", "i", "enter", "J", "y", "y")
    walker.home()
    for x in range(2, terminal.columns, 9):
        for y in range(0, terminal.lines, 5):
            terminal.click(x, y)
        terminal.wait_quiet(0.02)
    walker.home()
    columns, lines = terminal.columns, terminal.lines
    terminal.resize(20, 5)
    terminal.wait_quiet(0.2)
    terminal.resize(columns, lines)
    terminal.wait_quiet(0.3)


def judge(terminal: Terminal) -> None:
    assert foreign(terminal) == []
    attributes = {one for ink in INK.findall(terminal.raw) for one in COLOUR.sub(b"", ink).split(b";")}
    assert not attributes & {b"5", b"6", b"8"}, "nobody may hide or flash text"
    assert b"Traceback" not in terminal.raw
    assert b"pwned\x07" not in terminal.raw
    copied = [base64.b64decode(one).decode() for one in COPIED.findall(terminal.raw)]
    assert not any(
        unicodedata.category(char) in ACTING for text in copied for char in text if char not in JOINERS + "\n"
    )


def figure(walker: Walker, clicked: int) -> str:
    terminal = walker.terminal
    return (
        f"{len(PAYLOADS)} payloads, each in {len(PLACES)} places of a cache; at {terminal.columns}×{terminal.lines} "
        f"{len(walker.opened)} screens opened, {len(walker.seen)} places seen, {clicked} conversations clicked: "
        f"{len(terminal.raw) // 1024:,} KiB written, 0 other characters that act"
    )


def test_only_sequences_of_ours_leave_whatever_is_shown_and_clicked(session: Session, promise: Promise) -> None:
    Filling(session, sparse=SPARSE).run()
    with console(session, 140, 40) as terminal:
        walker = Walker(terminal)
        walk(walker)
        assert missing(walker.seen) == {}, "places of which nothing came to the screen"
        clicked = click_rows(walker, 1, CLICKED)
        assert len(clicked) == CLICKED, terminal.screen()
        click_everywhere(walker)
        assert terminal.process.poll() is None, terminal.screen()
        terminal.send("ctrl+q")
        assert terminal.wait_end(60) == 0
        judge(terminal)
    assert session.cache.read(inbox.counts).get("resolved", 0) == 0, "no text has pressed a key"
    promise(PROMISE, figure(walker, len(clicked)))


@pytest.mark.torture
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("columns", "lines"), [(140, 40), (80, 24), (60, 20)])
def test_every_row_clicked_and_every_size(session: Session, columns: int, lines: int, promise: Promise) -> None:
    Filling(session).run()
    with console(session, columns, lines) as terminal:
        walker = Walker(terminal)
        walk(walker)
        clicked = click_rows(walker, PAGES * 40 // lines + 2, len(PAYLOADS) + 1, through=True)
        assert len(clicked) >= len(PAYLOADS), sorted(clicked)
        click_everywhere(walker)
        terminal.send("ctrl+q")
        assert terminal.wait_end(60) == 0
        judge(terminal)
    assert session.cache.read(inbox.counts).get("resolved", 0) == 0, "no text has pressed a key"
    promise(PROMISE, figure(walker, len(clicked)))
