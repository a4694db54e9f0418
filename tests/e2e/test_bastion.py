"""The console where there is nothing but a terminal: no locale, no home of a desktop, no D-Bus, no display."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from omnitui.model.states import MessageKind
from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store.reads import drafts, inbox
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
ARGV = [sys.executable, "-m", "omnitui", "demo", "--speed", "0"]


def bare(home: Path, term: str, **more: str) -> list[str]:
    """The demo with next to no environment."""
    given = {
        "TERM": term,
        "PATH": "/usr/bin:/bin",
        "OMNITUI_HOME": str(home),
        "PYTHONPATH": f"{ROOT}:{ROOT}/connectors",
    }
    return ["env", "-i", *(f"{name}={value}" for name, value in {**given, **more}.items()), *ARGV]


COLOURED = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:[349]\d|10\d)(?:;[\d;]*)?m")


@pytest.mark.parametrize("term", ["screen", "vt220", "alacritty"])
def test_console_works_with_nothing_but_a_terminal(home: Path, term: str) -> None:
    with Terminal(bare(home, term), columns=100, lines=30, cwd=ROOT) as terminal:
        terminal.wait_for("Emma Clarke", timeout=60)
        terminal.wait_for("in step", timeout=30)
        terminal.send("j")
        terminal.wait_for("matcha set")
        # Twenty-four bits are asked for by COLORTERM alone.
        assert b"38;2;" not in terminal.raw
        # Nor does SSH pass the entry of a terminal on: one that is known by its name has its 256 colours all the same.
        assert (b"38;5;" in terminal.raw) == (term == "alacritty")
        assert bool(COLOURED.search(terminal.raw)) == (term != "vt220")
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        # As GNU screen by default, this terminal has no second screen: nobody's words are left beside the prompt.
        assert not terminal.screen().strip()


def test_dumb_terminal_gets_one_screen_of_plain_text(home: Path) -> None:
    with Terminal(bare(home, "dumb"), columns=100, lines=60, cwd=ROOT) as terminal:
        assert terminal.wait_end(60) == 0
        assert b"\x1b[" not in terminal.raw
        assert "--linear" in terminal.raw.decode()


@pytest.mark.parametrize("ending", ["hangup", "all of the session"])
def test_lost_connection_keeps_the_draft_to_the_last_key(
    home: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    with Terminal(bare(home, "xterm", LC_ALL="C.UTF-8"), columns=100, lines=30, cwd=ROOT) as terminal:
        terminal.wait_for("Emma Clarke", timeout=60)
        terminal.send("j")
        terminal.wait_for("matcha set")
        terminal.send("n")
        terminal.wait_for("INTERNAL NOTE")
        terminal.type("half a sentence that was not se")
        terminal.wait_for("not se")
        (os.kill if ending == "hangup" else os.killpg)(terminal.process.pid, signal.SIGHUP)
        terminal.wait_end()
    monkeypatch.setenv("OMNITUI_HOME", str(home))
    with Session.open(profile("demo")) as session:
        found = session.cache.read(inbox.page, session.query("has:draft"), limit=5)
        kept = [one for item in found for one in session.cache.read(drafts.drafts, item.id)]
    assert ("half a sentence that was not se", MessageKind.NOTE) in [(one.text, one.kind) for one in kept]
