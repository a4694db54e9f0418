"""What the processes of a profile tell each other: changes of this one go out, those of others come in."""

from __future__ import annotations

import contextlib
import os
import selectors
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from omnitui.bus import Bus, Changed
from omnitui.model.operations import Change
from omnitui.store import changes, connection
from omnitui.store.wake import Ear, wake

NET_SECONDS = 1.0
"""How often `PRAGMA data_version` is looked at, in case a datagram was lost."""


class Feed:
    """Publishes each commit on the bus exactly once, whichever process made it."""

    def __init__(self, path: Path, folder: Path | None, bus: Bus) -> None:
        self._path = path
        self._folder = folder
        self._bus = bus
        self._lock = threading.Lock()
        self._seen: int | None = None
        """The place in the sequence up to which everything was published; None while nobody listens."""
        self._ear: Ear | None = None
        self._thread: threading.Thread | None = None
        self._stop_in, self._stop_out = -1, -1

    def commit(self, db: sqlite3.Connection, committing: Callable[[], tuple[Change, ...]]) -> None:
        """Commit by `committing`, then publish here and wake the other processes."""
        with self._lock:
            written = committing()
            if not written:
                return
            first, last = written[0].seq, written[-1].seq
            event = Changed(last, written)
            if self._seen is not None and self._seen < first - 1:
                try:
                    event = changes.since(db, self._seen) or event
                except sqlite3.Error:
                    event = Changed(last, (), complete=False)
            if self._seen is not None:
                self._seen = max(self._seen, last)
        self._bus.publish(event)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                wake(self._folder, but=self._ear.name if self._ear else "")

    def watch(self) -> None:
        """Start to publish what other processes commit; harmless when repeated."""
        with self._lock:
            if self._thread is not None:
                return
            db = connection.reader(self._path)
            self._seen = changes.last_seq(db)
            if self._folder is not None:
                with contextlib.suppress(OSError):
                    self._ear = Ear(self._folder)
            self._stop_out, self._stop_in = os.pipe()
            self._thread = threading.Thread(target=self._run, args=(db,), name="omnitui-feed", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread and remove its socket."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            os.write(self._stop_in, b"!")
        if thread is not threading.current_thread():
            thread.join()
        if self._ear is not None:
            self._ear.close()
        os.close(self._stop_in)
        os.close(self._stop_out)

    def _run(self, db: sqlite3.Connection) -> None:
        with contextlib.closing(db), selectors.DefaultSelector() as ready:
            ready.register(self._stop_out, selectors.EVENT_READ)
            if self._ear is not None:
                ready.register(self._ear.socket, selectors.EVENT_READ)
            version = -1
            while True:
                found = ready.select(NET_SECONDS)
                if any(key.fd == self._stop_out for key, _events in found):
                    return
                if found and self._ear is not None:
                    self._ear.drain()
                with contextlib.suppress(sqlite3.Error):
                    now = db.execute("PRAGMA data_version").fetchone()[0]
                    if now != version:
                        version = now
                        self._catch_up(db)

    def _catch_up(self, db: sqlite3.Connection) -> None:
        event: Changed | None = None
        with self._lock:
            if self._seen is not None and changes.last_seq(db) > self._seen:
                event = changes.since(db, self._seen)
                if event is not None:
                    self._seen = max(self._seen, event.seq)
        if event is not None:
            self._bus.publish(event)
