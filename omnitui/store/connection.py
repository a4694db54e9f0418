"""Connections to the cache's file: one that writes, those that read."""

from __future__ import annotations

import os
import sqlite3
import time
from functools import partial
from pathlib import Path

from omnitui.store import failpoints
from omnitui.store.faults import translated
from omnitui.store.recovery.stillness import is_still
from omnitui.store.secrecy import cipher

BUSY_TIMEOUT = 30_000
"""Milliseconds that a connection waits for another process; batches hold the file for a few tens at most."""


def create(path: Path) -> None:
    """Make the file and its folder, for nobody else's eyes, where they are not there yet."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        for folder in path.parents[:2]:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def connect(path: Path, *, busy: int = BUSY_TIMEOUT) -> sqlite3.Connection:
    """A connection in autocommit mode without settings; `path` has to exist. Enciphered where its folder has a key."""
    still = is_still(str(path))
    place = f"{path.absolute().as_uri()}?immutable=1" if still else path
    key = cipher.key_of(path)
    opened = sqlite3.connect if key is None else partial(cipher.connect, key=key)
    return opened(
        place,
        timeout=busy / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
        uri=still,
    )


def log_ahead(db: sqlite3.Connection) -> None:
    """Have the file keep a write-ahead log, in turn with others who do so: SQLite itself does not wait for them."""
    until = time.monotonic() + BUSY_TIMEOUT / 1000
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return


def writer(path: Path) -> sqlite3.Connection:
    """A connection that may write."""
    db = connect(path)
    failpoints.watch(db)
    try:
        log_ahead(db)
        db.execute("PRAGMA synchronous = FULL")
        # Rows are found before they are pointed at and never removed; checking it again costs ingest a fifth.
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA cache_size = -16384")
        db.execute("PRAGMA wal_autocheckpoint = 4000")
    except sqlite3.Error as error:
        db.close()
        raise translated(error) from error
    return db


def reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads."""
    try:
        db = connect(path)
        db.execute("PRAGMA query_only = 1")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA cache_size = -8192")
    except sqlite3.Error as error:
        raise translated(error) from error
    return db
