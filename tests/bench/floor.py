"""The floor of writing: the rows that a pipeline wrote, copied by SQLite alone into tables with the same indexes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from omnitui.store import fulltext, migrations


@dataclass(slots=True)
class Spent:
    """Seconds of the processor (all threads of this process) and of the wall, batch by batch."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def on(self, work: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)


class Floor:
    """An empty cache beside `source` that takes over its newest rows by INSERT … SELECT, one commit a batch.

    It has all indexes and no triggers, and the writer's settings. With `searchable` the full-text index is filled as
    well, from terms that were made before: no Python runs while the time is taken.
    """

    def __init__(self, source: Path, target: Path, *, searchable: bool) -> None:
        self.spent = Spent()
        self._searchable = searchable
        self._last = 0
        self._db = db = sqlite3.connect(target, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "temp_store = MEMORY", "cache_size = -16384"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("PRAGMA wal_autocheckpoint = 4000")
        migrations.migrate(db)
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("ATTACH ? AS source", (str(source),))
        db.execute("CREATE TEMP TABLE terms(pk INTEGER PRIMARY KEY, terms TEXT, filters TEXT)")
        self._columns = ", ".join(row[1] for row in db.execute("PRAGMA table_xinfo(message)") if row[6] == 0)

    def __enter__(self) -> Floor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def follow(self) -> None:
        """Copy what came since the last time."""
        begin, self._last = (
            self._last,
            self._db.execute("SELECT coalesce(max(pk), 0) FROM source.message").fetchone()[0],
        )
        if self._searchable:
            rows = self._db.execute(
                "SELECT m.pk, m.subject, m.author, NULL, m.text, c.channel FROM source.message m"
                " JOIN source.conversation c ON c.pk = m.conversation_pk WHERE m.pk > ? AND m.pk <= ?",
                (begin, self._last),
            ).fetchall()
            self._db.execute("DELETE FROM temp.terms")
            self._db.executemany("INSERT INTO temp.terms VALUES (?, ?, ?)", [fulltext.entry(row) for row in rows])
        self.spent.on(lambda: self._copy(begin))

    def _copy(self, begin: int) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            f"INSERT INTO main.message({self._columns}) SELECT {self._columns} FROM source.message"
            " WHERE pk > ? AND pk <= ?",
            (begin, self._last),
        )
        if self._searchable:
            self._db.execute(
                "INSERT INTO main.message_fts(rowid, terms, filters) SELECT pk, terms, filters FROM temp.terms"
            )
        self._db.execute("COMMIT")
