"""Reading pages: against raw sqlite3, deep against first, and what the first paint asks of the database."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from datetime import UTC
from functools import partial
from pathlib import Path

import pytest

from omnitui.clock import HOUR, FrozenClock
from omnitui.desk.promises.agreements import dump
from omnitui.desk.promises.sla import Policy
from omnitui.desk.querying.orders import Order, place
from omnitui.desk.querying.parsing import parse
from omnitui.desk.querying.terms import Is, Query, State
from omnitui.desk.times.calendar import Calendar
from omnitui.desk.views import VIEWS
from omnitui.store import sla
from omnitui.store.cache import Cache
from omnitui.store.reads import compile as compiled
from omnitui.store.reads import history, inbox
from omnitui.store.reads.counting import counted
from tests.bench import corpus
from tests.bench.figures import Figures, median, times
from tests.bench.filling import CONVERSATIONS, kept

pytestmark = pytest.mark.bench

ROUNDS = 300
AGREED = min(CONVERSATIONS, 10_000)
"""Conversations under an agreement."""
OWN = ("", "label:vip", "-label:vip", "channel:line", "is:unassigned unanswered:>2h", "priority:>=high", "is:unread")
NOW = corpus.end(CONVERSATIONS)
_FIRST_PAINT = """
import json, sys, time
from datetime import UTC
from functools import partial
from pathlib import Path
from omnitui.desk.views import VIEWS
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox
begun = time.process_time()
cache = Cache.open(Path(sys.argv[1]))
query = VIEWS[0].query(now=0, me=cache.me().id, zone=UTC)
rows = cache.read(inbox.page, query, limit=50)
counts = cache.read(inbox.counts)
took = time.process_time() - begun
print(json.dumps([took, len(rows), counts["inbox"]]))
"""


def test_hot_page_against_raw_sqlite(big_cache: Cache, figures: Figures) -> None:
    db = sqlite3.connect(f"file:{big_cache.path}?mode=ro", uri=True, isolation_level=None)
    query = Query(Is(State.OPEN))
    sql, values = inbox.statement(query)
    inbox.page(db, query, limit=50)
    raw = median(times(lambda: db.execute(sql, (*values, 50)).fetchall(), ROUNDS))
    ours = median(times(lambda: inbox.page(db, query, limit=50), ROUNDS))
    figures.put("hot page of 50 rows / raw sqlite3", ours / raw, 1.5, remark=f"{ours * 1000:.2f} ms")
    everything = Query()
    total = db.execute("SELECT n FROM counter WHERE view = 'all'").fetchone()[0]
    deep = db.execute(
        "SELECT last_activity_at, id FROM conversation WHERE is_shown = 1"
        " ORDER BY last_activity_at DESC, id DESC LIMIT 1 OFFSET ?",
        (total * 3 // 4,),
    ).fetchone()
    first = median(times(lambda: inbox.page(db, everything, limit=50), ROUNDS))
    far = median(times(lambda: inbox.page(db, everything, after=deep, limit=50), ROUNDS))
    figures.put("deep page / first page", far / first, 2, remark=f"at {total * 3 // 4:,} of {total:,} conversations")
    db.close()


def test_counts_of_the_standing_views(big_cache: Cache, figures: Figures) -> None:
    """Kept counters against counting each view."""
    db = sqlite3.connect(f"file:{big_cache.path}?mode=ro", uri=True, isolation_level=None)
    queries = [view.query(now=NOW, me=big_cache.me().id, zone=UTC) for view in VIEWS]
    kept = median(times(lambda: inbox.counts(db), 50))
    counted = median(times(lambda: [inbox.count(db, query, 10**9) for query in queries], 1))
    figures.put("counts of all views", kept * 1000, 1, "ms", remark=f"counting them takes {counted * 1000:.0f} ms")
    db.close()


def test_twenty_views_of_ones_own(big_cache: Cache, figures: Figures) -> None:
    """Parsed and counted up to a thousand, and opened one after the other, against the same statements in raw SQL."""
    db = sqlite3.connect(f"file:{big_cache.path}?mode=ro", uri=True, isolation_level=None)
    compiled.prepare(db)
    me = big_cache.me().id
    texts = [f"is:open {OWN[n % len(OWN)]} sort:{(*Order,)[n // len(OWN) % len(Order)]}" for n in range(20)]

    def parsed() -> dict[str, Query]:
        return {text: parse(text, now=NOW, me=me, zone=UTC) for text in texts}

    conditions = [compiled.conversations(query) for query in parsed().values()]
    counts = [(f"SELECT count(*) FROM (SELECT 1 FROM conversation c WHERE {one.sql} LIMIT 1000)", one.values)
              for one in conditions]  # fmt: skip
    counted(db, parsed(), cap=1000, seconds=60.0)
    raw = median(times(lambda: [db.execute(sql, values).fetchone() for sql, values in counts], 5))
    ours = median(times(lambda: counted(db, parsed(), cap=1000, seconds=60.0), 5))
    figures.put("count of 20 views / raw sqlite3", ours / raw, 1.5, remark=f"{ours * 1000:.0f} ms beside the loop")
    pages = [inbox.statement(query) for query in parsed().values()]
    raw = median(times(lambda: [db.execute(sql, (*values, 50)).fetchall() for sql, values in pages], 5))
    ours = median(times(lambda: [inbox.page(db, query, limit=50) for query in parsed().values()], 5))
    figures.put("switch through 20 views / raw sqlite3", ours / raw, 1.5, remark=f"{ours * 50:.1f} ms a view")
    newest = median(times(lambda: inbox.page(db, Query(Is(State.OPEN)), limit=50), 50))
    slowest = max(
        median(times(partial(inbox.page, db, Query(Is(State.OPEN), order=order), limit=50), 50)) for order in Order
    )
    figures.put("page of the slowest order / newest first", slowest / newest, 2, remark="open conversations")
    db.close()


def test_order_by_urgency(tmp_path: Path, figures: Figures) -> None:
    """Every conversation under an agreement in business time: the order, and what a change of one costs."""
    shutil.copytree(kept(AGREED), tmp_path / "cache")
    desk = Calendar("desk", "Asia/Tokyo", (((540, 720), (780, 1080)),) * 5 + ((),) * 2)
    policies = (
        Policy("vip", "label:vip", HOUR, HOUR, calendar=desk),
        Policy("all", "", 4 * HOUR, 8 * HOUR, 40 * HOUR, desk),
    )
    with Cache.open(tmp_path / "cache", clock=FrozenClock(corpus.end(AGREED))) as cache:
        cache.write(lambda tx: sla.put_in_force(tx, dump(policies)))
        begun = time.perf_counter()
        while cache.write(lambda tx: sla.sweep(tx, 200), durable=False):
            pass
        took = (time.perf_counter() - begun) / AGREED
        figures.put("clocks of a conversation set anew", took * 1000, 2, "ms", remark=f"all of {AGREED:,}")
        db = sqlite3.connect(f"file:{cache.path}?mode=ro", uri=True, isolation_level=None)
        query = Query(Is(State.OPEN), order=Order.URGENCY)
        rows = inbox.page(db, query, limit=100_000)
        middle = place(Order.URGENCY, rows[len(rows) * 3 // 4])
        sql, values = inbox.statement(query)
        raw = median(times(lambda: db.execute(sql, (*values, 50)).fetchall(), ROUNDS))
        ours = median(times(lambda: inbox.page(db, query, limit=50), ROUNDS))
        figures.put("page by urgency / raw sqlite3", ours / raw, 1.5, remark=f"{ours * 1000:.2f} ms")
        far = median(times(lambda: inbox.page(db, query, after=middle, limit=50), ROUNDS))
        figures.put("deep page by urgency / first page", far / ours, 2, remark=f"of {len(rows):,} open ones")
        db.close()


def test_queries_of_agents(big_cache: Cache, figures: Figures) -> None:
    """First pages of lists that no index has in order."""
    worst = 0.0
    slowest = ""
    for text in (
        "label:vip",
        "from:holloway",
        "is:open priority:>=high",
        "assignee:none channel:sms",
        "unanswered:>2h",
    ):
        query = parse(text, now=NOW, me=big_cache.me().id, zone=UTC)
        took = median(times(lambda query=query: big_cache.read(inbox.page, query, limit=50), 3))  # type: ignore[misc]
        worst, slowest = max((worst, slowest), (took, text))
    figures.put("slowest of five filtered lists", worst * 1000, 500, "ms", remark=slowest)


def test_history_page(big_cache: Cache, figures: Figures) -> None:
    db = sqlite3.connect(f"file:{big_cache.path}?mode=ro", uri=True, isolation_level=None)
    some = [one.id for one in inbox.page(db, Query(), limit=200)]
    took = [median(times(lambda own=own: history.page(db, own), 3)) for own in some]  # type: ignore[misc]
    figures.put("newest page of a history", median(took) * 1000, 2, "ms")
    db.close()


def test_database_part_of_first_paint(big: Path, figures: Figures) -> None:
    runs = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", _FIRST_PAINT, str(big)], capture_output=True, check=True, text=True
        )
        took, rows, _count = json.loads(done.stdout)
        assert rows == 50
        runs.append(took)
    figures.put("database part of first paint, CPU", median(runs) * 1000, 15, "ms", remark="open, 50 rows, all counts")
