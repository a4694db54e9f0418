"""Search at a million messages: how fast, how large the index, and whether it finds everything."""

from __future__ import annotations

import re
import sqlite3
import time
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.desk.querying.parsing import parse
from omnitui.desk.querying.terms import Query, Text
from omnitui.store.arriving.fulltext import source
from omnitui.store.cache import Cache
from omnitui.store.reads import search
from omnitui.store.reads.prefixes import widened
from omnitui.text.analyser import normalised, query_terms
from tests.bench import corpus, filling
from tests.bench.figures import Figures, median, percentile
from tests.bench.filling import CONVERSATIONS

pytestmark = pytest.mark.bench

WANTED = 200
COMPARED = 60
TYPED = 100
SMALL = 4_000
NOW = corpus.end(CONVERSATIONS)


def test_newest_fifty_of_all(big_cache: Cache, figures: Figures) -> None:
    queries = [Query(Text(text), text=text) for text in corpus.wanted(filling.SEED, WANTED) if query_terms(text)]
    db = sqlite3.connect(f"file:{big_cache.path}?mode=ro", uri=True, isolation_level=None)
    rows = db.execute("SELECT count(*) FROM message").fetchone()[0]
    for query in queries:
        search.search(db, query)
    took = [seconds(db, query) for query in queries]
    bare = [index_alone(db, query) for query in queries]
    like = [floor(db, query.text) for query in queries[:12]]
    db.close()
    figures.put(
        "search, newest 50, p95",
        percentile(took, 95) * 1000,
        2,
        "ms",
        remark=f"of {rows:,} messages; p50 {median(took) * 1000:.2f} ms; SQLite's index and the rows it names take p95"
        f" {percentile(bare, 95) * 1000:.2f} ms; LIKE {median(like) * 1000:.0f} ms",
    )


def test_search_as_typed(big_cache: Cache, figures: Figures) -> None:
    """Every beginning of what agents type: the first letters find most, and are asked for most often."""
    whole = corpus.wanted(filling.SEED, TYPED)
    begun = dict.fromkeys(text[:end].strip() for text in whole for end in range(1, len(text) + 1))
    queries = [Query(Text(text), text=text) for text in begun if query_terms(text)]
    db = sqlite3.connect(f"file:{big_cache.path}?mode=ro", uri=True, isolation_level=None)
    search.search(db, queries[0])
    took = [(seconds(db, query), query.text) for query in queries]
    db.close()
    slowest, text = max(took)
    figures.put(
        "search as typed, newest 50, p95",
        percentile([spent for spent, _text in took], 95) * 1000,
        30,
        "ms",
        remark=f"{len(took)} beginnings of {TYPED} queries; slowest {text}: {slowest * 1000:.0f} ms",
    )


def seconds(db: sqlite3.Connection, query: Query) -> float:
    begun = time.process_time()
    search.search(db, query)
    return time.process_time() - begun


def index_alone(db: sqlite3.Connection, query: Query) -> float:
    """What SQLite takes to name the last 50 rows of the index and to read them, in whatever order they came."""
    match = widened(db, query_terms(query.text))
    begun = time.process_time()
    pks = db.execute(
        "SELECT rowid FROM message_fts WHERE message_fts MATCH ? ORDER BY rowid DESC LIMIT 50", (match,)
    ).fetchall()
    db.execute(f"SELECT * FROM message WHERE pk IN ({', '.join('?' * len(pks))})", [pk for (pk,) in pks]).fetchall()
    return time.process_time() - begun


def floor(db: sqlite3.Connection, text: str) -> float:
    """What the same costs without an index, when few match."""
    begun = time.process_time()
    db.execute("SELECT pk FROM message WHERE text LIKE ? LIMIT -1", (f"%{text}%",)).fetchall()
    return time.process_time() - begun


def test_structured_search_is_quick(big_cache: Cache, figures: Figures) -> None:
    took: list[float] = []
    now, me = NOW, big_cache.me().id
    for text in (
        "返金 channel:line",
        "refund label:vip",
        "返品 is:open",
        "注文 after:90d",
        "invoice from:holloway",
        "refund from:青山",
        "from:nobody",
    ):
        query = parse(text, now=now, me=me, zone=UTC)
        begun = time.process_time()
        big_cache.read(search.search, query)
        took.append(time.process_time() - begun)
    figures.put("search with filters, slowest of seven", max(took) * 1000, 500, "ms")


def test_index_is_small_and_finds_everything(figures: Figures) -> None:
    """Size against the bodies; recall and precision against looking at each text."""
    folder: Path = filling.kept(SMALL)
    with Cache.open(folder) as cache:
        size, bodies = cache.read(
            lambda db: db.execute(
                "SELECT (SELECT sum(length(block)) FROM message_fts_data) + (SELECT sum(length(sz)) FROM"
                " message_fts_docsize), (SELECT sum(length(CAST(text || subject || author AS BLOB))) FROM message)"
            ).fetchone()
        )
        texts = cache.read(lambda db: db.execute("SELECT id, subject, author, text FROM message").fetchall())
        plain = [(own, normalised(source(subject, author, "", text)).lower()) for own, subject, author, text in texts]
        right = wrong = missed = 0
        for text in corpus.wanted(filling.SEED, COMPARED):
            if not query_terms(text):
                continue
            found = {hit.message_id for hit in cache.read(search.search, Query(Text(text)), limit=10**6)}
            there = {own for own, body in plain if all(part.search(body) for part in parts(text))}
            right += len(found & there)
            wrong += len(found - there)
            missed += len(there - found)
    figures.put("full-text index / bytes of indexed text", size / bodies, 0.8)
    figures.put("search recall against brute force", right / (right + missed), 0.999, "", most=False)
    figures.put("search precision against brute force", right / (right + wrong), 0.999, "", most=False)


def parts(text: str) -> list[re.Pattern[str]]:
    """Each white-space part as a person would look for it: anywhere in Japanese, from a word's start in English."""
    return [
        re.compile(("(?<![a-z0-9])" if part[0].isascii() else "") + re.escape(part))
        for part in normalised(text).lower().split()
    ]
