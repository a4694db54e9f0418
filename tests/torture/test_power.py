"""The power fails at a thousand moments: what was acknowledged is there, and nothing is damaged."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omnitui.errors import OmniError
from omnitui.store.blobs import Blobs
from omnitui.store.cache import Cache
from tests.support.power import Disk, steps
from tests.support.power_day import blob_of
from tests.support.preload import shim
from tests.support.promises import Promise

ROOT = Path(__file__).resolve().parents[2]
LONG = pytest.param(240, 1_000, marks=[pytest.mark.torture, pytest.mark.timeout(1_200)])


def recorded(folder: Path, count: int) -> bytes:
    """The log of a process that did `count` works."""
    log = folder / "log"
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim()),
        "TRACE_FILE": str(log),
        "TRACE_ROOT": str(folder / "disk"),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}",
        "SQLITE_TMPDIR": str(folder),
    }
    argv = [sys.executable, "-m", "tests.support.power_day", str(folder / "disk"), str(count)]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return log.read_bytes()


@pytest.mark.parametrize(("works", "cuts"), [(40, 60), LONG])
def test_power_cut_loses_nothing_acknowledged(tmp_path: Path, works: int, cuts: int, promise: Promise) -> None:
    told = list(steps(recorded(tmp_path, works)))
    root, acknowledged = str(tmp_path / "disk"), str(tmp_path / "disk" / "acknowledged")
    first = next(number for number, step in enumerate(told) if step.path == acknowledged and step.kind == "w")
    chance = random.Random(20)
    moments = sorted(chance.randrange(first, len(told) + 1) for _ in range(cuts))
    disk, said, done, held = Disk(root, now={root: None}, certain={root: None}), b"", 0, 0
    for moment in moments:
        for step in told[done:moment]:
            disk.take(step)
            if step.path == acknowledged:
                said += step.data
        done = moment
        left = tmp_path / "left"
        disk.cut(left, chance)
        held += checked(left, said.decode().splitlines())
        shutil.rmtree(left)
    assert held
    promise(
        "When the power fails, nothing acknowledged is lost and the cache is whole.",
        f"{cuts:,} power cuts in {len(told):,} writes and syncs: {held:,} acknowledged works looked for, 0 lost",
    )


def test_power_cut_is_noticed_where_nothing_was_synced(tmp_path: Path) -> None:
    told = [step for step in steps(recorded(tmp_path, 10)) if step.kind != "s"]
    root = str(tmp_path / "disk")
    disk, said = Disk(root, now={root: None}, certain={root: None}), b""
    for step in told:
        disk.take(step)
        said += step.data if step.path.endswith("acknowledged") else b""
    left = tmp_path / "left"
    left.mkdir()
    disk.cut(left, random.Random(1))
    with pytest.raises((AssertionError, KeyError, OmniError)):
        checked(left, said.decode().splitlines())


def checked(left: Path, lines: list[str]) -> int:
    """Open what is left with the real store; how many acknowledged works and files were looked for."""
    with Cache.open(left / "data", state=left / "state") as cache:
        kept = dict(cache.read(lambda db: db.execute("SELECT name, value FROM meta").fetchall()))
        for line in lines:
            number, sha256 = line.split()
            assert kept[number].startswith(sha256), f"work {number} is lost"
            assert cache.blobs.get(sha256) == blob_of(int(number))
        cache.write(lambda tx: tx.db.execute("INSERT INTO meta(name, value) VALUES ('after', '')").rowcount)
    with closing(sqlite3.connect(left / "data" / "cache.sqlite3")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return len(lines)


def test_file_that_a_power_cut_left_empty_is_healed_when_it_comes_again(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha256 = blobs.put(b"whole", durable=False)
    blobs.path(sha256).write_bytes(bytes(5))
    assert blobs.put(b"whole") == sha256 == hashlib.sha256(b"whole").hexdigest()
    assert blobs.get(sha256) == b"whole"
