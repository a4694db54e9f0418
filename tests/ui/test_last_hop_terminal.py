"""The last hop in a real pty: hostile text, keys typed ahead, leaving the terminal as it was."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terminal import PATIENCE, Terminal

ROOT = Path(__file__).parents[2]
APP = ROOT / "tests/support/hostile_app.py"
OWN = re.compile(
    rb"\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"
    rb"|\x1b\[\?(?:2026|2048)\$p"
    rb"|\x1b\[[0-9;]*[CGHKXm]"
    rb"|\x1b\[J"
    rb"|\x1b\[>[0-9]+u|\x1b\[<u"
    rb"|\x1b\]2;[^\x00-\x1f\x7f]*\x07"
    rb"|\x1b\]22;[a-z]*\x07"
    rb"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07"
    rb"|\r"
)


def hostile_app(**options: object) -> Terminal:
    env = {"PYTHONPATH": f"{ROOT}", **options.pop("env", {})}  # type: ignore[dict-item]
    return Terminal([sys.executable, APP], cwd=ROOT, env=env, **options)  # type: ignore[arg-type]


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with hostile_app(columns=140, lines=40) as made:
        made.wait_for("ready")
        made.wait_quiet()
        yield made


@pytest.mark.parametrize(
    "env", [{}, {"NO_COLOR": "1"}, {"TERM": "tmux-256color"}], ids=["colour", "without colour", "tmux"]
)
def test_only_our_own_sequences_reach_the_terminal(env: dict[str, str]) -> None:
    with hostile_app(columns=140, lines=40, env=env) as terminal:
        terminal.wait_for("ready")
        os.write(terminal._master, b"\x1b[<35;20;10M")  # the mouse over the framed text, for its tooltip
        terminal.send("down", "up", "o")
        terminal.resize(100, 30)
        # Less than the cursor of the field takes to blink.
        terminal.wait_quiet(0.4)
        assert "M1" in terminal.screen()
        terminal.send("escape")
        terminal.wait_quiet(0.3)
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        rest = OWN.sub(b"", terminal.raw)
        text = rest.decode("utf-8")
        foreign = sorted({character for character in text if not character.isprintable() and character != "\u3000"})
        assert foreign == []
        assert b"\x1b]52;c;cHduZWQ=" not in terminal.raw


def test_rows_of_the_list_bring_no_foreign_sequence() -> None:
    hostile = r"\x1b]0;pwned\x07\x9b2J\u202egnp\U000e0041\ud83d \x1b[2J \x08\x00 end"
    argv: list[str | Path] = [sys.executable, ROOT / "tests/support/list_app.py", "50", hostile]
    with Terminal(argv, columns=100, lines=20, cwd=ROOT, env={"PYTHONPATH": f"{ROOT}"}) as terminal:
        terminal.wait_for("pwned")
        terminal.send("j", "k", "v", "pagedown")
        terminal.wait_for("#12")
        terminal.send("g")
        terminal.wait_for("Alice")
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        rest = OWN.sub(b"", terminal.raw).decode("utf-8")
        assert sorted({character for character in rest if not character.isprintable()}) == []


def test_without_colour_no_colour_is_sent() -> None:
    with hostile_app(columns=100, lines=30, env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("ready")
        terminal.send("down")
        terminal.wait_until(
            lambda: any(reverse for *_, reverse in terminal.styles(3)), "the highlighted option told apart"
        )
        colours = [
            code for code in re.findall(rb"\x1b\[([0-9;]*)m", terminal.raw) if re.search(rb"(^|;)[34][0-8]\b", code)
        ]
        assert colours == []


def test_keys_typed_ahead_go_where_the_first_of_them_led(terminal: Terminal) -> None:
    terminal.type("ox-ray and jj")
    terminal.wait_for("x-ray and jj")
    assert terminal.process.poll() is None


def test_a_lone_escape_closes_at_once(terminal: Terminal) -> None:
    terminal.type("oabcdefgh")
    terminal.wait_for("abcdefgh")
    terminal.send("escape")
    terminal.wait_for("abcdefgh", gone=True)


def test_a_paste_is_one_event(terminal: Terminal) -> None:
    terminal.paste("line one\x1b]0;x\x07")
    terminal.wait_for("pasted: line one")


def test_the_mouse_reaches_widgets(terminal: Terminal) -> None:
    before = terminal.styles(3)
    terminal.click(10, 3)
    terminal.wait_until(lambda: terminal.styles(3) != before, "the option that was clicked")


def test_the_terminal_is_left_as_it_was() -> None:
    with hostile_app(columns=80, lines=24) as terminal:
        terminal.wait_for("M1")
        assert terminal.attributes()[3] != terminal.before[3]
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        assert terminal.attributes() == terminal.before
        assert terminal.raw.index(b"\x1b[?1049l") > terminal.raw.index(b"\x1b[?1049h")
        assert b"\x1b[?25h" in terminal.raw[terminal.raw.index(b"\x1b[?1049l") :]


def stopped(process: int) -> bool:
    """Whether a process, or its first thread, stands still."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_suspending_and_coming_back_draws_again(terminal: Terminal) -> None:
    terminal.send("z")
    terminal.wait_until(lambda: b"\x1b[?1049l" in terminal.raw, "the terminal as it was")
    terminal.wait_until(lambda: stopped(terminal.process.pid), "a stopped process")
    assert terminal.attributes()[3] & termios.ICANON
    mark = time.perf_counter()
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.wait_until(lambda: b"second" in b"".join(data for _, data in terminal.since(mark)), "a new drawing")
    terminal.type("oback again")
    terminal.wait_for("back again")


def test_what_changes_while_another_program_has_the_terminal_is_drawn_afterwards(terminal: Terminal) -> None:
    terminal.send("e")
    terminal.wait_for("keys: edited")
    away = terminal.raw.partition(b"\x1b[?1049l")[2].partition(b"\x1b[?1049h")[0]
    assert b"changed" not in away


def test_a_crash_shows_no_values(terminal: Terminal) -> None:
    terminal.send("x")
    assert terminal.wait_end() == 1
    assert b"RuntimeError" in terminal.raw
    assert b"secret" not in terminal.raw


def test_a_closed_terminal_ends_the_app(terminal: Terminal) -> None:
    process = terminal.process
    os.close(terminal._master)
    terminal._master = os.open(os.devnull, os.O_RDWR)
    assert process.wait(PATIENCE) != 0
