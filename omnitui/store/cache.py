"""The cache: the one door to the file that everything an agent sees and does passes through."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

from omnitui.bus import Bus, Changed, Stuck
from omnitui.clock import Clock, SystemClock
from omnitui.errors import OmniError, Refused
from omnitui.i18n import _
from omnitui.ids import Ids, Ulid
from omnitui.model.people import Agent
from omnitui.store import connection, migrations, sharing
from omnitui.store.blobs import Blobs
from omnitui.store.faults import CacheDamaged, CacheError, translated
from omnitui.store.secrecy import cipher

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from omnitui.store.feed import Feed
    from omnitui.store.writer import Tx, Writer

P = ParamSpec("P")
T = TypeVar("T")

FILE_NAME = "cache.sqlite3"
ROOM = 1 << 18
"""Bytes that are free on a disk that is not full."""

_INTERRUPTS: Final = 0.005
"""Seconds between two interrupts of a read that keeps the cache from being closed."""

GIVEN: Final = "agent"
"""The name in `meta` of what settings gave last."""


class _Reader:
    """A connection that reads, closed with the thread that owns it, or with the cache by another one."""

    def __init__(self, path: Path) -> None:
        self.db = connection.reader(path)
        self.lock = threading.RLock()
        """Held while it reads: to close a connection under a running statement crashes the process."""
        self.closed = False

    def close(self) -> None:
        self.closed = True
        # Again and again: a read is often many statements, and what does not run is not interrupted.
        while not self.lock.acquire(timeout=_INTERRUPTS):
            self.db.interrupt()
        self.db.close()
        self.lock.release()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError, sqlite3.Error):
            self.db.close()


class _Ticket:
    """One read in a reader thread, which can be interrupted while it runs and only then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._given_up = False

    def begin(self, db: sqlite3.Connection) -> bool:
        with self._lock:
            self._db = None if self._given_up else db
            return not self._given_up

    def end(self) -> None:
        with self._lock:
            self._db = None

    def give_up(self) -> None:
        with self._lock:
            self._given_up = True
            if self._db is not None:
                with contextlib.suppress(sqlite3.Error):  # it was closed meanwhile
                    self._db.interrupt()


