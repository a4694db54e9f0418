"""The writer: works that share a commit, fail alone, and are never lost once they were acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from omnitui.bus import Changed
from omnitui.errors import OmniError, Refused
from omnitui.model.states import ObjectKind
from omnitui.store import connection, failpoints, faults
from omnitui.store.cache import Cache
from omnitui.store.writer import Tx

PATIENCE = 30.0


def until(holds: Callable[[], bool]) -> bool:
    """Whether something becomes true before patience ends."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def add(name: str) -> Callable[[Tx], str]:
    def work(tx: Tx) -> str:
        tx.db.execute("INSERT INTO meta(name, value) VALUES (?, '')", (name,))
        tx.changed(ObjectKind.CONTACT, tx.ids.new(), 1)
        return name

    return work


def names(cache: Cache) -> set[str]:
    return {name for (name,) in cache.read(lambda db: db.execute("SELECT name FROM meta").fetchall())} - {
        "fulltext",
        "omnitui",
    }


@pytest.fixture
def cache(tmp_path: Path) -> Any:
    with Cache.open(tmp_path / "data", state=tmp_path / "state") as cache:
        yield cache


def test_write_returns_after_the_commit(cache: Cache) -> None:
    assert cache.write(add("a")) == "a"
    assert names(cache) == {"a"}


def test_event_loop_need_not_wait_long_while_the_writer_computes(cache: Cache, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(0.005)
    cache.write(add("a"))
    assert sys.getswitchinterval() < 0.0005


def test_failing_work_leaves_nothing_and_hurts_nobody(cache: Cache) -> None:
    gate = threading.Event()
    first = cache.submit(lambda _tx: gate.wait(PATIENCE))

    def fails(tx: Tx) -> None:
        add("half")(tx)
        raise Refused("no")

    futures: list[Future[Any]] = [cache.submit(add("a")), cache.submit(fails), cache.submit(add("b"))]
    gate.set()
    assert first.result(PATIENCE)
    assert futures[0].result(PATIENCE) == "a"
    assert futures[2].result(PATIENCE) == "b"
    with pytest.raises(Refused, match="no"):
        futures[1].result(PATIENCE)
    assert names(cache) == {"a", "b"}


def test_failing_work_alone_leaves_nothing(cache: Cache) -> None:
    def fails(tx: Tx) -> None:
        add("half")(tx)
        raise Refused("no")

    with pytest.raises(Refused):
        cache.write(fails)
    assert names(cache) == set()
    assert cache.write(add("a")) == "a"


def test_queued_works_share_commits(cache: Cache) -> None:
    commits: list[Changed] = []
    cache.bus.subscribe(Changed, commits.append)
    gate = threading.Event()
    cache.submit(lambda _tx: gate.wait(PATIENCE))
    futures = [cache.submit(add(f"{number}")) for number in range(100)]
    gate.set()
    for future in futures:
        future.result(PATIENCE)
    assert len(names(cache)) == 100
    assert len(commits) < 50


def test_works_of_many_threads_are_all_kept(cache: Cache) -> None:
    def run(thread: int) -> None:
        for number in range(25):
            cache.write(add(f"{thread}-{number}"), durable=number % 2 == 0)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(cache)) == 200


def test_synchronous_is_full_only_when_a_work_is_durable(cache: Cache) -> None:
    def mode(tx: Tx) -> int:
        found: int = tx.db.execute("PRAGMA synchronous").fetchone()[0]
        return found

    assert [cache.write(mode, durable=durable) for durable in (True, False, True)] == [2, 1, 2]


def test_waiting_within_a_work_is_refused(cache: Cache) -> None:
    with pytest.raises(RuntimeError, match="own thread"):
        cache.write(lambda _tx: cache.write(add("never")))


def test_closed_cache_refuses_works(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path / "data")
    future = cache.submit(add("a"))
    cache.close()
    assert future.result(0) == "a"
    with pytest.raises(Refused, match="closed"):
        cache.write(add("b"))


