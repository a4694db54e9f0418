"""Speed as it is felt in a terminal: start, keys, pages, resize, idle, each beside floors and peers in the same run.

The programs run in turns on the same machine; what counts are the ratios. OMNITUI_BENCH_ROWS names the sizes of ours
("10000,1000000"), OMNITUI_BENCH_PEERS the peers ("neomutt,aerc,alot"), OMNITUI_BENCH_ROUNDS how often each program
runs, OMNITUI_BENCH_FOLDER where caches are kept.
"""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.bench import programs
from tests.bench.figures import Figures as Table
from tests.bench.figures import percentile
from tests.bench.programs import Program
from tests.support.terminal import Terminal

pytestmark = pytest.mark.bench

ROUNDS = int(os.environ.get("OMNITUI_BENCH_ROUNDS", "3"))
SIZES = [int(size) for size in os.environ.get("OMNITUI_BENCH_ROWS", "10000,1000000").split(",")]
PEERS = os.environ.get("OMNITUI_BENCH_PEERS", "neomutt,aerc,alot").split(",")
MAILS = 10_000
KEYS = 30
HELD = 45
GAP = 0.14
STORM_RATE = 1_000
SEARCHED = os.environ.get("OMNITUI_BENCH_SEARCH", "1") == "1"
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[@-~]")
SELECTED = re.compile(r"[│ ]?>")
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


def strokes(
    terminal: Terminal, name: str, count: int, gap: float, text: list[float] | None = None
) -> tuple[list[float], list[float], list[float]]:
    """Press a key again and again: milliseconds to the first and to the last change, and bytes.

    `text` takes how many of the bytes are text: what is left without any colour and any place to put it.
    """
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
            if text is not None:
                text.append(len(CONTROL.sub(b"", b"".join(data for _, data in came))))
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


def idle(pid: int, seconds: float) -> tuple[float, float]:
    """CPU in percent and voluntary switches (wake-ups) a second of the threads that a process has all the while."""
    before = spent(pid)
    time.sleep(seconds)
    after = spent(pid)
    ours = before.keys() & after.keys()
    cpu = sum(after[task][0] - before[task][0] for task in ours) / 1e9
    return cpu / seconds * 100, sum(after[task][1] - before[task][1] for task in ours) / seconds


def spent(pid: int) -> dict[str, tuple[int, int]]:
    """Of each thread: nanoseconds of CPU (the ticks of "stat" are 10 ms, more than an idle console takes), switches."""
    found: dict[str, tuple[int, int]] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it ended
            status = (task / "status").read_text()
            switches = int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
            found[task.name] = int((task / "schedstat").read_text().split()[0]), switches
    return found


def rested(pid: int) -> None:
    """Wait for what a start brings with it: the look for damage, and the day's snapshot."""
    end = time.monotonic() + 180
    while idle(pid, 2.0)[0] > 5 and time.monotonic() < end:
        continue


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
            terminal.wait_quiet(0.5)
            figures["memory, MB"].append(memory(terminal.process.pid))
            leave(terminal, program)
            return
        seen_at(terminal, program.up)
        terminal.wait_quiet(1.0)
        if program.opens:
            opened(terminal, program, figures)
        first, last, sent = strokes(terminal, "j", KEYS, GAP, figures["j, bytes of text"])
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
            resized(terminal, figures)
            terminal.wait_quiet(2.5)
            if program.up:  # a peer has no snapshot, and aerc is never below 5 %
                rested(terminal.process.pid)
            at = time.perf_counter()
            cpu, switches = idle(terminal.process.pid, 4)
            figures["idle, wake-ups/s"].append(switches)
            figures["idle, CPU %"].append(cpu)
            figures["idle, bytes"].append(sum(len(data) for _, data in terminal.since(at)))
            figures["memory, MB"].append(memory(terminal.process.pid))
        leave(terminal, program)


def opened(terminal: Terminal, program: Program, figures: dict[str, list[float]]) -> None:
    """Open a message again and again: with us the conversation of 500, with peers the mail that is selected."""
    if program.up:
        for _ in range(programs.LONG - 1):
            terminal.send("j")
            time.sleep(GAP)
    for _ in range(8):
        _, last, sent = strokes(terminal, program.opens, 1, 0.3)
        figures["open, ms"] += last
        figures["open, bytes"] += sent
        strokes(terminal, program.closes, 1, 0.3)
    if not program.up:
        return
    for _ in range(8):
        strokes(terminal, "enter", 1, 0.25)
        _, last, _ = strokes(terminal, "escape", 1, 0.25)
        figures["Esc, ms"] += last
    for keys in ("gu", "gi") * 4:
        strokes(terminal, keys[0], 1, 0.1)
        _, last, _ = strokes(terminal, keys[1], 1, 0.4)
        figures["view, ms"] += last
    strokes(terminal, "home", 1, 0.4)


