"""Opening the cache: cheap for the first frame, safe for two at once."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from omnitui.bus import Changed
from omnitui.errors import Refused
from omnitui.store import connection
from omnitui.store.cache import Cache
from omnitui.store.changes import KEPT, last_seq, since
from omnitui.store.writer import Tx
from tests.support.ready_cache import from_nothing
from tests.support.store_desk import Desk

READING = """
import sys
from pathlib import Path
from omnitui.store.cache import Cache
with Cache.open(Path(sys.argv[1])) as cache:
    cache.read(lambda db: db.execute("SELECT * FROM conversation").fetchall())
    cache.me()
print(*sorted(sys.modules))
"""

# A process of its own: what this holds off is a crash.
CLOSING_UNDER_A_READ = """
import sys, threading
from pathlib import Path
from omnitui.errors import Refused
from omnitui.store.cache import Cache
ONE = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT sum(i) FROM n"
def one(db):
    reading.set()
    db.execute(ONE).fetchone()
def many(db):
    reading.set()
    while True:
        db.execute("SELECT name, value FROM meta").fetchall()
def read():
    try:
        cache.read(query)
    except Refused:
        refused.append(query)
refused = []
for query in (one, many) * 3:
    cache, reading = Cache.open(Path(sys.argv[1])), threading.Event()
    reader = threading.Thread(target=read)
    reader.start()
    reading.wait()
    cache.close()
    reader.join()
read()
print(len(refused))
"""


def test_closing_ends_what_other_threads_read_and_refuses_more(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSING_UNDER_A_READ, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "7\n", "")


async def test_closing_ends_what_is_read_beside_the_loop(tmp_path: Path) -> None:
    cache, reading = Cache.open(tmp_path), threading.Event()

    def long(db: sqlite3.Connection) -> None:
        reading.set()
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n").fetchone()

    reads = [asyncio.create_task(cache.aread(long)) for _ in range(4)]
    await asyncio.to_thread(reading.wait)
    await asyncio.to_thread(cache.close)
    assert {type(one) for one in await asyncio.gather(*reads, return_exceptions=True)} == {Refused}


def test_whoever_listens_to_a_closed_cache_starts_no_thread(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    cache.close()
    cache.bus.subscribe(Changed, lambda _event: None)
    assert "omnitui-feed" not in {thread.name for thread in threading.enumerate()}


def test_opening_and_reading_import_nothing_heavy(tmp_path: Path) -> None:
    Cache.open(tmp_path).close()
    done = subprocess.run(
        [sys.executable, "-c", READING, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    modules = set(done.stdout.split())
    heavy = {"sqlmodel", "sqlalchemy", "pydantic", "asyncio", "concurrent.futures", "socket", "logging", "textual"}
    assert "omnitui.store.cache" in modules
    assert modules & heavy == set()


def test_two_that_open_a_new_cache_agree_who_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "create", from_nothing)
    start, found = threading.Barrier(4), []

    def run() -> None:
        start.wait()
        with Cache.open(tmp_path) as cache:
            found.append((cache.origin, cache.me()))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_write_ahead_log_is_begun_after_waiting_for_whoever_holds_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    connection.create(path)
    holder, late = connection.connect(path), connection.connect(path, busy=0)
    holder.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.1, holder.execute, ["COMMIT"])
    release.start()
    connection.log_ahead(late)
    release.join()
    assert late.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    holder.close()
    late.close()


def test_cache_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    with Cache.open(tmp_path) as cache:
        cache.write(lambda tx: tx.db.execute("PRAGMA user_version = 99"))
    before = (tmp_path / "cache.sqlite3").read_bytes()
    with pytest.raises(Refused, match="newer"):
        Cache.open(tmp_path)
    assert (tmp_path / "cache.sqlite3").read_bytes() == before


def test_whoever_is_far_behind_is_told_to_read_anew(desk: Desk) -> None:
    from omnitui.model.states import ObjectKind

    def many(tx: Tx) -> None:
        for _ in range(1_500):
            tx.changed(ObjectKind.CONTACT, tx.ids.new())

    start = desk.cache.read(last_seq)
    while desk.cache.read(last_seq) < start + KEPT + 3_000:
        desk.cache.write(many, durable=False)
    far = desk.cache.read(since, start)
    assert far is not None
    assert not far.complete
    near = desk.cache.read(since, far.seq - 100)
    assert near is not None
    assert near.complete
    assert (len(near.changes), near.seq) == (100, far.seq)
    assert desk.cache.read(since, far.seq) is None
    assert desk.row("SELECT count(*) FROM change")[0] <= KEPT + 3_000
