"""Counting within bounds."""

from __future__ import annotations

import sqlite3
from datetime import UTC
from pathlib import Path

from omnitui.desk.querying.parsing import parse
from omnitui.desk.querying.terms import Query
from omnitui.store.reads.counting import counted
from tests.support.desk import a_cache, a_conversation


def test_counts_stop_at_the_cap_and_what_takes_too_long_is_left_out(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    for number in range(6):
        a_conversation(cache, "hello", contact=f"C{number}", labels=("vip",) if number < 2 else ())
    queries = {
        text: parse(text, now=cache.clock.now(), me=cache.me().id, zone=UTC) for text in ("is:open", "label:vip", "x")
    }
    assert cache.read(counted, queries, cap=4, seconds=60.0) == {"is:open": 4, "label:vip": 2, "x": 0}
    slow = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {10**9}) SELECT count(*) FROM n"

    class Endless(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            return super().execute(slow if "count(*)" in sql else sql, *(() if "count(*)" in sql else values))  # type: ignore[arg-type]

    db = sqlite3.connect(cache.path, factory=Endless)
    assert counted(db, {"all": Query(), "again": Query()}, cap=4, seconds=0.05) == {}
    assert sqlite3.Connection.execute(db, "SELECT 1").fetchone() == (1,)
    db.close()
    cache.close()