def test_log_is_folded_into_the_file_at_close(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path / "data")
    cache.write(add("a"))
    cache.close()
    wal = tmp_path / "data" / "cache.sqlite3-wal"
    assert not wal.exists() or wal.stat().st_size == 0


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    with Cache.open(tmp_path / "data") as cache:
        cache.write(add("a"))
        sha256 = cache.blobs.put(b"raw")
        files = [path for path in (tmp_path / "data").iterdir() if path.is_file()]
        assert {path.stat().st_mode & 0o777 for path in [*files, cache.blobs.path(sha256)]} == {0o600}


def test_full_disk_is_said_plainly_and_hurts_only_what_was_not_kept(cache: Cache) -> None:
    cache.write(add("before"))

    def limit(tx: Tx) -> None:
        tx.db.execute(f"PRAGMA max_page_count = {tx.db.execute('PRAGMA page_count').fetchone()[0] + 4}")

    def fill(tx: Tx) -> None:
        tx.db.execute("INSERT INTO meta(name, value) VALUES ('big', ?)", ("x" * 1_000_000,))

    cache.write(limit)
    with pytest.raises(faults.CacheFull) as caught:
        cache.write(fill)
    assert caught.value.hint
    assert names(cache) == {"before"}
    assert cache.write(add("after")) == "after"


def test_full_disk_fails_all_works_of_its_commit(cache: Cache) -> None:
    gate = threading.Event()

    def limit(tx: Tx) -> None:
        tx.db.execute(f"PRAGMA max_page_count = {tx.db.execute('PRAGMA page_count').fetchone()[0] + 4}")
        gate.wait(PATIENCE)

    def fill(tx: Tx) -> None:
        tx.db.execute("INSERT INTO meta(name, value) VALUES ('big', ?)", ("x" * 1_000_000,))

    cache.submit(limit)
    futures: list[Future[Any]] = [cache.submit(add("a")), cache.submit(fill), cache.submit(add("b"))]
    gate.set()
    kept = {future.result(PATIENCE) for future in futures if future.exception(PATIENCE) is None}
    assert isinstance(futures[1].exception(), faults.CacheFull)
    assert names(cache) == kept


def test_locked_file_is_said_plainly(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT", 50)
    monkeypatch.setattr(connection.connect, "__kwdefaults__", {"busy": 50})
    other = sqlite3.connect(cache.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(faults.CacheBusy):
        cache.write(add("a"))
    other.execute("ROLLBACK")
    other.close()
    assert cache.write(add("b")) == "b"
    assert names(cache) == {"b"}


def test_damaged_file_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cache.sqlite3").write_bytes(b"no database at all" * 1000)
    with pytest.raises(faults.CacheDamaged):
        Cache.open(tmp_path / "data")


async def test_superseded_read_is_interrupted(cache: Cache) -> None:
    def endless(db: sqlite3.Connection) -> object:
        return db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        ).fetchone()

    for _ in range(3):
        task = asyncio.create_task(cache.aread(endless))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await asyncio.wait_for(cache.aread(lambda db: db.execute("SELECT 7").fetchone()), PATIENCE) == (7,)


async def test_awrite_and_listen_meet(cache: Cache) -> None:
    async def listen() -> list[Changed]:
        heard: list[Changed] = []
        async for changed in cache.bus.listen(every=0.01):
            heard.append(changed)
            if sum(len(one.changes) for one in heard) == 5:
                break
        return heard

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    for number in range(5):
        await cache.awrite(add(str(number)))
    heard = await asyncio.wait_for(task, PATIENCE)
    assert heard[-1].seq == 5


def test_reads_within_a_query_see_one_state(cache: Cache) -> None:
    def twice(db: sqlite3.Connection) -> tuple[int, int]:
        before = db.execute("SELECT count(*) FROM meta").fetchone()[0]
        cache.write(add("between"))
        return before, db.execute("SELECT count(*) FROM meta").fetchone()[0]

    before, after = cache.read(twice)
    assert before == after
    assert names(cache) == {"between"}


def test_reading_connection_cannot_write(cache: Cache) -> None:
    with pytest.raises(OmniError):
        cache.read(lambda db: db.execute("DELETE FROM meta"))


CHILD = """
import sys
from pathlib import Path
from omnitui.store.cache import Cache
from omnitui.model.states import ObjectKind
cache = Cache.open(Path(sys.argv[1]) / "data", state=Path(sys.argv[1]) / "state")
def add(name):
    def work(tx):
        tx.db.execute("INSERT INTO meta(name, value) VALUES (?, '')", (name,))
        tx.changed(ObjectKind.CONTACT, tx.ids.new(), 1)
    return work
for number in range(int(sys.argv[3])):
    cache.write(add(f"{sys.argv[2]}-{number}"))
    print(f"{sys.argv[2]}-{number}", flush=True)
cache.close()
"""


def child(folder: Path, name: str, count: int, failpoint: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), name, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "OMNITUI_FAILPOINT": failpoint},
        cwd=Path(__file__).parents[3],
    )


