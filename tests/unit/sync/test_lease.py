"""The lease belongs to one process and dies with it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omnitui.clock import SystemClock
from omnitui.model.states import SendState
from omnitui.sdk import Idempotency
from omnitui.store import outbox
from omnitui.sync.engine import Engine
from omnitui.sync.lease import Holder, Lease, LeaseLost, boot_id
from omnitui.sync.outbox import OutboxRunner
from tests.support.connector import a_message
from tests.support.promises import Promise
from tests.support.sync_desk import PARSER, SyncDesk, until

ROOT = Path(__file__).resolve().parents[3]

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


SYNCS = """
import asyncio, sys
from pathlib import Path
from omnitui.clock import SystemClock
from omnitui.sync.engine import Engine
from omnitui.sync import lease
from tests.support.sync_desk import PARSER, SyncDesk
from omnitui.sdk import Idempotency
lease.BEAT_SECONDS = 0.1
folder = Path(sys.argv[1])
desk = SyncDesk(folder, SystemClock(), idempotency=Idempotency.FINDABLE)

async def main():
    from tests.support.connector import FakeConnector
    real = FakeConnector.deliver
    async def slow(self, op):
        print("about to send", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        return await real(self, op)
    FakeConnector.deliver = slow
    mine = lease.Lease(desk.state)
    print("leads", mine.acquire(), flush=True)
    engine = Engine(desk.cache, desk.connect, parser=PARSER)
    task = asyncio.create_task(engine.run(mine))
    while mine.held:
        await asyncio.sleep(0.05)
    print("lost it", flush=True)
    engine.stop()
    await task

asyncio.run(main())
"""


def syncing(folder: Path) -> subprocess.Popen[str]:
    """A process that leads, and stops at the door with each reply until it is told to go on."""
    return subprocess.Popen(
        [sys.executable, "-c", SYNCS, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}"},
    )


def test_lease_remembers_who_stood_still_for_as_long_as_that_process_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnitui.sync.lease.STALE_SECONDS", 0.1)
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "True"
        first, second = Lease(tmp_path), Lease(tmp_path)
        assert not first.acquire()
        time.sleep(0.2)
        assert first.acquire()
        assert first.seized
        first.release()
        # What the one that stood still has marked may leave whenever it wakes, whoever leads by then.
        assert second.acquire()
        assert second.seized
        second.release()
        other.kill()
        other.wait()
        assert second.acquire()
        assert not second.seized
        second.release()
    finally:
        other.kill()
        other.wait()
        assert other.stdout is not None
        other.stdout.close()


def test_holder_of_another_container_counts_as_living_where_nobody_can_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promise: Promise
) -> None:
    monkeypatch.setattr("omnitui.sync.lease.STALE_SECONDS", 0.1)
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "True"
        # What it is called there is nobody here, or somebody else.
        monkeypatch.setattr("omnitui.sync.lease.pid_space", lambda: 7)
        monkeypatch.setattr("omnitui.sync.lease._lives", lambda pid: False)
        first, second = Lease(tmp_path), Lease(tmp_path)
        holder = first.holder()
        assert holder is not None
        assert holder.contained
        assert not holder.elsewhere
        assert not first.acquire()
        time.sleep(0.2)
        assert first.acquire()
        assert first.seized
        first.release()
        for _ in range(2):
            assert second.acquire()
            assert second.seized
            assert not Lease(tmp_path).acquire()
            second.release()
        monkeypatch.setattr("omnitui.sync.lease.boot_id", lambda: "another start")
        assert second.acquire()
        assert not second.seized
        second.release()
    finally:
        other.kill()
        other.wait()
        assert other.stdout is not None
        other.stdout.close()
    promise(
        "Two containers that share a profile send nothing twice: what one may have sent the other does not send again.",
        "1 lease taken over from another container: 0 ops of it taken for unsent",
    )


def test_file_of_the_lease_is_whole_however_many_stood_still(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    assert lease.acquire()
    lease._stood = tuple((4_026_531_836, 4_194_000 + number) for number in range(8))
    lease.beat()
    seen = Lease(tmp_path).holder()
    assert seen is not None
    assert seen.pid == os.getpid()
    lease.release()


def test_holder_tells_for_how_long_it_has_not_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnitui.sync.lease.STILL_SECONDS", 0.2)
    holder, follower = Lease(tmp_path), Lease(tmp_path)
    assert holder.acquire()
    time.sleep(0.4)
    seen = follower.holder()
    assert seen is not None
    assert seen.still
    assert seen.quiet >= 0.2
    assert not seen.elsewhere
    holder.release()


async def test_process_that_stood_still_loses_the_lease_and_sends_nothing_when_it_wakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promise: Promise
) -> None:
    monkeypatch.setattr("omnitui.sync.lease.STALE_SECONDS", 1.0)
    desk = SyncDesk(tmp_path, SystemClock(), idempotency=Idempotency.FINDABLE)
    await desk.take(a_message(1))
    desk.operations.reply(desk.conversations()[0].id, "once")
    other = syncing(tmp_path)
    assert other.stdin is not None
    assert other.stdout is not None
    try:
        assert other.stdout.readline().strip() == "leads True"
        # It has made the reply `sending` and is stopped before the point of no return.
        assert other.stdout.readline().strip() == "about to send"
        lease = Lease(desk.state)
        assert not lease.acquire()
        os.kill(other.pid, signal.SIGSTOP)
        engine = Engine(desk.cache, desk.connect, parser=PARSER)
        task = asyncio.create_task(engine.run(lease))
        await until(lambda: desk.back_end.sent())
        assert lease.seized
        os.kill(other.pid, signal.SIGCONT)
        other.stdin.write("go on\n")
        other.stdin.flush()
        assert other.stdout.readline().strip() == "lost it"
        assert await asyncio.to_thread(other.wait, 60) == 0
        assert [item["text"] for item in desk.back_end.sent()] == ["once"]
        assert lease.valid()
        engine.stop()
        await task
        assert [message.state for message in desk.messages() if message.op_id] == [SendState.ACCEPTED]
    finally:
        other.kill()
        other.wait()
        other.stdin.close()
        other.stdout.close()
        desk.close()
    promise(
        "A sync that stood still sends nothing when it wakes after another has taken over.",
        "1 reply about to leave, 1 process stopped and woken, 1 that took over: sent 1 time",
    )


def test_lease_of_a_holder_that_moves_is_not_seized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnitui.sync.lease.STALE_SECONDS", 0.2)
    holder, follower = Lease(tmp_path), Lease(tmp_path)
    assert holder.acquire()
    for _ in range(8):
        holder.beat()
        assert not follower.acquire()
        time.sleep(0.05)
    assert holder.valid()


def test_lease_goes_to_one_of_many_followers_and_the_old_holder_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnitui.sync.lease.STALE_SECONDS", 0.1)
    holder, followers = Lease(tmp_path), [Lease(tmp_path) for _ in range(5)]
    assert holder.acquire()
    assert not any(one.acquire() for one in followers)
    time.sleep(0.2)
    assert sum(one.acquire() for one in followers) == 1
    assert not holder.valid()
    with pytest.raises(LeaseLost):
        holder.beat()
    holder.release()
    new = next(one for one in followers if one.held)
    assert new.seized
    assert new.valid()
    assert not holder.acquire()


async def test_what_a_living_process_may_still_send_is_called_unknown(tmp_path: Path) -> None:
    desk = SyncDesk(tmp_path, SystemClock(), idempotency=Idempotency.FINDABLE)
    await desk.take(a_message(1))
    op = desk.operations.reply(desk.conversations()[0].id, "where is it?")
    if desk.entry(op.id).state is SendState.HELD:
        await desk.cache.awrite(lambda tx: outbox.move(tx, op.id, SendState.QUEUED))
    await desk.cache.awrite(lambda tx: outbox.move(tx, op.id, SendState.SENDING))
    await desk.cache.awrite(lambda tx: outbox.mark(tx, op.id))
    runner = OutboxRunner(desk.cache, desk.account, desk.connect(desk.account), doubtful=True)
    await runner.run()
    assert desk.entry(op.id).state is SendState.UNKNOWN
    assert desk.back_end.sent() == []
    desk.close()