def resized(terminal: Terminal, figures: dict[str, list[float]]) -> None:
    """Change the size to and fro."""
    for columns, lines in ((100, 32), (120, 40)) * 4:
        at = terminal.resize(columns, lines)
        terminal.wait_quiet(0.3)
        came = terminal.since(at)
        if came:
            figures["resize, ms"].append((came[-1][0] - at) * 1000)
            figures["resize, bytes"].append(sum(len(data) for _, data in came))


def keys_after_start(program: Program, last: int, figures: dict[str, list[float]]) -> None:
    """From the start until keys that were typed at once have had their effect: a move, and a key of the console's."""
    with run(program) as terminal:
        terminal.send("j")
        figures["keys, ms"].append(selected_at(terminal))
        leave(terminal, program)
    with run(program) as terminal:
        terminal.send("G")
        terminal.wait_for(f"#{last}", timeout=60)
        figures["console, ms"].append(seen_at(terminal, f"#{last}"))
        leave(terminal, program)


def selected_at(terminal: Terminal) -> float:
    """Milliseconds from the start until another row than the first was marked as selected."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        seen = len(terminal.arrivals)
        lines = [y for y, line in enumerate(terminal.rows()) if SELECTED.match(line)]
        if lines and lines[0] > 2:
            return (terminal.arrivals[seen - 1][0] - terminal.started) * 1000
        time.sleep(0.002)
    raise AssertionError(f"the selection never moved:\n{terminal.screen()}")


def storm(program: Program, data: Path, figures: dict[str, list[float]]) -> None:
    """Keys while another process stores 1,000 messages a second in the same cache."""
    with run(program) as terminal:
        seen_at(terminal, program.up)
        terminal.wait_quiet(1.0)
        argv = [sys.executable, "-c", programs.STORM, str(data), str(STORM_RATE)]
        writer = subprocess.Popen(argv, cwd=programs.ROOT)
        try:
            time.sleep(1.0)
            for _ in range(KEYS):
                at = terminal.send("j")
                time.sleep(GAP)
                came = terminal.since(at)
                if came:
                    figures["j in a storm, ms"].append((came[0][0] - at) * 1000)
        finally:
            writer.terminate()
            writer.wait(20)
        leave(terminal, program)


def searching(program: Program, figures: dict[str, list[float]]) -> None:
    """Type words into the search, letter by letter."""
    with run(program) as terminal:
        seen_at(terminal, program.up)
        terminal.wait_quiet(1.5)
        for word in ("refund", "invoice", "返金", "login"):
            strokes(terminal, "/", 1, 0.5)
            for letter in word:
                _, last, _ = strokes(terminal, letter, 1, 0.3)
                figures["search, ms"] += last
            strokes(terminal, "escape", 1, 0.5)
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
            elif len(values) >= 8 and row.endswith("ms"):
                cells.append(f"{statistics.median(values):.1f} / {percentile(values, 95):.1f}")
            else:
                cells.append(f"{statistics.median(values):,.1f}")
        lines.append(f"{row:18}" + "".join(f"{cell:>19}" for cell in cells))
    return "\n".join(lines)


RATIOS = (
    ("first rows / neomutt's", "rows, ms", 50, "neomutt", "rows, ms", 0.2),
    ("first key obeyed / hello-world's", "keys, ms", 50, "Textual hello", "keys, ms", 1.15),
    ("every key obeyed / hello-world's", "console, ms", 50, "Textual hello", "keys, ms", 1.15),
    ("j, selection, p95 / neomutt's", "j first, ms", 95, "neomutt", "j first, ms", 1.5),
    ("j, all panes, p95 / aerc's", "j all, ms", 95, "aerc", "j all, ms", 0.6),
    ("j, all panes, p95 / alot's", "j all, ms", 95, "alot", "j all, ms", 0.6),
    ("open of 500 messages, p95 / aerc's one", "open, ms", 95, "aerc", "open, ms", 0.3),
    ("memory / hello-world's", "memory, MB", 50, "Textual hello", "memory, MB", 2.0),
)
MOSTS = (
    ("page down, p95", "page, ms", 95, 16, "ms"),
    ("open of 500 messages, p95", "open, ms", 95, 16, "ms"),
    ("another view, p95", "view, ms", 95, 16, "ms"),
    ("Esc, p95", "Esc, ms", 95, 20, "ms"),
    ("resize, p95", "resize, ms", 95, 33, "ms"),
    ("resize", "resize, bytes", 50, 15_000, "bytes"),
    ("j", "j, bytes", 50, 1_200, "bytes"),
    ("j held", "j held, bytes", 50, 1_200, "bytes"),
    ("idle", "idle, bytes", 50, 0, "bytes"),
    ("idle, CPU", "idle, CPU %", 50, 0.2, "%"),
)


def put_goals(figures: Figures, goals: Table) -> None:
    """The goals, where both sides were measured."""

    def of(name: str, row: str, part: float) -> float | None:
        values = figures.get(name, {}).get(row, [])
        return percentile(values, part) if values else None

    for size in SIZES:
        ours = f"omnitui {size:,}"
        for title, row, part, other, other_row, goal in RATIOS:
            mine, theirs = of(ours, row, part), of(other, other_row, part)
            if mine is not None and theirs:
                unit = "MB" if row.endswith("MB") else "ms"
                goals.put(f"{title} ({size:,})", mine / theirs, goal, remark=f"{mine:.1f} {unit} to {theirs:.1f}")
        for title, row, part, most, unit in MOSTS:
            value = of(ours, row, part)
            text = of(ours, f"{row} of text", part)
            if value is not None:
                remark = "" if text is None else f"{text:,.0f} of them text, the rest its places and colours"
                goals.put(f"{title} ({size:,})", value, most, unit, remark=remark)
        calm, busy = of(ours, "j first, ms", 95), of(ours, "j in a storm, ms", 95)
        if calm and busy:
            remark = f"{busy:.1f} ms to {calm:.1f}"
            goals.put(f"j, p95, 1,000 messages/s to calm ({size:,})", busy / calm, 1.5, remark=remark)
    found = of("omnitui search", "search, ms", 95)
    if found is not None:
        goals.put("search as one types, p95, a million messages", found, 30, "ms")


@pytest.mark.skipif(not SIZES, reason="OMNITUI_BENCH_ROWS is empty")
def test_terminal_speed_beside_floors_and_peers(tmp_path_factory: pytest.TempPathFactory, figures: Table) -> None:
    folder = Path(os.environ.get("OMNITUI_BENCH_FOLDER") or tmp_path_factory.mktemp("bench"))
    sizes = {programs.omnitui(folder, size): size for size in SIZES}
    peers = {
        name: find(folder, MAILS)
        for name, find in (("neomutt", programs.neomutt), ("aerc", programs.aerc), ("alot", programs.alot))
        if name in PEERS
    }
    others = [programs.raw_python(folder, SIZES[0]), programs.hello_world(), *(peer for peer in peers.values() if peer)]
    search = [programs.searched(folder)] if SEARCHED else []
    found: Figures = defaultdict(lambda: defaultdict(list))
    for program in (*sizes, *search, *others):
        # Once unmeasured: compiled modules, header caches, the layout for the first frame.
        with run(program) as terminal:
            seen_at(terminal, program.ready)
            seen_at(terminal, program.up)
            terminal.wait_quiet(3.0)
            if program in sizes:
                # Twenty seconds after a start the day's snapshot begins.
                time.sleep(25)
                rested(terminal.process.pid)
            leave(terminal, program)
    for _ in range(ROUNDS):
        for program in (*others, *sizes):
            measure(program, found[program.name])
            if program in sizes:
                keys_after_start(program, sizes[program] - 1, found[program.name])
        for program in search:
            searching(program, found[program.name])
    for size in SIZES:
        program, data = programs.changing(folder, size)
        storm(program, data, found[program.name])
    print(table(found))
    for name, peer in peers.items():
        if peer is None:
            print(f"{name} is not installed: not compared")
    put_goals(found, figures)
    for program in sizes:
        assert found[program.name]["j first, ms"], "the selection moved"


@pytest.mark.skipif(not SIZES, reason="OMNITUI_BENCH_ROWS is empty")
def test_memory_over_ten_thousand_keys(tmp_path_factory: pytest.TempPathFactory, figures: Table) -> None:
    folder = Path(os.environ.get("OMNITUI_BENCH_FOLDER") or tmp_path_factory.mktemp("bench"))
    program = programs.omnitui(folder, SIZES[0])
    with run(program) as terminal:
        seen_at(terminal, program.up)
        terminal.wait_quiet(1.0)
        pressed(terminal, 2_000)
        before = memory(terminal.process.pid)
        pressed(terminal, 10_000)
        after = memory(terminal.process.pid)
        leave(terminal, program)
    figures.put("memory grown over 10,000 keys", after - before, 4, "MB", remark=f"{before:.1f} MB to {after:.1f}")


def pressed(terminal: Terminal, count: int) -> None:
    """Go down and up the list by lines and pages, without waiting longer than the console is busy."""
    for turn in range(count // 100):
        terminal.type(("j" * 50, "k" * 50)[turn % 2])
        terminal.send(*["pagedown" if turn % 4 < 2 else "pageup"] * 50)
        terminal.wait_quiet(0.12)
