"""A short day over a line of 100 ms there and back and 1 Mbit/s: what each act costs in bytes and time.

The figures of docs/terminals.md come from here: `make torture` prints them.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.support.far_line import Way
from tests.support.promises import Promise
from tests.support.terminal import Terminal

START = 90.0
DELAY = 0.05
"""Seconds in each direction."""
RATE = 1_000_000
QUIET = 0.35
"""Seconds without a byte: longer than the line takes, shorter than the cursor of a text field blinks."""
HELD = 20
ROOT = Path(__file__).parents[2]


def test_bytes_arrive_after_the_delay_and_one_after_the_other() -> None:
    at = [10.0]
    way = Way(0.05, 8_000, lambda: at[0])
    way.put(b"a" * 100)
    way.put(b"b" * 50)
    assert (way.size, way.take()) == (150, b"")
    assert way.due == pytest.approx(0.15)
    at[0] += 0.151
    assert way.take() == b"a" * 100
    assert way.due == pytest.approx(0.049)
    at[0] += 0.05
    assert way.take() == b"b" * 50
    assert (way.size, way.due) == (0, None)


@pytest.mark.torture
def test_short_day_over_a_far_line(tmp_path: Path, promise: Promise) -> None:
    command = (sys.executable, "-m", "omnitui", "demo", "--speed", "0")
    argv = (sys.executable, "-m", "tests.support.far_line", str(DELAY), str(RATE), *command)
    with Terminal(argv, columns=120, lines=40, env={"OMNITUI_HOME": str(tmp_path)}, cwd=ROOT) as terminal:
        terminal.wait_for("in step", timeout=START)
        figures: list[tuple[str, int, float, float]] = []

        def act(name: str, *keys: str, sees: str, gap: float = 0.0) -> None:
            terminal.wait_quiet(QUIET)
            at = time.perf_counter()
            for key in keys:
                terminal.send(key)
                time.sleep(gap)
            terminal.wait_for(sees)
            terminal.wait_quiet(QUIET)
            arrived = terminal.since(at)
            size = sum(len(data) for _when, data in arrived)
            figures.append((name, size // len(keys), arrived[0][0] - at, arrived[-1][0] - at - gap * (len(keys) - 1)))

        act("next conversation", "j", sees="Emma Clarke · ")
        act("j held, each", *["j"] * HELD, sees="> ", gap=0.033)
        act("to the top", "g", "g", sees="定期便の数量")
        act("open", "enter", sees="▌定期便の数量")
        act("reply", "r", sees="REPLY")
        act("a letter", "H", sees="H ")
        act("send", "ctrl+s", sees="held, leaves in")
        act("undo", "u", sees="undone: reply")
        act("search", "/", sees="Search all messages")
        act("a letter of it", "返", sees="返")
        act("back", "escape", sees="▌定期便の数量")
        act("resolve", "d", "d", sees="resolved")
        sizes = {name: size for name, size, _first, _last in figures}
        # Bytes are time here: 12 kB are 100 ms.
        assert sizes["j held, each"] <= 1_200
        assert max(sizes.values()) <= 12_000
        each = (f"{name} {size:,} B, {first * 1000:.0f} to {last * 1000:.0f} ms" for name, size, first, last in figures)
        promise("Over a slow line, no act in the console sends more than 12 kB.", "; ".join(each))
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
