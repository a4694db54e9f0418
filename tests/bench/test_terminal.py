"""Speed as it is felt in a terminal: start, keys, pages, resize, idle, each beside floors and peers in the same run.

The programs run in turns on the same machine; what counts are the ratios. OMNITUI_BENCH_ROWS names the sizes of ours
("10000,1000000"), OMNITUI_BENCH_ROUNDS how often each program runs.
"""

from __future__ import annotations

import os
import statistics
import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.bench import programs
from tests.bench.programs import Program
from tests.support.terminal import Terminal

pytestmark = pytest.mark.bench

ROUNDS = int(os.environ.get("OMNITUI_BENCH_ROUNDS", "3"))
SIZES = [int(size) for size in os.environ.get("OMNITUI_BENCH_ROWS", "10000,1000000").split(",")]
MAILS = 10_000
KEYS = 30
HELD = 45
GAP = 0.14
Figures = dict[str, dict[str, list[float]]]


def run(program: Program) -> Terminal:
    return Terminal(program.argv, columns=120, lines=40, cwd=programs.ROOT, env=program.env)


def seen_at(terminal: Terminal, text: str, timeout: float = 60.0) -> float:
    """Milliseconds from the start until a text had arrived."""
    wanted = text.encode()
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        have = b""
        for when, data in list(terminal.arrivals):
            have += data
            if wanted in have:
                return (when - terminal.started) * 1000
        time.sleep(0.005)
    raise AssertionError(f"{text!r} never came; screen:\n{terminal.screen()}")


def leave(terminal: Terminal, program: Program) -> None:
    terminal.send(*program.quit)
    end = time.monotonic() + 5
    while terminal.process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)


def strokes(terminal: Terminal, name: str, count: int, gap: float) -> tuple[list[float], list[float], list[float]]:
    """Press a key again and again: milliseconds to the first and to the last change, and bytes."""
    first: list[float] = []
    last: list[float] = []
    sent: list[float] = []
    for _ in range(count):
        at = terminal.send(name)
        time.sleep(gap)
        came = terminal.since(at)
        if came:
            first.append((came[0][0] - at) * 1000)
            last.append((came[-1][0] - at) * 1000)
            sent.append(sum(len(data) for _, data in came))
    return first, last, sent


def held(terminal: Terminal, name: str, count: int) -> tuple[list[float], float]:
    """A key 30 times a second: milliseconds until the first change after each, and bytes a key."""
    pressed = []
    for _ in range(count):
        pressed.append(terminal.send(name))
        time.sleep(1 / 30)
    time.sleep(0.5)
    came = terminal.since(pressed[0])
    lags = [next(((when - at) * 1000 for when, _ in came if when >= at), 500.0) for at in pressed]
    return lags, sum(len(data) for _, data in came) / count


def cpu_and_switches(pid: int) -> tuple[float, int]:
    """Seconds of CPU and voluntary switches (wake-ups) of all threads of a process."""
    ticks = 0
    switches = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                switches += int(line.split()[1])
    return ticks / os.sysconf("SC_CLK_TCK"), switches


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(program: Program, figures: dict[str, list[float]]) -> None:
    """One start and one sitting of a program."""
    with run(program) as terminal:
        figures["rows, ms"].append(seen_at(terminal, program.ready))
        if program.alive:
            terminal.send("j")
            figures["keys, ms"].append(seen_at(terminal, program.alive))
            leave(terminal, program)
            return
        seen_at(terminal, program.up)
        terminal.wait_quiet(1.0)
        first, last, sent = strokes(terminal, "j", KEYS, GAP)
        figures["j first, ms"] += first
        figures["j all, ms"] += last
        figures["j, bytes"] += sent
        lags, each = held(terminal, "j", HELD)
        figures["j held, ms"] += lags
        figures["j held, bytes"].append(each)
        if program.page:
            terminal.wait_quiet(0.3)
            _, last, sent = strokes(terminal, program.page, 12, 0.2)
            figures["page, ms"] += last
            figures["page, bytes"] += sent
            at = terminal.resize(110, 38)
            terminal.wait_quiet(0.5)
            came = terminal.since(at)
            if came:
                figures["resize, ms"].append((came[-1][0] - at) * 1000)
                figures["resize, bytes"].append(sum(len(data) for _, data in came))
            terminal.wait_quiet(1.5)
            before, at = cpu_and_switches(terminal.process.pid), time.perf_counter()
            time.sleep(4)
            after = cpu_and_switches(terminal.process.pid)
            figures["idle, wake-ups/s"].append((after[1] - before[1]) / 4)
            figures["idle, CPU %"].append((after[0] - before[0]) / 4 * 100)
            figures["idle, bytes"].append(sum(len(data) for _, data in terminal.since(at)))
            figures["memory, MB"].append(memory(terminal.process.pid))
        leave(terminal, program)


