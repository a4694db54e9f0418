"""Skips that are seen: counted by their reason at the end of a run, and failures where everything is installed."""

from __future__ import annotations

import os
from collections import Counter
from typing import NoReturn

import pytest

REQUIRED = "OMNITUI_REQUIRE_SERVERS"
"""Set where every program that tests need has been installed."""
SHARED = "../shared"
"""Named in the reason of a skip for that folder, which is on no machine but its owner's."""
NOT_TO_BE_HAD = "not to be had on every machine: "


def skip_beyond(reason: str) -> NoReturn:
    """Skip for what no package brings: a right, a kernel, a disk."""
    pytest.skip(NOT_TO_BE_HAD + reason)


def reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, and how to install what it needs."""
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Where everything has been installed, a test that skips for what a package would have brought is a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(REQUIRED):
        why = reason(report)
        if SHARED not in why and not why.startswith(NOT_TO_BE_HAD):
            report.outcome, report.longrepr = "failed", f"skipped, although everything is to be installed here: {why}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what was skipped, by its reason."""
    counts = Counter(reason(report) for report in terminalreporter.stats.get("skipped", ()))
    for why, count in counts.most_common():
        terminalreporter.line(f"{count:5} skipped: {why}", yellow=True)
