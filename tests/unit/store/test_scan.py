"""Files are looked through without harm to the locks of a cache that is open."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from omnitui.store.forgetting.scan import scan
from tests.support.store_desk import Desk

WRITE = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    db.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError:
    sys.exit(3)
"""


def is_locked(path: Path) -> bool:
    """Whether another process finds that somebody writes."""
    return subprocess.run([sys.executable, "-c", WRITE, str(path)], timeout=60, check=False).returncode == 3


def test_the_open_cache_is_looked_through_and_keeps_its_locks(desk: Desk) -> None:
    path = desk.cache.path
    desk.receive(text="a word like zqxvcanary")
    files = [path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"), path.parent / "missing"]
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        assert is_locked(path)
        looked = {one.path: one for one in scan(files, [re.compile(b"ZQXVCANARY", re.IGNORECASE)], 10, path)}
        assert is_locked(path)
    finally:
        db.close()
    assert set(looked) == set(files[:3])
    assert any(one.found for one in looked.values())
    assert all(one.found or one.size == one.path.stat().st_size for one in looked.values())


@pytest.mark.parametrize("before", [0, (1 << 20) - 5, (1 << 20) + 7])
def test_words_are_found_wherever_a_file_is_cut(tmp_path: Path, before: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"-" * before + "zqxv 返品".encode())
    patterns = [re.compile(re.escape("返品".encode())), re.compile(b"zqxv")]
    assert [one.found for one in scan([path], patterns[:1], 6, tmp_path / "none")] == [True]
    assert [one.found for one in scan([path], patterns[1:], 6, path)] == [True]
    assert [one.found for one in scan([path], [re.compile(b"other")], 6, path)] == [False]
