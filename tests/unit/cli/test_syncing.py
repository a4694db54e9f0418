"""`sync --once` beside another process that syncs: it ends when that one has caught up, and says where it has not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import DAY
from omnitui.model.accounts import Account
from omnitui.model.states import SendState
from omnitui.sdk import AuthFailed
from omnitui.services.privacy import retention
from omnitui.store import mounts, progress
from omnitui.store.accounts import set_paused
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts, history, ledger, outbox
from omnitui.sync import lease as leases
from omnitui.sync.engine import Engine
from omnitui.sync.lease import Lease
from omnitui.sync.steps import mark
from tests.support.command import Desk
from tests.support.connector import FakeBackEnd, FakeConnector, a_message
from tests.support.desk import a_conversation, an_account
from tests.support.desk import a_message as an_old_message
from tests.support.sync_desk import PARSER

CAPABLE = {"": {"idempotency": "A"}}


@pytest.fixture
def back_end(tmp_path: Path) -> FakeBackEnd:
    return FakeBackEnd(tmp_path / "server.jsonl")


@contextmanager
def syncing(desk: Desk, back_end: FakeBackEnd, change: Callable[[FakeConnector], None] | None = None) -> Iterator[None]:
    """Another omnitui on this profile, which has synced once; `change` makes its connector another one."""
    lease = Lease(desk.profile.state)
    assert lease.acquire()
    ready = threading.Event()
    ending: list[Callable[[], object]] = []

    async def lead() -> None:
        with Cache.open(desk.profile.data, state=desk.profile.state) as cache:

            def connect(account: Account) -> FakeConnector:
                made = FakeConnector(back_end, lambda op_id: mark(cache, op_id))
                if change is not None:
                    change(made)
                return made

            engine = Engine(cache, connect, parser=PARSER)
            loop = asyncio.get_running_loop()
            ending.append(lambda: loop.call_soon_threadsafe(engine.stop))
            running = asyncio.create_task(engine.run(lease))
            ready.set()
            await running

    thread = threading.Thread(target=lambda: asyncio.run(lead()))
    thread.start()
    try:
        assert ready.wait(30)
        yield
    finally:
        ending[0]()
        thread.join(30)


def texts(cache: Cache) -> list[str]:
    """Of all messages of all conversations."""
    ids = cache.read(lambda db: [str(row[0]) for row in db.execute("SELECT id FROM conversation ORDER BY pk")])
    return [one.text for each in ids for one in cache.read(history.page, each)]


def test_sync_once_ends_when_the_process_that_syncs_has_looked_again(desk: Desk, back_end: FakeBackEnd) -> None:
    an_account(desk.cache)
    with syncing(desk, back_end):
        assert desk.run("sync", "--once").code == 0
        # The back end tells no news by itself.
        back_end.events += [a_message(number) for number in range(1, 6)]
        ran = desk.run("sync", "--once", "--jsonl")
    assert ran.code == 0
    assert "waiting until it has caught up" in ran.err
    assert ran.objects[0]["health"] == "ok"
    assert texts(desk.cache) == [f"message {number}" for number in range(1, 6)]


def test_sync_once_ends_when_the_process_that_syncs_has_sent_what_was_written(
    desk: Desk, back_end: FakeBackEnd
) -> None:
    an_account(desk.cache, capabilities=CAPABLE)
    conversation = a_conversation(desk.cache, "Hello?")
    with syncing(desk, back_end):
        assert desk.run("reply", conversation.id, "--text", "Yes.", "--hold", "0").code == 0
        assert desk.run("sync", "--once").code == 0
        assert [item["text"] for item in back_end.sent()] == ["Yes."]


def test_sync_once_tells_of_a_login_that_the_process_that_syncs_was_refused(desk: Desk, back_end: FakeBackEnd) -> None:
    def refuse(connector: FakeConnector) -> None:
        connector.inbound_script = [AuthFailed("bad password")]

    an_account(desk.cache)
    with syncing(desk, back_end, refuse):
        ran = desk.run("sync", "--once")
    assert ran.code == 3
    assert "bad password" in ran.err


def test_sync_once_erases_what_is_kept_no_longer(desk: Desk) -> None:
    cache = desk.cache
    account_id = a_conversation(cache, "of today").account_id
    long_ago = a_conversation(cache, account=cache.read(lambda db: accounts.account(db, account_id)))
    an_old_message(cache, long_ago.id, "of long ago", at=cache.clock.now() - 40 * DAY)
    retention.keep(cache, account_id, 30)
    desk.run("sync", "--once")
    assert "of long ago" not in texts(cache)
    assert "of today" in texts(cache)
    told = cache.read(lambda db: ledger.entry(db, account_id, "retention"))
    assert told is not None
    assert "1 were erased" in told.budget


def test_sync_once_asks_for_no_account_that_is_paused(desk: Desk) -> None:
    account = an_account(desk.cache)
    desk.cache.write(lambda tx: set_paused(tx, account.id, True))
    lease = Lease(desk.profile.state)
    assert lease.acquire()
    ran = desk.run("sync", "--once")
    lease.release()
    assert (ran.code, ran.out) == (0, "Shop: paused\n")


def test_sync_once_fails_where_the_process_that_syncs_does_not_get_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnitui.cli.syncing.WAIT_SECONDS", 0.3)
    an_account(desk.cache)
    lease = Lease(desk.profile.state)
    assert lease.acquire()
    ran = desk.run("sync", "--once")
    lease.release()
    assert ran.code == 1
    assert "has not caught up with Shop" in ran.err
    assert "omnitui doctor" in ran.err


def test_sync_once_fails_where_the_process_that_syncs_does_not_send(
    desk: Desk, back_end: FakeBackEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnitui.cli.syncing.WAIT_SECONDS", 0.6)
    monkeypatch.setattr("omnitui.sync.outbox.OutboxRunner.run", lambda runner, now=None: asyncio.Event().wait())
    monkeypatch.setattr("omnitui.sync.supervisor.LAST_SEND_SECONDS", 0.1)
    an_account(desk.cache, capabilities=CAPABLE)
    conversation = a_conversation(desk.cache, "Hello?")
    assert desk.run("reply", conversation.id, "--text", "Yes.", "--hold", "0").code == 0
    with syncing(desk, back_end):
        ran = desk.run("sync", "--once")
        while "has not caught up" in ran.err:  # it has hardly begun
            ran = desk.run("sync", "--once")
    assert ran.code == 1
    assert "has not sent everything" in ran.err
    assert [entry.state for entry in desk.cache.read(outbox.entries)] == [SendState.QUEUED]


def test_sync_once_syncs_itself_where_the_other_process_ends_meanwhile(desk: Desk) -> None:
    lease = Lease(desk.profile.state)
    assert lease.acquire()
    account = an_account(desk.cache, kind="none such")

    def end_when_asked() -> None:
        with Cache.open(desk.profile.data) as cache:
            while not cache.read(progress.asked, account.id):
                time.sleep(0.05)
        lease.release()

    other = threading.Thread(target=end_when_asked)
    other.start()
    ran = desk.run("sync", "--once")
    other.join()
    assert "ended; this one syncs in its place" in ran.err
    # There is no such connector, and it is this process that says so.
    assert ran.code == 1
    assert "none such" in ran.err


def test_sync_once_waits_for_no_account_that_is_paused_meanwhile(desk: Desk) -> None:
    lease = Lease(desk.profile.state)
    assert lease.acquire()
    account = an_account(desk.cache)

    def pause_when_asked() -> None:
        with Cache.open(desk.profile.data) as cache:
            while not cache.read(progress.asked, account.id):
                time.sleep(0.05)
            cache.write(lambda tx: set_paused(tx, account.id, True))

    other = threading.Thread(target=pause_when_asked)
    other.start()
    ran = desk.run("sync", "--once")
    other.join()
    lease.release()
    assert (ran.code, ran.out) == (0, "Shop: not synced yet\n")


def test_sync_once_says_that_the_other_process_stands_still_and_takes_its_place(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "STILL_SECONDS", 0.0)
    monkeypatch.setattr(leases, "STALE_SECONDS", 2.0)
    lease = Lease(desk.profile.state)
    assert lease.acquire()
    an_account(desk.cache, kind="none such")
    ran = desk.run("sync", "--once")
    assert "has not moved for" in ran.err
    assert "stood still; this one syncs in its place" in ran.err
    assert not lease.valid()
    lease.release()


HOLD = """
import os, signal, sys
from pathlib import Path
from omnitui.sync.lease import Lease
lease = Lease(Path(sys.argv[1]))
assert lease.acquire()
print("leads", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


def doctor_on_sync(desk: Desk) -> dict[str, Any]:
    return next(one for one in desk.run("doctor", "--jsonl").objects if one["check"] == "sync")


def test_doctor_names_a_stopped_process_that_is_to_sync_and_says_what_to_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "STILL_SECONDS", 0.2)
    desk.profile.make()
    argv = [sys.executable, "-c", HOLD, str(desk.profile.state)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline().strip() == "leads"
            while not leases.is_stopped(other.pid):
                time.sleep(0.02)
            deadline = time.monotonic() + 30
            found = doctor_on_sync(desk)
            while found["verdict"] == "ok" and time.monotonic() < deadline:
                found = doctor_on_sync(desk)
        finally:
            other.kill()
    assert f"process {other.pid} is to sync, but was stopped: it has not moved since 20" in found["message"]
    assert f"kill -CONT {other.pid}" in found["hint"]
    assert "twice" in found["hint"]


def test_profile_on_a_network_file_system_is_said_by_every_verb_and_in_full_by_doctor(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:40 / {tmp_path} rw - nfs4 files:/home rw\n")
    assert "network" not in desk.run("ls").err
    monkeypatch.setattr(mounts, "TABLE", table)
    ran = desk.run("ls", "--jsonl")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        f"{desk.profile.data} lies on a network file system (nfs4), where the cache can break: see omnitui doctor\n"
    )
    found = [one for one in desk.run("doctor", "--jsonl").objects if "(nfs4)" in one["message"]]
    assert [one["verdict"] for one in found] == ["warning"]
    assert "send twice" in found[0]["message"]
    assert "XDG_STATE_HOME" in found[0]["hint"]
