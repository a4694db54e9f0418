"""The power fails while webhooks come in: what was answered is there, once, and the spool is whole."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omnitui.clock import FrozenClock
from omnitui.errors import OmniError
from omnitui.store.connection import reader
from omnitui.store.reads import spool as reads
from omnitui.store.spooling.spool import Spool
from tests.support.power import Disk, Step, steps
from tests.support.preload import shim
from tests.support.promises import Promise
from tests.support.spool_day import ANSWERED, SPOOL, body_of

ROOT = Path(__file__).resolve().parents[2]
LONG = pytest.param(600, 1_000, marks=[pytest.mark.torture, pytest.mark.timeout(1_200)])


def recorded(folder: Path, count: int) -> list[Step]:
    """What a process that kept so many deliveries wrote and synced."""
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim()),
        "TRACE_FILE": str(folder / "log"),
        "TRACE_ROOT": str(folder / "disk"),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}",
    }
    argv = [sys.executable, "-m", "tests.support.spool_day", str(folder / "disk"), str(count)]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return list(steps((folder / "log").read_bytes()))


def lost(left: Path, answered: bytes) -> int:
    """How many deliveries that were answered are not there. What is there is whole, and there once."""
    Spool(left / SPOOL, FrozenClock()).close()
    with closing(reader(left / SPOOL)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = [one.body for one in reads.page(db, "shop", 0, 10_000).items]
    assert len(kept) == len(set(kept))
    return len({body_of(int(number)) for number in answered.split()} - set(kept))


@pytest.mark.parametrize(("count", "cuts"), [(40, 10), LONG])
def test_power_cut_loses_no_webhook_that_was_answered(tmp_path: Path, count: int, cuts: int, promise: Promise) -> None:
    told = recorded(tmp_path, count)
    root, said = str(tmp_path / "disk"), str(tmp_path / "disk" / ANSWERED)
    first = next(number for number, step in enumerate(told) if step.path == said and step.kind == "w")
    chance = random.Random(20)
    disk, answered, done, looked = Disk(root, now={root: None}, certain={root: None}), b"", 0, 0
    for moment in sorted(chance.randrange(first + 1, len(told) + 1) for _number in range(cuts)):
        for step in told[done:moment]:
            disk.take(step)
            answered += step.data if step.path == said else b""
        done, left = moment, tmp_path / "left"
        disk.cut(left, chance)
        assert lost(left, answered) == 0
        looked += len(answered.split())
        shutil.rmtree(left)
    promise(
        "When the power fails, no webhook that the gateway answered is lost.",
        f"{cuts:,} power cuts in {len(told):,} writes and syncs: {looked:,} answered ones looked for, 0 lost",
    )


@pytest.mark.torture
def test_power_cut_is_noticed_where_nothing_was_synced(tmp_path: Path) -> None:
    told = recorded(tmp_path, 60)
    root = str(tmp_path / "disk")
    disk, answered = Disk(root, now={root: None}, certain={root: None}), b""
    for step in told:
        answered += step.data if step.path.endswith(ANSWERED) else b""
        if step.kind != "s" or step.path == root:
            disk.take(step)
    disk.cut(tmp_path / "left", random.Random(1))
    with pytest.raises((AssertionError, OmniError, sqlite3.Error)):
        assert lost(tmp_path / "left", answered) == 0