class Cache:
    """Reads on connections of their own, writes through the one writer, and tells of every change on the bus.

    Made by `open`. Safe to use from any thread. The writing side, and with it asyncio, is imported when it is needed:
    the first frame only reads.
    """

    def __init__(self, path: Path, *, origin: Ulid, state: Path | None, clock: Clock, bus: Bus) -> None:
        self.path = path
        self.origin = origin
        self.clock = clock
        self.bus = bus
        self.ids = Ids(clock)
        self.check_lead: Callable[[], None] = _nothing
        """Raises where this process runs the connectors no more; works that make something leave ask it as they commit.

        Set by whoever runs the connectors.
        """
        self.blobs = Blobs(path.parent / "blobs", cipher.key_of(path))
        self._leave: Callable[[], object] = _nothing
        self._wake = None if state is None else state / "wake"
        self._feed: Feed | None = None
        self._writer: Writer | None = None
        self._closed = False
        self._local = threading.local()
        self._readers: weakref.WeakSet[_Reader] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._me: Agent | None = None
        bus.when_heard(Changed, self.watch)

    @classmethod
    def open(
        cls, data: Path, *, state: Path | None = None, clock: Clock | None = None, bus: Bus | None = None
    ) -> Cache:
        """Open the cache in folder `data`, making or migrating it where needed.

        Args:
            data: The profile's data folder.
            state: Its state folder, where processes wake each other; without it they notice within a second.
            clock, bus: The machine's clock and a bus of its own unless given.

        Raises:
            Refused: The file was written by a newer omnitui; it has not been touched.
            CacheError: It cannot be opened.
        """
        path = data / FILE_NAME
        clock = clock or SystemClock()
        with contextlib.ExitStack() as opening:
            try:
                lock = sharing.enter(path)
                if lock is not None:
                    opening.callback(os.close, lock)
                connection.create(path)
                with contextlib.closing(connection.connect(path)) as db:
                    if not migrations.check(db):
                        connection.log_ahead(db)
                        migrations.migrate(db, path, clock=clock)
                    origin = _origin(db) or _begin(db, Ids(clock), clock)
            except sqlite3.Error as error:
                raise translated(error) from error
            except UnicodeDecodeError as error:
                # SQLite's own words quote what stands in a damaged schema.
                wrapped = sqlite3.DatabaseError("the schema is garbled")
                wrapped.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise translated(wrapped) from error
            except OSError as error:
                wrapped = sqlite3.OperationalError(str(error))
                wrapped.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
                raise translated(wrapped) from error
            cache = cls(path, origin=origin, state=state, clock=clock, bus=bus or Bus())
            cache._leave = weakref.finalize(cache, opening.pop_all().close)
        return cache

    def me(self) -> Agent:
        """The profile's own agent."""
        if self._me is None:
            self._me = self.read(_me)
        return self._me

    def forget_me(self) -> None:
        """Read the agent anew next time: the name or an address was changed."""
        self._me = None

    def read(self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `query(db, …)` finds, on this thread, in one consistent state of the cache.

        Raises:
            Refused: The cache was closed, before or meanwhile.
            CacheError: It cannot be read.
        """
        reader = self._reader()
        if reader.closed:
            raise _over()
        try:
            with reader.lock:
                return _in_one_state(reader.db, query, *args, **kwargs)
        except sqlite3.Error as error:
            if reader.closed:
                raise _over() from error
            shown = translated(error)
            if shown is error:
                raise
            if isinstance(shown, CacheDamaged):
                self._say(shown)
            raise shown from error

    async def aread(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `read`, in one of two reader threads. Cancelling it interrupts the query."""
        import asyncio

        threads = self._reader_threads()
        ticket = _Ticket()

        def run() -> T:
            if not ticket.begin(self._reader().db):
                raise asyncio.CancelledError
            try:
                return self.read(query, *args, **kwargs)
            finally:
                ticket.end()

        try:
            return await asyncio.get_running_loop().run_in_executor(threads, run)
        except asyncio.CancelledError:
            ticket.give_up()
            raise

    def write(self, work: Callable[[Tx], T], *, durable: bool = True) -> T:
        """Run `work` in the writer and return what it returned, after its commit. See `Writer.submit`."""
        writer = self._writing()
        if writer.on_its_thread():
            raise RuntimeError("a work or a handler of the bus waits for the writer, on the writer's own thread")
        return writer.submit(work, durable=durable).result()

    async def awrite(self, work: Callable[[Tx], T], *, durable: bool = True) -> T:
        """Like `write`, without blocking the loop. Cancelling does not undo what was already begun."""
        import asyncio

        return await asyncio.wrap_future(self._writing().submit(work, durable=durable))

    async def writable(self) -> bool:
        """Whether a work of some size could be committed now, tried.

        A small one can go through on a full disk, where the log has room left by a larger one that failed.
        """
        try:
            left = os.statvfs(self.path.parent)
            if left.f_bavail * left.f_frsize < ROOM:
                return False
            await self.awrite(_touch)
        except (CacheError, OSError):
            return False
        return True

    def submit(self, work: Callable[[Tx], T], *, durable: bool = True) -> Future[T]:
        """Queue `work` and return its future at once."""
        return self._writing().submit(work, durable=durable)

    def kept_waiting(self) -> float:
        """For how many seconds somebody of this process has waited for a durable write."""
        with self._lock:
            writer = self._writer
        return 0.0 if writer is None else writer.kept_waiting()

    def seal_with(self, key: bytes) -> None:
        """Seal each op that this process adds to the log, from now on."""
        self._writing().seal_key = key

    def watch(self) -> None:
        """Publish on the bus what other processes commit; begins by itself with the first subscriber to `Changed`."""
        if not self._closed:
            self._following().watch()

    def close(self) -> None:
        """Finish what was queued and let go of all threads and connections."""
        with self._lock:
            self._closed = True
            threads, self._threads = self._threads, None
        if self._writer is not None:
            self._writer.close()
        if self._feed is not None:
            self._feed.close()
        for reader in list(self._readers):
            reader.close()
        if threads is not None:
            threads.shutdown()
        self._local = threading.local()
        self._leave()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _say(self, error: OmniError | None) -> None:
        """Tell of what keeps the cache from being written, or that nothing does; note that the file is damaged."""
        if isinstance(error, CacheDamaged):
            from omnitui.store.recovery import integrity

            integrity.note(self.path.parent, integrity.Damage(self.clock.now(), error.message))
        self.bus.publish(Stuck(error))

    def _following(self) -> Feed:
        with self._lock:
            if self._feed is None:
                from omnitui.store.feed import Feed

                self._feed = Feed(self.path, self._wake, self.bus)
            return self._feed

    def _writing(self) -> Writer:
        feed = self._following()
        with self._lock:
            if self._closed:
                raise _over()
            if self._writer is None:
                from omnitui.store.writer import Writer

                self._writer = Writer(
                    self.path,
                    clock=self.clock,
                    ids=self.ids,
                    origin=self.origin,
                    commit=feed.commit,
                    told=self._say,
                )
            return self._writer

    def _reader_threads(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        with self._lock:
            if self._closed:
                raise _over()
            if self._threads is None:
                self._threads = ThreadPoolExecutor(2, thread_name_prefix="omnitui-reader")
            return self._threads

    def _reader(self) -> _Reader:
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            with self._lock:
                if self._closed:
                    raise _over()
                reader = self._local.reader = _Reader(self.path)
                self._readers.add(reader)
        return reader


def _over() -> Refused:
    return Refused(_("The cache is closed."))


def _in_one_state(
    db: sqlite3.Connection, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    if db.in_transaction:
        return query(db, *args, **kwargs)
    db.execute("BEGIN")
    try:
        return query(db, *args, **kwargs)
    finally:
        if db.in_transaction:
            db.execute("COMMIT")


def _nothing() -> None:
    """A process that never had the lead has nothing to lose."""


def _touch(tx: Tx) -> None:
    tx.db.execute("UPDATE meta SET value = value WHERE name = 'fulltext'")


def _me(db: sqlite3.Connection) -> Agent:
    agent_id, name, addresses = db.execute("SELECT id, name, addresses FROM agent WHERE me = 1").fetchone()
    return Agent(agent_id, name, tuple(json.loads(addresses)), me=True)


def _origin(db: sqlite3.Connection) -> Ulid | None:
    row = db.execute("SELECT id FROM replica WHERE pk = 1").fetchone()
    return str(row[0]) if row else None


def given_by_settings(db: sqlite3.Connection) -> tuple[str, tuple[str, ...]]:
    """The name and the addresses of this profile's agent that settings gave last; empty where they gave none."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (GIVEN,)).fetchone()
    if row is None:
        return "", ()
    name, addresses = json.loads(row[0])
    return name, tuple(addresses)


def login_name() -> str:
    """What an agent is called whom nobody gave a name."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


def _begin(db: sqlite3.Connection, ids: Ids, clock: Clock) -> Ulid:
    """Give a new cache its identity and its agent; several processes may try at once."""
    from omnitui.store.arriving.fulltext import VERSION

    name = login_name()
    db.execute("BEGIN IMMEDIATE")
    origin = _origin(db)
    if origin is None:
        origin = ids.new()
        db.execute("INSERT INTO replica(pk, id, created_at) VALUES (1, ?, ?)", (origin, clock.now()))
        db.execute("INSERT INTO meta(name, value) VALUES ('fulltext', ?)", (VERSION,))
        db.execute("INSERT INTO agent(id, name, me) VALUES (?, ?, 1)", (ids.new(), name))
    db.execute("COMMIT")
    return origin