def test_processes_take_turns_and_hear_each_other(cache: Cache, tmp_path: Path) -> None:
    heard: set[str] = set()
    cache.bus.subscribe(Changed, lambda event: heard.update(change.object_id for change in event.changes))
    children = [child(tmp_path, name, 40) for name in ("x", "y")]
    for number in range(40):
        cache.write(add(f"own-{number}"))
    for process in children:
        _out, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
    assert len(names(cache)) == 120
    assert until(lambda: len(heard) == 120)


def test_other_process_is_heard_without_sockets(tmp_path: Path) -> None:
    with Cache.open(tmp_path / "data") as one, Cache.open(tmp_path / "data") as other:
        heard: list[Changed] = []
        one.bus.subscribe(Changed, heard.append)
        other.write(add("a"))
        assert until(lambda: bool(heard))


def test_socket_of_a_dead_process_is_removed(cache: Cache, tmp_path: Path) -> None:
    import socket

    cache.watch()
    dead = tmp_path / "state" / "wake" / "1-dead"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(str(dead))
    assert dead.exists()
    cache.write(add("a"))
    assert until(lambda: not dead.exists())


@pytest.mark.parametrize("failpoint", [name for name in failpoints.ALL if name.startswith("writer.")])
@pytest.mark.parametrize("at", [1, 3])
def test_nothing_acknowledged_is_lost_when_killed(tmp_path: Path, failpoint: str, at: int) -> None:
    process = child(tmp_path, "n", 5, f"{failpoint}:{at}")
    out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == failpoints.EXIT_CODE, errors
    acknowledged = set(out.split())
    with Cache.open(tmp_path / "data") as cache:
        kept = names(cache)
        assert acknowledged <= kept
        assert len(kept) <= at
        assert cache.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
        assert cache.write(add("goes on")) == "goes on"


@pytest.mark.parametrize("failpoint", ["blob.written", "blob.named"])
def test_blob_is_whole_or_absent_when_killed(tmp_path: Path, failpoint: str) -> None:
    imports = "import sys; from pathlib import Path; from omnitui.store.blobs import Blobs"
    code = f"{imports}; Blobs(Path(sys.argv[1])).put(b'x' * 9)"
    process = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={"PATH": "/usr/bin:/bin", "OMNITUI_FAILPOINT": failpoint},
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert process.returncode == failpoints.EXIT_CODE
    from omnitui.store.blobs import Blobs

    blobs = Blobs(tmp_path)
    whole = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".part-")]
    assert len(whole) == (failpoint == "blob.named")
    assert blobs.get(blobs.put(b"x" * 9)) == b"x" * 9


def test_damaged_blob_is_not_handed_out(tmp_path: Path) -> None:
    from omnitui.errors import NotFound
    from omnitui.store.blobs import Blobs

    blobs = Blobs(tmp_path)
    sha256 = blobs.put(b"good")
    blobs.path(sha256).write_bytes(b"bad!")
    with pytest.raises(NotFound):
        blobs.get(sha256)
    assert blobs.has(sha256)
    blobs.drop(sha256)
    assert not blobs.has(sha256)
