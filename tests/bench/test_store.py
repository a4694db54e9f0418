"""Writing: ingest against the C floor, and what it does to the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from omnitui.model.conversations import Message
from omnitui.store import inflow, migrations
from omnitui.store.cache import Cache
from omnitui.store.writer import Tx
from tests.bench import corpus, filling
from tests.bench.figures import Figures, percentile, times

pytestmark = pytest.mark.bench

MESSAGES = 20_000
BATCH = 256
ROUNDS = 3


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[tuple[Cache, list[Message]]]:
    """A cache with conversations but no messages, and the messages that belong into them, by time."""
    with Cache.open(tmp_path / "cache") as cache:
        desk = filling.Desk(cache)
        coming = islice(corpus.arrivals(filling.SEED, 0, MESSAGES), MESSAGES)
        yield cache, cache.write(lambda tx: desk.messages(tx, coming), durable=False)


def test_ingest_is_near_the_floor_of_c(prepared: tuple[Cache, list[Message]], tmp_path: Path, figures: Figures) -> None:
    """The whole of it (upsert, full text, roll-up, change sequence, cursor, commit) against INSERT … SELECT in C."""
    cache, messages = prepared
    begun, cpu = time.perf_counter(), time.process_time()
    for at in range(0, len(messages), BATCH):
        some = messages[at : at + BATCH]

        def work(tx: Tx, some: list[Message] = some, at: int = at) -> None:
            for message in some:
                inflow.put_message(tx, message)
            inflow.put_cursor(tx, some[0].account_id, "bench", at)

        cache.write(work, durable=False)
    whole, cpu = time.perf_counter() - begun, time.process_time() - cpu
    cache.close()
    floor = min(times(lambda: insert_select(cache.path, tmp_path / "floor.sqlite3"), ROUNDS))
    figures.put(
        "ingest, whole, CPU",
        cpu / floor,
        4,
        remark=f"{len(messages) / whole:,.0f} messages/s; floor {floor / len(messages) * 1e6:.2f} µs a message",
    )


def insert_select(source: Path, target: Path) -> None:
    """Copy all messages into a new indexed table within SQLite, in batches as large as ingest's."""
    target.unlink(missing_ok=True)
    db = sqlite3.connect(target, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    migrations.migrate(db)
    for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    db.execute("ATTACH ? AS source", (str(source),))
    columns = ", ".join(row[1] for row in db.execute("PRAGMA table_xinfo(message)") if row[6] == 0)
    last = db.execute("SELECT max(pk) FROM source.message").fetchone()[0]
    for at in range(0, last, BATCH):
        db.execute("BEGIN IMMEDIATE")
        db.execute(
            f"INSERT INTO main.message({columns}) SELECT {columns} FROM source.message WHERE pk > ? AND pk <= ?",
            (at, at + BATCH),
        )
        db.execute("COMMIT")
    db.close()


async def test_loop_stays_free_while_messages_pour_in(prepared: tuple[Cache, list[Message]], figures: Figures) -> None:
    cache, messages = prepared
    me = messages[0]
    idle = await lag(cache, [], 0)
    for rate, goal in ((1_000, 1.5), (5_000, 3.0)):
        fresh = [
            replace(message, id=cache.ids.new(), external_id=f"{rate}-{number}", conversation_id=me.conversation_id)
            for number, message in enumerate(messages[: rate * 3])
        ]
        busy = await lag(cache, fresh, rate)
        figures.put(
            f"event-loop lag p95 at {rate:,} messages/s",
            busy / idle,
            goal,
            remark=f"{busy * 1000:.2f} ms, idle {idle * 1000:.2f} ms",
        )


async def lag(cache: Cache, messages: list[Message], rate: int) -> float:
    """p95 of how late a 5 ms timer fires over 3 s, while `messages` are written at `rate` a second. Seconds."""
    late: list[float] = []
    until = time.perf_counter() + 3
    waiting: list[asyncio.Future[None]] = []

    async def pour() -> None:
        step = 0.02
        size = int(rate * step)
        for at in range(0, len(messages), size):
            begun = time.perf_counter()
            some = messages[at : at + size]

            def work(tx: Tx, some: list[Message] = some) -> None:
                for message in some:
                    inflow.put_message(tx, message)

            waiting.append(asyncio.wrap_future(cache.submit(work, durable=False)))
            await asyncio.sleep(max(0.0, step - (time.perf_counter() - begun)))

    pouring = asyncio.create_task(pour()) if messages else None
    while time.perf_counter() < until:
        begun = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - begun - 0.005)
    if pouring is not None:
        await pouring
        await asyncio.gather(*waiting)
    return percentile(late, 95)
