"""One hook's deliveries, read from the spool of the gateway on this machine while that goes on writing."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Final

from omnitui.store import connection
from omnitui.store.faults import translated
from omnitui.store.reads.spool import Page, page

PAGE: Final = 100


class SpoolReader:
    """Looks into the file whenever it was written. Its methods wait for the disk: not on the loop, and one at a time.

    `close` may come while another thread looks: that one lets go of the file.
    """

    def __init__(self, path: Path, hook: str, *, key: bytes | None = None) -> None:
        """`key`: that of the cache, where it is encrypted."""
        self._path = path
        self._hook = hook
        self._key = key
        self._db: sqlite3.Connection | None = None
        self._file = 0
        self._seen: tuple[int, int] | None = None
        self._at_work = threading.Lock()
        self._closed = False

    def look(self, after: int) -> Page | None:
        """What follows a cursor; None where nothing was written since there was nothing more.

        Raises:
            FileNotFoundError: There is no spool.
            CacheError: It cannot be read.
        """
        with self._at_work:
            try:
                return self._look(after)
            except sqlite3.Error as error:
                raise translated(error) from error
            finally:
                if self._closed:
                    self._let_go()

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True
        if self._at_work.acquire(blocking=False):
            self._let_go()
            self._at_work.release()

    def _look(self, after: int) -> Page | None:
        # Another file may be put in this one's place, where a person was forgotten or a copy was restored.
        file = self._path.stat().st_ino
        if file != self._file:
            self._let_go()
        if self._db is None:
            self._db, self._file = connection.reader(self._path), file
        seen = (after, self._db.execute("PRAGMA data_version").fetchone()[0])
        if seen == self._seen:
            return None
        found = page(self._db, self._hook, after, PAGE, key=self._key)
        self._seen = seen if found.caught_up and found.cursor == after else None
        return found

    def _let_go(self) -> None:
        if self._db is not None:
            self._db.close()
        self._db, self._file, self._seen = None, 0, None
