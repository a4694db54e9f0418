"""A promise of the product with the figure that a test found for it: recorded for docs/trust.md, long forms printed.

The record of a run lies in build/promises.json; `python -m docs.trust` takes it over into docs/trust.json.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

RECORD = Path(__file__).resolve().parents[2] / "build" / "promises.json"
PROPERTY = "promise"

LINE_LOST = "A line that is lost is told within two seconds, and used again within five once it is back."

Promise = Callable[[str, str], None]
_found: list[dict[str, object]] = []


@pytest.fixture
def promise(request: pytest.FixtureRequest) -> Promise:
    """Say at the end of a test what it has shown: `promise("No acknowledged op is lost.", f"{kills} kills, 0 lost")`.

    The first text is one whole sentence, the same in the short and the long form; the second is the figure, in words.
    It counts only if the test passes.
    """

    # Not by the report's keywords: those name the folder tests/torture as well.
    form = "long" if request.node.get_closest_marker("torture") else "short"
    said = request.node.user_properties
    # What a first try that failed had shown does not count.
    said[:] = [one for one in said if one[0] != PROPERTY]

    def say(text: str, figure: str) -> None:
        said.append((PROPERTY, f"{form}\n{text}\n{figure}"))

    return say


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what a test that passed has said; with xdist, in the process that all workers report to."""
    if report.when != "call" or not report.passed or "PYTEST_XDIST_WORKER" in os.environ:
        return
    for name, value in report.user_properties:
        if name == PROPERTY:
            form, text, figure = str(value).split("\n", 2)
            _found.append({"promise": text, "figure": figure, "test": report.nodeid.split("@")[0], "form": form})
            if form == "long":
                print(f"\n{text} {figure}", flush=True)


def pytest_sessionfinish() -> None:
    """Add what this run has found to the record; the same test replaces what it said before."""
    if not _found:
        return
    day = time.strftime("%Y-%m-%d", time.gmtime())
    kept = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else []
    tests = {entry["test"] for entry in _found}
    kept = [entry for entry in kept if entry["test"] not in tests] + [{**entry, "date": day} for entry in _found]
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
