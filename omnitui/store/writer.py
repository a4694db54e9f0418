"""The one writer of a process: a thread behind a queue, several works a commit.

Every process of a profile may have one; `BEGIN IMMEDIATE` and a long busy time-out let them take turns.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from omnitui.clock import Clock, Millis
from omnitui.errors import OmniError, Refused
from omnitui.i18n import _
from omnitui.ids import Ids, Ulid
from omnitui.model.operations import Change
from omnitui.model.states import ObjectKind
from omnitui.store import changes, connection
from omnitui.store.changes import Touched
from omnitui.store.failpoints import reach
from omnitui.store.faults import CacheBusy, CacheError, translated

T = TypeVar("T")

MOST_WORKS: Final = 256
"""Works in one commit."""
MOST_SECONDS: Final = 0.020
"""After this time a batch takes no further work."""
TURN_SECONDS: Final = 0.0001
"""After this time of computing a thread lets another one go on: an event loop would wait for Python's own 5 ms while
the writer makes rows, and the rows of a batch take longer."""
IDLE_SECONDS: Final = 2.0
"""So long after the last commit the write-ahead log is folded into the file."""


class Closing(Protocol):
    """Something put off until the end of a work."""

    def close(self) -> None: ...


class Waiting(Protocol):
    """Rows that are written before anything else is asked of the database."""

    def write(self) -> None: ...


class Tx:
    """What a work may do: write through `db`, and say what changed. Never kept beyond the work."""

    __slots__ = ("beside", "clock", "closing", "ids", "journal", "origin", "pks", "seal_key", "touched", "waiting")

    def __init__(self, db: sqlite3.Connection, clock: Clock, ids: Ids, origin: Ulid) -> None:
        self.beside = db
        """The connection, for statements that ask nothing of rows that wait to be written, nor change them."""
        self.clock = clock
        self.ids = ids
        self.origin = origin
        self.touched: Touched = {}
        self.closing: dict[str, Closing] = {}
        """What has to be done once before the work ends, by name: what would be dear one by one."""
        self.pks: dict[tuple[str, Ulid], int] = {}
        """Row numbers by table and ULID, as far as this work has looked them up."""
        self.seal_key: bytes | None = None
        """Seals the ops of the log, where this process has it."""
        self.waiting: Waiting | None = None
        """New rows that are not written yet."""
        self.journal: Any = None
        """What this work tells rules, see `omnitui.store.rule_journal`; None before the first word."""

    @property
    def db(self) -> sqlite3.Connection:
        """The connection, with all written that waited."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.write()
        return self.beside

    def now(self) -> Millis:
        return self.clock.now()

    def changed(self, kind: ObjectKind, object_id: Ulid, revision: int = 0) -> None:
        """Tell every process that an object is another now; `revision` where it has one."""
        self.touched[kind, object_id] = revision

    def settle(self) -> None:
        """Do what was put off until the end of the work, so that it can be read within it."""
        while self.closing:
            self.closing.pop(next(iter(self.closing))).close()


@dataclass(slots=True, eq=False)
class _Job:
    work: Callable[[Tx], Any]
    durable: bool
    future: Future[Any]


Committed = Callable[[sqlite3.Connection, Callable[[], tuple[Change, ...]]], None]
"""Commits through the function it is given, and publishes the changes that this returns."""


Told = Callable[[OmniError | None], None]


