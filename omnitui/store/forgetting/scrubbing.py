"""The bytes behind what was erased: free pages and the log of the cache's file, copies beside it, and other files."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.store import connection
from omnitui.store.faults import translated
from omnitui.store.forgetting.scan import scan
from omnitui.store.secrecy import cipher

PATIENCE_SECONDS: Final = 20.0
"""How long others may read from the log before it is given up to empty it."""
_STEPS: Final = 20_000
"""Of SQLite's machine between two questions whether to give up: a few milliseconds."""
_LARGEST: Final = 64 * 1024 * 1024
_HOUR: Final = 3600
_BLOB: Final = re.compile("[0-9a-f]{64}")
_PARTS: Final = (".part-*", "*.part")


class Postponed(OmniError):
    """Others want to write: the rewriting was given up, and nothing has changed."""


def rewrite(cache: Path, *, give_up: Callable[[], object] | None = None) -> None:
    """Write the file anew without its free pages, and empty its log. Others wait meanwhile, or read what was.

    Args:
        cache: The cache's file.
        give_up: Asked now and then; where it says so, everything stays as it was. In the second half, when the copy is
            put in place, it is not asked any more.

    Raises:
        Postponed: It was given up.
        CacheError: There is no room for it, or the disk failed.
        OmniError: Somebody reads from the log all the time.
    """
    try:
        with contextlib.closing(connection.writer(cache)) as db:
            if give_up is not None:
                db.set_progress_handler(lambda: 1 if give_up() else 0, _STEPS)
            if cipher.key_of(cache) is None:
                # A copy in memory would be as large as the cache; one on the disk would be in clear beside a cipher.
                db.execute("PRAGMA temp_store = FILE")
            db.execute("VACUUM")
            db.set_progress_handler(None, 0)
            until = time.monotonic() + PATIENCE_SECONDS
            while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > until:
                    raise OmniError(
                        _("another process reads from the cache's log, which could not be emptied"),
                        hint=_("Close the console and do this again."),
                    )
                time.sleep(0.05)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise Postponed(
                _("others want to write: the cache's file is written anew later"), hint="omnitui retention run"
            ) from error
        raise translated(error) from error


def old_blobs(blobs: Path) -> Iterator[str]:
    """The names of blobs that were put an hour ago or longer: younger ones may belong to what is just coming in.

    The age is looked at when a name is asked for: a list would be out of date by its end.
    """
    before = time.time() - _HOUR
    for path in blobs.glob("??/*"):
        try:
            is_old = path.stat().st_mtime < before and _BLOB.fullmatch(path.name)
        except OSError:
            continue
        if is_old:
            yield path.name


def drop_parts(blobs: Path) -> None:
    """Remove what a crash left half written among the blobs, older than an hour."""
    for pattern in _PARTS:
        for path in blobs.rglob(pattern):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - _HOUR:
                    path.unlink()


def blot(files: Iterable[Path], words: Sequence[str]) -> list[Path]:
    """Write stars over these words wherever text files have them, in place and in as many bytes; which had any.

    Whoever has such a file open for appending goes on.
    """
    pattern = words_in(words)
    changed: list[Path] = []
    for path in files if pattern else ():
        with contextlib.suppress(OSError):
            if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
                continue
            with path.open("r+b") as file:
                places = [match.span() for match in pattern.finditer(file.read())] if pattern else []
                for start, end in places:
                    file.seek(start)
                    file.write(b"*" * (end - start))
                file.flush()
                os.fsync(file.fileno())
            if places:
                changed.append(path)
    return changed


def holding(folders: Iterable[Path], words: Sequence[str], cache: Path) -> Iterator[Path]:
    """The files below some folders in which any of these words still stands, in UTF-8.

    Raises:
        OmniError: The files of the cache could not be looked through.
    """
    pattern = words_in(words)
    if pattern is None:
        return
    longest = max(len(word.encode()) for word in words) + 1
    files = (path for folder in folders for path in sorted(folder.rglob("*")) if _is_file(path))
    yield from (one.path for one in scan(files, [pattern], longest, cache) if one.found)


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def words_in(words: Sequence[str]) -> re.Pattern[bytes] | None:
    """Any of the words; those of letters only where they stand alone, so that Ann is not found in annual."""
    parts = []
    for word in sorted({word for word in words if len(word.encode()) > 2}, key=len, reverse=True):
        spelled = re.escape(word.encode())
        parts.append(rb"(?<![A-Za-z0-9])" + spelled + rb"(?![A-Za-z0-9])" if word.isascii() else spelled)
    return re.compile(b"|".join(parts), re.IGNORECASE) if parts else None
