"""What every test shares: where tests may skip, and a home of its own for each."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from omnitui import i18n
from tests.support.promises import promise, pytest_runtest_logreport, pytest_sessionfinish
from tests.support.ready_cache import copied
from tests.support.skips import pytest_runtest_makereport, pytest_terminal_summary

__all__ = [
    "promise",
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
]

_NUMBERS = count()
SHARED = Path(__file__).resolve().parents[2] / "shared"
RERUN = [Path(__file__).parent / name for name in ("e2e", "servers", "ui")]
"""Folders of tests in which other programs, terminals and real clocks take part: each may run once more."""

# Hundreds of processes are started from here: each would compile the package anew where this is set.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Two cores that other tests share: hypothesis' own deadlines would measure the neighbours.
settings.register_profile("omnitui", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("omnitui")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the benchmarks to `make bench`."""
    if collection_path.name == "bench" and "bench" not in str(config.getoption("-m", default="")):
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Skip what needs ../shared where it is absent; leave the long attacks to `make torture`."""
    if "torture" not in str(config.getoption("-m", default="")):
        long = [item for item in items if item.get_closest_marker("torture")]
        if long:
            config.hook.pytest_deselected(items=long)
            items[:] = [item for item in items if item not in set(long)]
    for item in items:
        if item.path.parent in RERUN and not item.get_closest_marker("torture"):
            item.add_marker(pytest.mark.flaky(reruns=1))
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason="the folder ../shared is not on this machine"))


@pytest.fixture(autouse=True, scope="session")
def _caches_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with copied(tmp_path_factory.mktemp("ready")):
        yield


@pytest.fixture(autouse=True)
def _garbage_is_collected() -> Iterator[None]:
    """A console that a test leaves half open has stopped Python's collecting for all that follow."""
    yield
    if not gc.isenabled():
        gc.unfreeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _words_are_english() -> Iterator[None]:
    """A verb that a test runs in Japanese has set the language of the whole process."""
    yield
    i18n.use_language("en")


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all of them: pytest's own would look through thousands before each test."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _own_home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the profile of whoever runs it."""
    home = _homes / str(next(_NUMBERS))
    home.mkdir()
    monkeypatch.setenv("OMNITUI_HOME", str(home))
    for name in ("OMNITUI_PROFILE", "OMNITUI_FAILPOINT", "NO_COLOR", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
