"""Acting on 10,000 conversations at once, and taking it back, against its rows by hand; telling 1,000 customers."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from omnitui.clock import FrozenClock
from omnitui.desk.acting import steps
from omnitui.ids import Ulid
from omnitui.model.states import Priority
from omnitui.sdk import Capabilities, Idempotency, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.services.acting.performing import jobs
from omnitui.services.incidents.announcing import Announcement, Announcing
from omnitui.store.cache import Cache
from tests.bench import corpus, filling
from tests.bench.figures import Figures
from tests.support.desk import a_conversation, an_account

pytestmark = pytest.mark.bench

MANY = 10_000
TOLD = 1_000
BATCH = 2_000


def floor(path: Path, ids: list[Ulid]) -> float:
    """Seconds for one UPDATE a conversation and the two rows of its op, in one durable commit on a copy."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.create_function("folded", 1, lambda text: text, deterministic=True)
        db.execute("CREATE TABLE floor_op(pk INTEGER PRIMARY KEY, id TEXT UNIQUE, about TEXT, digest TEXT)")
        db.execute("CREATE TABLE floor_payload(op_pk INTEGER PRIMARY KEY, before TEXT, after TEXT)")
        began = time.perf_counter()
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "UPDATE conversation SET priority = 3, revision = revision + 1 WHERE id = ?", [(one,) for one in ids]
        )
        db.executemany(
            "INSERT INTO floor_op(id, about, digest) VALUES (?, ?, ?)", [(f"o{one}", one, one) for one in ids]
        )
        rows = [(number, '{"priority":"normal"}', '{"priority":"urgent"}') for number in range(len(ids))]
        db.executemany("INSERT INTO floor_payload(op_pk, before, after) VALUES (?, ?, ?)", rows)
        db.execute("COMMIT")
        return time.perf_counter() - began


def test_act_on_ten_thousand_and_its_undo(tmp_path: Path, figures: Figures) -> None:
    with Cache.open(tmp_path / "cache", clock=FrozenClock(corpus.end(MANY))) as cache:
        desk = filling.Desk(cache)
        coming = ((talk, place) for talk, place in corpus.arrivals(filling.SEED, 0, MANY) if place == 0)
        while some := list(islice(coming, BATCH)):
            cache.write(lambda tx, some=some: desk.put(tx, some), durable=False)  # type: ignore[misc]
        ids = cache.read(lambda db: [one for (one,) in db.execute("SELECT id FROM conversation LIMIT ?", (MANY,))])
        copy = tmp_path / "floor.sqlite3"
        cache.write(lambda tx: None)
        with closing(sqlite3.connect(cache.path)) as db:
            db.execute("VACUUM INTO ?", (str(copy),))
        least = floor(copy, ids)
        operations, wanted = Operations(cache), jobs(ids, [steps.priority(Priority.URGENT)])
        began = time.perf_counter()
        foreseen = operations.foresee(wanted)
        looked = time.perf_counter()
        done = operations.perform(wanted)
        acted = time.perf_counter()
        undone = operations.undo()
        ended = time.perf_counter()
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    changed = sum(bool(one.changes) for one in foreseen)
    assert (len(done.ops), len(undone.ops)) == (changed, changed)
    each = f"{(acted - looked) / changed * 1e6:.0f} µs each; floor {least / len(ids) * 1e6:.0f} µs"
    figures.put(f"an act on {len(ids):,} conversations / its rows by hand", (acted - looked) / least, 15, remark=each)
    figures.put("the undo of it / its rows by hand", (ended - acted) / least, 20, remark=f"{ended - acted:.1f} s")
    figures.put("its preview", looked - began, 3, "s")


def test_announcement_to_a_thousand_and_what_others_wait_for_it(tmp_path: Path, figures: Figures) -> None:
    with Cache.open(tmp_path / "cache", clock=FrozenClock()) as cache:
        able = snapshot.take(lambda _channel: Capabilities(idempotency=Idempotency.DEDUPLICATED), ("email",))
        account = an_account(cache, "Mail", hold=8_000, capabilities=able)
        rows = [a_conversation(cache, contact=f"c{n}", address=f"c{n}@x.test", account=account) for n in range(TOLD)]
        own = Operations(cache).open_incident("Payments fail", ids=[one.id for one in rows])[0].object_id
        waits, over = list[float](), threading.Event()

        def others() -> None:
            while not over.is_set():
                began = time.perf_counter()
                cache.write(lambda tx: tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES ('bench', '')"))
                waits.append(time.perf_counter() - began)

        other = threading.Thread(target=others)
        other.start()
        began = time.perf_counter()
        done = Announcing(cache).announce(own, Announcement("We work on it."))
        took = time.perf_counter() - began
        over.set()
        other.join()
    assert len(done.sent) == TOLD
    figures.put(
        f"an announcement to {TOLD:,} customers, each", took / TOLD * 1e3, 1, "ms", remark=f"{took:.2f} s in all"
    )
    figures.put(
        "the longest that a commit of others waits meanwhile", max(waits), 0.6, "s", remark="one commit, one undo"
    )