def keys_after_start(program: Program, figures: dict[str, list[float]]) -> None:
    """From the start until a key that was typed at once has had its effect."""
    with run(program) as terminal:
        terminal.send("j")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            lines = [y for y, line in enumerate(terminal.rows()) if line.startswith(">")]
            if lines and lines[0] > 2:
                break
            time.sleep(0.01)
        figures["keys, ms"].append((terminal.arrivals[-1][0] - terminal.started) * 1000)
        leave(terminal, program)


def table(figures: Figures) -> str:
    """Medians and, for times of keys, the 95th percentile."""
    names = list(figures)
    lines = ["", f"{'':18}" + "".join(f"{name:>19}" for name in names)]
    rows: dict[str, None] = {}
    for found in figures.values():
        rows.update(dict.fromkeys(found))
    for row in rows:
        cells = []
        for name in names:
            values = sorted(figures[name].get(row, []))
            if not values:
                cells.append("–")
            elif len(values) >= 10 and row.endswith("ms"):
                cells.append(f"{statistics.median(values):.1f} / {values[int(len(values) * 0.95)]:.1f}")
            else:
                cells.append(f"{statistics.median(values):,.1f}")
        lines.append(f"{row:18}" + "".join(f"{cell:>19}" for cell in cells))
    return "\n".join(lines)


def ratios(figures: Figures) -> str:
    """The goals as ratios, where both sides were measured."""

    def of(name: str, row: str, share: float) -> float | None:
        values = sorted(figures.get(name, {}).get(row, []))
        return values[min(len(values) - 1, int(len(values) * share))] if values else None

    lines = [""]
    for size in SIZES:
        ours = f"omnitui {size:,}"
        for title, row, share, other, other_row, goal in (
            ("rows / neomutt's", "rows, ms", 0.5, "neomutt", "rows, ms", 0.2),
            ("rows / raw Python's", "rows, ms", 0.5, "raw Python", "rows, ms", 0.0),
            ("keys / hello world's", "keys, ms", 0.5, "Textual hello", "keys, ms", 1.15),
            ("j selection p95 / neomutt's", "j first, ms", 0.95, "neomutt", "j first, ms", 1.5),
            ("j all p95 / aerc's", "j all, ms", 0.95, "aerc", "j all, ms", 0.6),
            ("held j p95 / neomutt's j", "j held, ms", 0.95, "neomutt", "j first, ms", 2.0),
            ("page p95 / neomutt's", "page, ms", 0.95, "neomutt", "page, ms", 3.0),
            ("memory / neomutt's", "memory, MB", 0.5, "neomutt", "memory, MB", 1.0),
        ):
            mine, theirs = of(ours, row, share), of(other, other_row, share)
            if mine is not None and theirs:
                wish = f"goal ≤ {goal}" if goal else ""
                lines.append(f"{ours:18} {title:30} {mine / theirs:6.2f}   {wish}")
        for title, row, goal in (
            ("bytes of j", "j, bytes", 1_200),
            ("bytes of a held j", "j held, bytes", 1_200),
            ("bytes of a page", "page, bytes", 11_500),
            ("bytes of a resize", "resize, bytes", 15_000),
            ("idle wake-ups a second", "idle, wake-ups/s", 0.5),
            ("idle bytes", "idle, bytes", 0),
        ):
            value = of(ours, row, 0.5)
            if value is not None:
                lines.append(f"{ours:18} {title:30} {value:6.1f}   goal ≤ {goal:,}")
    return "\n".join(lines)


def test_terminal_speed_beside_floors_and_peers(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("bench")
    ours = [programs.omnitui(folder, size) for size in SIZES]
    peers = [programs.neomutt(folder, MAILS), programs.aerc(folder, MAILS)]
    others = [programs.raw_python(folder, SIZES[0]), programs.hello_world(), *(peer for peer in peers if peer)]
    figures: Figures = defaultdict(lambda: defaultdict(list))
    for program in (*ours, *others):
        # Once unmeasured: compiled modules, header caches, the layout for the first frame.
        with run(program) as terminal:
            seen_at(terminal, program.ready)
            seen_at(terminal, program.up)
            terminal.wait_quiet(3.0)
            leave(terminal, program)
    for _ in range(ROUNDS):
        for program in (*others, *ours):
            measure(program, figures[program.name])
            if program in ours:
                keys_after_start(program, figures[program.name])
    print(table(figures))
    print(ratios(figures))
    for program in ours:
        assert figures[program.name]["j first, ms"], "the selection moved"
