"""The lease belongs to one process and dies with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from omnitui.sync.lease import Holder, Lease, boot_id

HOLD = """
import sys, time
from pathlib import Path
from omnitui.sync.lease import Lease
lease = Lease(Path(sys.argv[1]))
print(lease.acquire(), flush=True)
time.sleep(120)
"""


def test_lease_belongs_to_one_when_two_ask(tmp_path: Path) -> None:
    first, second = Lease(tmp_path), Lease(tmp_path)
    assert first.acquire()
    assert not second.acquire()
    assert second.holder() == Holder(os.getpid(), boot_id(), 0)
    first.release()
    assert second.holder() is None
    assert second.acquire()
    second.release()


def test_lease_stays_ours_when_asked_for_twice(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    assert lease.acquire()
    assert lease.acquire()
    lease.release()
    lease.release()
    assert not lease.held


def test_lease_is_free_soon_after_its_process_was_killed(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline().strip() == "True"
    lease = Lease(tmp_path)
    assert not lease.acquire()
    holder = lease.holder()
    assert holder is not None
    assert holder.pid == other.pid
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    other.stdout.close()
    deadline = time.monotonic() + 20
    while not lease.acquire():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    lease.release()


def test_lease_is_not_held_when_the_file_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "sync.lock").write_text('{"pid": 1, "boot_id": "old"}')
    lease = Lease(tmp_path)
    assert lease.holder() is None
    assert lease.acquire()
    lease.release()
