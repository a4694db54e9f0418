"""What a run says of the tests that it skipped, and that CI skips none it could have run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest
from tests.support.skips import skip_beyond

@pytest.mark.parametrize("number", range(2))
def test_needing_a_program(number):
    pytest.skip("needs Frob: apt-get install frob")

def test_needing_a_right():
    skip_beyond("the right to mount")

@pytest.mark.skip(reason="no ../shared")
def test_needing_a_folder(): pass

@pytest.mark.xfail
def test_known(): assert False
"""


@pytest.mark.parametrize(
    ("required", "counts"), [("", "4 skipped, 1 xfailed"), ("1", "2 failed, 2 skipped, 1 xfailed")]
)
def test_skips_are_counted_by_reason_and_are_failures_where_everything_is_installed(
    tmp_path: Path, required: str, counts: str
) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.skips", "-p", "no:cacheprovider", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMNITUI_REQUIRE_SERVERS": required},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert counts in done.stdout
    assert "1 skipped: not to be had on every machine: the right to mount" in done.stdout
    assert ("2 skipped: needs Frob: apt-get install frob" in done.stdout) == (not required)
    assert ("although everything is to be installed here: needs Frob" in done.stdout) == bool(required)
