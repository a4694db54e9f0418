"""Which tests run once more where they fail, and that a run which needed it says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """
from pathlib import Path
from tests import conftest
conftest.RERUN[:] = [Path(__file__).parent / "ui"]
from tests.conftest import pytest_collection_modifyitems
"""
ONCE = """
from pathlib import Path

async def test_once():
    seen = Path(__file__).with_name("seen")
    if not seen.exists():
        seen.touch()
        raise AssertionError("too slow this time")
"""


def test_tests_beside_real_programs_run_once_more_and_are_named(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    for name in ("ui", "pure"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "test_some.py").write_text(ONCE)
    words = ["-c", str(ROOT / "pyproject.toml"), "-p", "no:xdist", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 failed, 1 passed, 1 rerun in " in done.stdout
    named = done.stdout.partition("rerun test summary info")[2]
    rerun, _, failed = named.partition("short test summary info")
    assert "too slow this time" in rerun
    assert "ui/test_some.py::test_once" in rerun
    assert "pure/test_some.py::test_once" in failed


def test_pure_tests_never_run_twice(request: pytest.FixtureRequest) -> None:
    again = {item.path.parent for item in request.session.items if item.get_closest_marker("flaky")}
    assert again <= set(conftest.RERUN)
    assert {folder.relative_to(ROOT / "tests").as_posix() for folder in conftest.RERUN} == {"e2e", "servers", "ui"}