class Writer:
    """Runs works one after the other and resolves each future after its `COMMIT`.

    Args:
        path: The cache's file, already migrated.
        clock, ids, origin: What works get in their `Tx`.
        commit: Called with the connection and a function that commits and returns what changed.
        told: Called when the file cannot be written, with the reason, and with None when it can be again.
    """

    def __init__(self, path: Path, *, clock: Clock, ids: Ids, origin: Ulid, commit: Committed, told: Told) -> None:
        self._path = path
        self._clock = clock
        self._ids = ids
        self._origin = origin
        self._commit = commit
        self._told = told
        self._stuck = False
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._later: deque[_Job] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._asked: dict[Future[Any], float] = {}
        """Durable works that are not done yet, and since when; the oldest first."""
        self.seal_key: bytes | None = None
        """What works get to seal ops with."""
        self._doubtful = False
        """Whether the disk failed since the log was last folded into the file."""

    def submit(self, work: Callable[[Tx], T], *, durable: bool = True) -> Future[T]:
        """Queue a work. Its future holds what it returned, once that is committed; or its error.

        A work that fails leaves nothing behind and hurts no other one. `durable`: safe from a power cut when the
        future resolves; without it only from a crash of the process.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise Refused(_("The cache is closed."))
            if durable:
                self._asked[future] = time.monotonic()
                future.add_done_callback(self._answered)
            if self._thread is None:
                sys.setswitchinterval(min(sys.getswitchinterval(), TURN_SECONDS))
                self._thread = threading.Thread(target=self._run, name="omnitui-writer", daemon=True)
                self._thread.start()
            self._queue.put(_Job(work, durable, future))
        return future

    def kept_waiting(self) -> float:
        """For how many seconds the oldest durable work that is not done yet has waited: somebody waits for it."""
        with self._lock:
            since = next(iter(self._asked.values()), None)
        return 0.0 if since is None else time.monotonic() - since

    def on_its_thread(self) -> bool:
        """Whether the caller runs within a work or a handler of its commit, where waiting would never end."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Finish what was queued, fold the write-ahead log into the file, and end the thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None and not self.on_its_thread():
            thread.join()

    def _answered(self, future: Future[Any]) -> None:
        self._asked.pop(future, None)

    def _run(self) -> None:
        db: sqlite3.Connection | None = None
        untidy = False
        try:
            while True:
                try:
                    job = (
                        self._later.popleft()
                        if self._later
                        else self._queue.get(timeout=IDLE_SECONDS if untidy else None)
                    )
                except queue.Empty:
                    self._tidy(db)
                    untidy = False
                    continue
                if job is None:
                    break
                jobs = self._more(job)
                try:
                    db = db or connection.writer(self._path)
                    self._batch(db, jobs)
                except Exception as error:
                    # The file cannot be opened or not even be rolled back: whoever comes next tries it anew.
                    self._fail_all(jobs, error)
                    if db is not None:
                        with contextlib.suppress(sqlite3.Error):
                            db.close()
                        db = None
                untidy = True
            self._tidy(db)
        finally:
            if db is not None:
                db.close()

    def _more(self, job: _Job) -> list[_Job]:
        """The job and those that already wait behind it."""
        jobs = [job]
        while len(jobs) < MOST_WORKS:
            if self._later:
                jobs.append(self._later.popleft())
                continue
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._queue.put(None)
                break
            jobs.append(following)
        return jobs

    def _batch(self, db: sqlite3.Connection, jobs: list[_Job]) -> None:
        done: list[tuple[_Job, Any]] = []
        touched: Touched = {}
        until = time.monotonic() + MOST_SECONDS
        committed = False

        def committing() -> tuple[Change, ...]:
            nonlocal committed
            written = changes.append(db, touched) if touched else ()
            db.execute("COMMIT")
            committed = True
            reach("writer.committed")
            return written

        try:
            if self._doubtful:
                _fold(db)
                self._doubtful = False
            self._sync(db, any(job.durable for job in jobs))
            db.execute("BEGIN IMMEDIATE")
            reach("writer.begun")
            for number, job in enumerate(jobs):
                if number and time.monotonic() > until:
                    self._later.extendleft(reversed(jobs[number:]))
                    break
                if job.future.set_running_or_notify_cancel():
                    self._work(db, job, done, touched, alone=len(jobs) == 1)
            reach("writer.applied")
            self._commit(db, committing)
        except BaseException as error:
            self._doubtful |= isinstance(error, sqlite3.Error) and _failed_disk(error)
            if not committed:
                self._fail_all(jobs, error)
                if db.in_transaction:
                    db.execute("ROLLBACK")
                if self._doubtful:
                    _bury(db)
                return
            # What is on the disk is done: whoever asked for it must not be told otherwise and do it again.
            import logging

            logging.getLogger(__name__).exception("a commit could not be told of")
        for job, result in done:
            job.future.set_result(result)
        if self._stuck:
            self._stuck = False
            self._told(None)
        reach("writer.published")

    def _work(
        self, db: sqlite3.Connection, job: _Job, done: list[tuple[_Job, Any]], touched: Touched, *, alone: bool
    ) -> None:
        """Run one work; in a savepoint, which costs a large one a fifth of its time, only beside others."""
        tx = Tx(db, self._clock, self._ids, self._origin)
        tx.seal_key = self.seal_key
        if not alone:
            db.execute("SAVEPOINT work")
        try:
            result = job.work(tx)
            tx.settle()
        except BaseException as error:
            if alone or not db.in_transaction:
                raise  # SQLite has rolled back everything (a full disk): nobody in this batch has got anything
            db.execute("ROLLBACK TO work")
            db.execute("RELEASE work")
            _fail(job, error)
            return
        if not alone:
            db.execute("RELEASE work")
        touched.update(tx.touched)
        done.append((job, result))

    def _fail_all(self, jobs: list[_Job], error: BaseException) -> None:
        shown = translated(error) if isinstance(error, sqlite3.Error) else error
        if isinstance(shown, CacheError):
            self._stuck = True
            self._told(shown)
        waiting = set(self._later)
        for job in jobs:
            if job not in waiting:
                _fail(job, error)

    def _tidy(self, db: sqlite3.Connection | None) -> None:
        if db is not None:
            try:
                _checkpoint(db)
            except sqlite3.Error as error:
                self._doubtful |= _failed_disk(error)

    def _sync(self, db: sqlite3.Connection, durable: bool) -> None:
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")


def _fail(job: _Job, error: BaseException) -> None:
    if job.future.done():
        return
    shown = translated(error) if isinstance(error, sqlite3.Error) else error
    if shown is not error:
        shown.__cause__ = error
    job.future.set_exception(shown)


def _failed_disk(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF == sqlite3.SQLITE_IOERR


def _bury(db: sqlite3.Connection) -> None:
    """Write over a commit that was refused because it could not be synced: whole in the log, a start would find it."""
    with contextlib.suppress(sqlite3.Error):
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE meta SET value = value WHERE name = 'fulltext'")
        db.execute("COMMIT")
    if db.in_transaction:
        db.execute("ROLLBACK")


def _fold(db: sqlite3.Connection) -> None:
    """Fold the write-ahead log into the file, whoever reads from it.

    Needed after the disk failed: Linux reports pages that it could not write once and then takes them for written, so
    commits that build on them would not outlive a power cut.
    """
    busy, _frames, _folded = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise CacheBusy(_("Another process keeps the cache locked."), hint=_("Try again."))


def _checkpoint(db: sqlite3.Connection) -> None:
    """Fold the write-ahead log into the file unless somebody reads from it just now."""
    db.execute("PRAGMA busy_timeout = 0")
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        db.execute(f"PRAGMA busy_timeout = {connection.BUSY_TIMEOUT:d}")
