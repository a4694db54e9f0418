"""The line by line face in a terminal: nothing is drawn, everything is said."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]


def test_screen_reader_reads_answers_and_hears_without_a_single_escape_sequence(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "omnitui", "demo", "--linear", "--speed", "0"]
    env = {"OMNITUI_HOME": str(tmp_path), "TERM": "dumb", "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}"}
    with Terminal(argv, columns=100, lines=60, cwd=ROOT, env=env) as terminal:
        terminal.wait_for("6 more", timeout=60)
        terminal.type("o 2\r")
        terminal.wait_for("we, Ken Ito")
        terminal.type("note\r")
        terminal.wait_for("a dot alone")
        terminal.type("asked the carrier\rtwice\r.\r")
        terminal.wait_for("01")
        terminal.type("open\r")
        terminal.wait_for("twice\r\n".strip())
        terminal.type("resolve\r")
        terminal.type("list is:resolved\r")
        terminal.wait_for("conversations: is:resolved")
        terminal.type("list is:open\r")
        terminal.wait_for("conversations: is:open")
        terminal.type("label 2 --add checked\r")
        terminal.type("list label:checked\r")
        terminal.wait_for("1. 鈴木 健太, ")
        terminal.type("task add 1 call back 14:30\r")
        terminal.type("task list\r")
        terminal.wait_for("call back  鈴木 健太")
        terminal.type("nonsense\r")
        terminal.wait_for("there is no verb")
        terminal.type("quit\r")
        assert terminal.wait_end() == 0
        assert b"\x1b" not in terminal.raw
        assert b"note by" in terminal.raw
        assert b"Emma Clarke" in terminal.raw.rpartition(b"is:resolved")[2]
