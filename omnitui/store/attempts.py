"""A part of a work that may fail without taking the rest with it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from omnitui.store.faults import CacheError, translated
from omnitui.store.writer import Tx


@contextlib.contextmanager
def attempt(tx: Tx) -> Iterator[None]:
    """All that the body writes, or nothing of it where it raises; what it raises goes on."""
    tx.settle()
    touched, pks = dict(tx.touched), dict(tx.pks)
    tx.db.execute("SAVEPOINT attempt")
    try:
        yield
        tx.settle()
    except Exception:
        tx.waiting = None
        # A full disk has taken back the whole transaction already.
        if tx.db.in_transaction:
            tx.db.execute("ROLLBACK TO attempt")
            tx.db.execute("RELEASE attempt")
        tx.closing.clear()
        tx.touched, tx.pks = touched, pks
        raise
    tx.db.execute("RELEASE attempt")


def blames_the_rows(error: Exception) -> bool:
    """Whether an error of a work lies in what was to be written, not in the disk, the file or the process."""
    if isinstance(error, sqlite3.Error):
        return translated(error) is error
    return not isinstance(error, (CacheError, OSError, MemoryError))
