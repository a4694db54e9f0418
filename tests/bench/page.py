"""The page of what was measured, docs/performance.md: `python -m tests.bench.page` makes it from the last `make bench`.

Each run keeps its figures in build/bench.json; a run of some of the benchmarks renews those rows and leaves the others.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.figures import Figures, shown_number

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build/bench.json"
PAGE = ROOT / "docs/performance.md"
HEAD = """# Performance

Made by `make bench` from what it measured; not written by hand. Each figure stands beside a floor or a peer that was
measured in turns with it in the same run: trust the ratios and the goals, not the milliseconds, which are those of one
machine. Rows that miss their goal are told as those that reach it.

A terminal is a pty of 120×40; times run from a key to the arrival of the bytes. "First key obeyed" is a `j` typed at
the very start, which moves the selection on the first frame; "every key obeyed" is a key that needs the whole console.
"""


def keep(figures: Figures) -> None:
    """Put the figures of a run into build/bench.json, in the place of the same rows of earlier runs."""
    rows = load()
    for figure in figures.rows:
        rows.pop(figure.what, None)
        rows[figure.what] = {
            "value": shown_number(figure.value, figure.unit),
            "goal": f"{'≤' if figure.most else '≥'} {shown_number(figure.goal, figure.unit)}",
            "reached": figure.reached,
            "remark": figure.remark,
            "day": time.strftime("%Y-%m-%d"),
        }
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


def load() -> dict[str, dict[str, Any]]:
    """The kept rows by their names."""
    found: dict[str, dict[str, Any]] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return found


def page(rows: dict[str, dict[str, Any]]) -> str:
    """The page of these rows."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    missed = sum(not row["reached"] for row in rows.values())
    lines = [HEAD, f"{len(rows) - missed} of {len(rows)} goals are reached on {machine}.", ""]
    lines += ["| what | measured | goal | | remark |", "|---|---|---|---|---|"]
    for what, row in rows.items():
        state = "reached" if row["reached"] else "**missed**"
        cells = (what, row["value"], row["goal"], state, f"{row['remark']} ({row['day']})".strip())
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page; returns the exit code."""
    rows = load()
    if not rows:
        print("nothing was measured: run `make bench`", file=sys.stderr)
        return 1
    PAGE.write_text(page(rows), "utf-8")
    print(PAGE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
