"""What one action costs on a slow line: bytes to the terminal, and the time they take at 1 Mbit/s and 100 ms."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
BITS = 1_000_000
ROUND_TRIP = 0.1
ACTIONS = (
    ("j", ("j",)),
    ("page", ("pagedown",)),
    ("open", ("enter",)),
    ("back", ("escape",)),
    ("search", ("/",)),
    ("a letter of it", ("t",)),
    ("leave it", ("escape",)),
    ("note", ("n",)),
    ("a letter of it", ("x",)),
    ("send", ("ctrl+s",)),
)


@pytest.mark.bench
def test_bytes_and_time_of_an_action_on_a_slow_line(tmp_path: Path) -> None:
    env = {"OMNITUI_HOME": str(tmp_path), "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}"}
    argv = [sys.executable, "-m", "omnitui", "demo", "--speed", "0"]
    with Terminal(argv, columns=120, lines=40, cwd=ROOT, env=env) as terminal:
        terminal.wait_for("in step", timeout=60)
        terminal.wait_quiet(1.0)
        print(f"\n{'action':<16}{'bytes':>8}{'ms at 1 Mbit/s and 100 ms':>28}")
        print(f"{'start':<16}{len(terminal.raw):>8}{_millis(len(terminal.raw)):>28.0f}")
        for name, keys in ACTIONS:
            before = len(terminal.raw)
            terminal.send(*keys)
            terminal.wait_quiet(0.8)
            sent = len(terminal.raw) - before
            print(f"{name:<16}{sent:>8}{_millis(sent):>28.0f}")
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0


def _millis(count: int) -> float:
    """The key's way there, the answer's way back, and its bytes through the line."""
    return 1_000 * (ROUND_TRIP + count * 8 / BITS)
