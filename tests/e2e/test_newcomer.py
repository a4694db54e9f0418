"""A newcomer's first ten minutes with the demo, in a real terminal: led by the tour, then on one's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from omnitui.text.widths import cell_width
from tests.support.terminal import Terminal

START = 60.0
BLINK_SECONDS = 1.1
"""More than a cursor would blink in."""


@pytest.mark.parametrize(("columns", "lines"), [(60, 20), (140, 40)])
def test_newcomer_follows_the_tour_and_finds_the_rest(tmp_path: Path, columns: int, lines: int) -> None:
    command = [sys.executable, "-m", "omnitui", "demo", "--speed", "0"]
    env = {"OMNITUI_HOME": str(tmp_path), "TZ": "Asia/Tokyo", "OMNITUI_TOUR": "1"}
    with Terminal(command, columns=columns, lines=lines, env=env) as terminal:
        terminal.wait_for("1/8", timeout=START)
        terminal.send("j")
        terminal.wait_for("2/8")
        terminal.send("enter")
        terminal.wait_for("3/8")
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("Hello, I am new here.")
        terminal.wait_for("I am new here.")
        terminal.send("ctrl+s")
        terminal.wait_for("4/8")
        terminal.send("u")
        terminal.wait_for("5/8")
        terminal.send("n")
        terminal.wait_for("INTERNAL NOTE")
        terminal.type("my first note")
        terminal.wait_for("my first note")
        terminal.wait_until(lambda: terminal.at_rest > BLINK_SECONDS, "a line without bytes while nothing happens")
        terminal.send("ctrl+s")
        terminal.wait_for("6/8")
        terminal.send("/")
        terminal.wait_for("Search all messages")
        field = next(y for y, row in enumerate(terminal.rows()) if "is:open from:" in row)
        left = cell_width(terminal.rows()[field].partition("words")[0])
        terminal.wait_until(lambda: terminal.cursor == (left, field), "the cursor in the field, for input methods")
        terminal.type("返金")
        terminal.wait_until(lambda: terminal.cursor == (left + 4, field), "the cursor behind what was typed")
        terminal.wait_for("山田 花子")
        terminal.send("enter")
        terminal.wait_for("7/8")
        terminal.send("d", "d")
        terminal.wait_for("8/8")
        terminal.send("ctrl+p")
        terminal.wait_for("What to do, or where to go")
        terminal.wait_quiet(0.5)
        terminal.send("escape")
        terminal.wait_for("That was the tour")
        terminal.send("ctrl+p")
        terminal.wait_for("What to do, or where to go")
        terminal.type("go to waiting")
        terminal.wait_for("gw")
        terminal.send("enter")
        terminal.wait_for("▌Waiting")

        # On one's own: help, the command line, the leader's menu, jumping.
        terminal.send("?")
        terminal.wait_for("Keys in the list")
        terminal.type("inbox")
        terminal.wait_for("gi")
        terminal.send("enter")
        terminal.wait_for("▌Inbox")
        terminal.send(":")
        terminal.wait_for("Command")
        terminal.type("label +seen")
        terminal.send("enter")
        terminal.wait_for("#seen")
        terminal.send(",")
        terminal.wait_for("Which group?")
        terminal.send("g")
        terminal.wait_for("Go to snoozed")
        terminal.send("escape")
        terminal.wait_for("Which group?")
        terminal.send("escape")
        terminal.wait_for("Which group?", gone=True)
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        assert "Traceback" not in terminal.screen()

    # The tour comes by itself but once.
    with Terminal(command, columns=columns, lines=lines, env=env) as terminal:
        terminal.wait_for("in step", timeout=START)
        terminal.wait_quiet(0.5)
        assert "/8" not in terminal.screen()
