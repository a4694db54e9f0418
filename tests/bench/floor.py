"""The floor of writing: the rows that a pipeline wrote, copied by SQLite alone into tables with the same indexes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

from omnitui.store import migrations
from omnitui.store.arriving import fulltext


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


_NEW: Final = "INSERT INTO main.{table}({columns}) SELECT {columns} FROM source.{table}"
ROWS: Final = ((_NEW + " WHERE pk > :begin AND pk <= :end", "message"),)
"""Message rows alone: what STORE's study set its goal against."""
SEARCHABLE: Final = (
    *ROWS,
    ("INSERT INTO main.message_fts(rowid, terms, filters) SELECT pk, terms, filters FROM temp.terms", ""),
)
"""Their full-text index too."""
EVERYTHING: Final = (
    *SEARCHABLE,
    (_NEW + " WHERE pk > (SELECT coalesce(max(pk), 0) FROM main.contact)", "contact"),
    (_NEW + " WHERE pk > (SELECT coalesce(max(pk), 0) FROM main.identity)", "identity"),
    (
        (
            "INSERT OR REPLACE INTO main.conversation({columns}) SELECT {columns} FROM source.conversation"
            " WHERE pk IN (SELECT conversation_pk FROM source.message WHERE pk > :begin AND pk <= :end)"
        ),
        "conversation",
    ),
    (_NEW + " WHERE seq > (SELECT coalesce(max(seq), 0) FROM main.change)", "change"),
)
"""All that the pipeline writes: contacts, conversations with their roll-up, the change sequence as well."""


class Floor:
    """An empty cache beside `source` that takes over its newest rows by INSERT … SELECT, one commit a batch.

    It has all indexes and no triggers, and the writer's settings. The terms of the full-text index are made before:
    no Python runs while the time is taken.

    Args:
        source, target: Files.
        parts: `ROWS`, `SEARCHABLE` or `EVERYTHING`.
    """

    def __init__(self, source: Path, target: Path, parts: tuple[tuple[str, str], ...]) -> None:
        self.spent = Spent()
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
        self._parts = [part.format(table=table, columns=self._columns(table)) for part, table in parts]

    def _columns(self, table: str) -> str:
        return ", ".join(row[1] for row in self._db.execute(f"PRAGMA table_xinfo('{table}')") if row[6] == 0)

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
        rows = self._db.execute(
            "SELECT m.pk, m.subject, m.author, NULL, m.text, c.channel FROM source.message m"
            " JOIN source.conversation c ON c.pk = m.conversation_pk WHERE m.pk > ? AND m.pk <= ?",
            (begin, self._last),
        ).fetchall()
        self._db.execute("DELETE FROM temp.terms")
        self._db.executemany("INSERT INTO temp.terms VALUES (?, ?, ?)", map(fulltext.entry, rows))
        self.spent.on(lambda: self._copy(begin))

    def _copy(self, begin: int) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        for part in self._parts:
            self._db.execute(part, {"begin": begin, "end": self._last})
        self._db.execute("COMMIT")
