"""The spool: what the gateway received, in a file of its own beside the cache. Only the gateway writes to it.

What is asked of it lies in `omnitui.store.reads.spool`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Final

from omnitui.clock import Clock, Millis
from omnitui.errors import OmniError, Refused
from omnitui.i18n import _
from omnitui.ids import Ids
from omnitui.store import connection
from omnitui.store.faults import translated
from omnitui.store.secrecy.envelopes import Envelope
from omnitui.store.writer import Tx, Writer

VERSION: Final = 1
_BATCH: Final = 500
"""Deliveries that are cut in one work; others wait meanwhile."""
_SHAPES: Final = 200
"""Refused calls that are kept for whoever observes, the newest."""
_SCHEMA: Final = """
CREATE TABLE leap (low INTEGER PRIMARY KEY, high INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE delivery (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    hook TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    key BLOB NOT NULL,
    size INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    query BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX delivery_key ON delivery (hook, key);
CREATE INDEX delivery_hook ON delivery (hook, number, size);
CREATE TABLE cut (
    hook TEXT PRIMARY KEY, number INTEGER NOT NULL, received_at INTEGER NOT NULL, deliveries INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE tally (hook TEXT NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (hook, what))
    WITHOUT ROWID;
CREATE TABLE observation (hook TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE refusal (
    number INTEGER PRIMARY KEY AUTOINCREMENT, hook TEXT NOT NULL, at INTEGER NOT NULL, why TEXT NOT NULL,
    shape TEXT NOT NULL
);
"""


def delivery_key(keys: Sequence[str], body: bytes, query: Sequence[tuple[str, str]]) -> bytes:
    """What tells a delivery from others of its hook: how the vendor names what is in it, else what it says."""
    named = json.dumps(list(keys) if keys else list(query), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return sha256(named if keys else named + b"\n" + body).digest()


def make(path: Path) -> None:
    """Make the file where there is none yet. Raises CacheError, Refused: it was made by a newer omnitui."""
    connection.create(path)
    with closing(connection.connect(path)) as db:
        try:
            if _version(db) == 0:
                # Has no effect once there are tables.
                db.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.log_ahead(db)
                db.execute("BEGIN IMMEDIATE")
                if _version(db) == 0:
                    for statement in _SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {VERSION:d}")
                db.execute("COMMIT")
            version = _version(db)
        except sqlite3.Error as error:
            raise translated(error) from error
    if version != VERSION:
        raise Refused(
            _("{file} was made by a newer omnitui").format(file=path), hint=_("start the gateway of that version")
        )


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


class Spool:
    """Takes deliveries in. Those that come together share one commit, and so one wait for the disk."""

    def __init__(self, path: Path, clock: Clock, *, key: bytes | None = None) -> None:
        """Make the file where it is missing. With the `key` of the cache, what vendors send is enciphered.

        Raises:
            CacheError: It cannot be made or opened.
            Refused: It was made by a newer omnitui.
        """
        make(path)
        self._envelope = Envelope(key, "spool")
        self._clock = clock
        self._writer = Writer(
            path, clock=clock, ids=Ids(clock), origin="", commit=lambda _db, commit: _only(commit), told=self._tell
        )
        self.fault: OmniError | None = None
        """Why the last commit failed; None while all is well."""
        self.waiting = 0
        """Bytes of bodies that the disk has not taken yet."""
        self._lock = threading.Lock()
        self._writer.submit(_begin).result()

    def keep(
        self, hook: str, key: bytes, body: bytes, query: Sequence[tuple[str, str]] = (), content_type: str = ""
    ) -> Future[bool]:
        """Keep a delivery. The future tells, once it is on the disk, whether it is a new one.

        Raises, from the future:
            CacheError: It could not be kept.
        """
        names = json.dumps(query, ensure_ascii=False).encode("utf-8", "surrogatepass")
        row = (hook, self._clock.now(), key, len(body) + len(names), content_type)
        sealed = (self._envelope.seal("query", names), self._envelope.seal("body", body))

        def work(tx: Tx) -> bool:
            done = tx.db.execute(
                "INSERT INTO delivery (hook, received_at, key, size, content_type, query, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hook, key) DO NOTHING",
                (*row, *sealed),
            )
            return done.rowcount == 1

        kept = self._writer.submit(work)
        self._wait(len(body))
        kept.add_done_callback(lambda _kept: self._wait(-len(body)))
        return kept

    def _wait(self, size: int) -> None:
        with self._lock:
            self.waiting += size

    def probe(self) -> Future[None]:
        """Try whether a delivery could be kept, by writing as much as one takes."""

        def work(tx: Tx) -> None:
            tx.db.execute(
                "INSERT INTO delivery (hook, received_at, key, size, content_type, query, body)"
                " VALUES ('', 0, zeroblob(32), 0, '', x'', zeroblob(16384))"
            )
            tx.db.execute("DELETE FROM delivery WHERE hook = '' AND key = zeroblob(32)")

        return self._writer.submit(work)

    def cut(self, before: Millis, most: int) -> Future[bool]:
        """Drop what came before a time, and of what takes more than so many bytes the oldest; whether there is more.

        The hook that takes most gives first: one into which strangers can write must not cost others what nobody has
        read yet. Readers that have not come as far are told that there is a gap.
        """

        def work(tx: Tx) -> bool:
            old = tx.db.execute(
                "SELECT number, received_at FROM delivery ORDER BY number LIMIT ?", (_BATCH,)
            ).fetchall()
            last = max((number for number, _at in takewhile(lambda row: row[1] < before, old)), default=0)
            if last:
                _drop(tx.db, "number <= ?", last)
            more = last != 0 and last == old[-1][0] and len(old) == _BATCH
            sizes = dict(tx.db.execute("SELECT hook, sum(size) FROM delivery GROUP BY hook"))
            over = sum(sizes.values()) - most
            if over > 0:
                hook, last_of_it, dropped = max(sizes, key=lambda name: sizes[name]), 0, 0
                for number, size in tx.db.execute(
                    "SELECT number, size FROM delivery WHERE hook = ? ORDER BY number LIMIT ?", (hook, _BATCH)
                ):
                    last_of_it, dropped = number, dropped + size
                    if dropped >= over:
                        break
                _drop(tx.db, "hook = ? AND number <= ?", hook, last_of_it)
                more = more or dropped < over
            if last or over > 0:
                tx.db.execute("PRAGMA incremental_vacuum").fetchall()
            return more

        return self._writer.submit(work)

    def count(self, added: Mapping[tuple[str, str], int]) -> None:
        """Add to what is counted, by hook and what. Nobody waits for it."""
        rows = [(hook, what, count) for (hook, what), count in added.items()]

        def work(tx: Tx) -> None:
            tx.db.executemany(
                "INSERT INTO tally (hook, what, count) VALUES (?, ?, ?)"
                " ON CONFLICT (hook, what) DO UPDATE SET count = count + excluded.count",
                rows,
            )

        self._writer.submit(work, durable=False)

    def refused(self, hook: str, why: str, shape: str) -> None:
        """Keep how a refused call looked, for whoever observes. Nobody waits for it."""
        at = self._clock.now()

        def work(tx: Tx) -> None:
            tx.db.execute("INSERT INTO refusal (hook, at, why, shape) VALUES (?, ?, ?, ?)", (hook, at, why, shape))
            tx.db.execute("DELETE FROM refusal WHERE number <= (SELECT max(number) FROM refusal) - ?", (_SHAPES,))

        self._writer.submit(work, durable=False)

    def close(self) -> None:
        """Finish what was begun and let go of the file."""
        self._writer.close()

    def _tell(self, fault: OmniError | None) -> None:
        self.fault = fault


def _only(commit: Callable[[], object]) -> None:
    commit()


def _drop(db: sqlite3.Connection, which: str, *values: object) -> None:
    """Drop deliveries, and keep of each hook how far and how many."""
    db.execute(
        "INSERT INTO cut (hook, number, received_at, deliveries)"
        f" SELECT hook, max(number), max(received_at), count(*) FROM delivery WHERE {which}"
        " GROUP BY hook ON CONFLICT (hook) DO UPDATE SET number = excluded.number,"
        " received_at = excluded.received_at, deliveries = deliveries + excluded.deliveries",
        values,
    )
    db.execute(f"DELETE FROM delivery WHERE {which}", values)


def _begin(tx: Tx) -> None:
    """Go on with numbers that no file of this gateway has given yet, were it lost or an older copy put in its place.

    A reader that stands between the numbers of a leap was sent there by another file.
    """
    row = tx.db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'delivery'").fetchone()
    low, high = (row[0] if row else 0), tx.now()
    if low < high:
        tx.db.execute("INSERT INTO leap (low, high) VALUES (?, ?)", (low, high))
        tx.db.execute("DELETE FROM sqlite_sequence WHERE name = 'delivery'")
        tx.db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('delivery', ?)", (high,))
    tx.db.execute("DELETE FROM refusal")


def observe(path: Path, hook: str, until: Millis) -> None:
    """Have the gateway keep how refused calls of a hook look until a time. For other processes. Raises CacheError."""
    make(path)
    try:
        with closing(connection.writer(path)) as db:
            db.execute(
                "INSERT INTO observation (hook, until) VALUES (?, ?)"
                " ON CONFLICT (hook) DO UPDATE SET until = excluded.until",
                (hook, until),
            )
    except sqlite3.Error as error:
        raise translated(error) from error
