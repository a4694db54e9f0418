"""What the benchmarks share: the big cache, and the table that is printed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.store.cache import Cache
from tests.bench import filling, page
from tests.bench.figures import Figures

_FIGURES = Figures()


@pytest.fixture
def figures() -> Figures:
    """Where each benchmark puts what it measured."""
    return _FIGURES


@pytest.fixture(scope="session")
def big() -> Path:
    """The folder of a cache with a million messages; filled once and kept under the folder for temporary files."""
    return filling.kept(filling.CONVERSATIONS)


@pytest.fixture
def big_cache(big: Path) -> Iterator[Cache]:
    with Cache.open(big) as cache:
        yield cache


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, and keep it for the page that is made from it."""
    if _FIGURES.rows:
        terminalreporter.section("measured against a floor of the same run")
        for line in _FIGURES.lines():
            terminalreporter.write_line(line)
        page.keep(_FIGURES)
