"""Whole copies of the cache's file: made beside the writer, proved before they count, rotated.

They lie in `snapshots/` in the data folder. What was put aside when a damaged or replaced cache made room for another
one lies beside the cache itself. Whoever erases something has to reach all of it: `copies` lists every file.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from omnitui.clock import Millis
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.store import connection
from omnitui.store.faults import CacheDamaged, translated, translated_os
from omnitui.store.recovery import integrity
from omnitui.values import dataclass

FOLDER: Final = "snapshots"
ASIDE: Final = ("cache.damaged-", "cache.replaced-")
"""How the names of caches begin that were put aside."""
BESIDE: Final = ("-wal", "-shm", "-journal")
"""How the names of the files end that SQLite keeps beside a database."""
PAGES: Final = 128
"""Pages copied at a time, half a megabyte; between two others get the disk."""
BREATH_SECONDS: Final = 0.005
_NAME: Final = re.compile(r"cache-(\d{8}T\d{6}Z)(?:-before-(\d+))?\.sqlite3")
_ASIDE: Final = re.compile(r"cache\.\w+-(\d{8}T\d{6}Z)\.sqlite3(?:-wal)?")
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_PART: Final = ".part"
_PART_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One whole copy."""

    path: Path
    taken_at: Millis
    size: int
    """Bytes."""
    before: int | None = None
    """The schema that the cache was about to become when it was taken; None for those of every day."""


class Stopped(OmniError):
    """Whoever asked for a copy did not want to wait for it."""


def snapshots(data: Path) -> list[Snapshot]:
    """All there are in a profile's data folder, newest first."""
    return sorted(_found(data), key=lambda one: one.taken_at, reverse=True)


def aside(data: Path) -> list[Path]:
    """Caches that were put aside when another one took their place, with their logs."""
    return sorted(path for path in data.glob("cache.*") if path.name.startswith(ASIDE))


def copies(data: Path) -> list[Path]:
    """Every file beside the cache that holds what it held once; half-made ones too."""
    folder = data / FOLDER
    return [*(sorted(folder.iterdir()) if folder.is_dir() else []), *aside(data)]


def stamp(at: Millis) -> str:
    """A time as names of files have it, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime(_STAMP)


def take(cache: Path, now: Millis, *, before: int | None = None, stop: threading.Event | None = None) -> Snapshot:
    """Copy the cache as it is in one moment, prove the copy, and give it its name.

    The writer goes on meanwhile: the copy reads in one transaction, some pages at a time.

    Args:
        cache: The cache's file.
        now: The time it is named after.
        before: The schema that the cache is about to become. Everybody waits for that, so the copy is made in one go,
            and proved by whoever restores it.
        stop: Set to give up.

    Raises:
        CacheDamaged: The copy is not whole, so neither is the cache.
        CacheError: There is no room for it, or the disk failed.
        Stopped: `stop` was set.
    """
    folder = cache.parent / FOLDER
    name = f"cache-{stamp(now)}" + (f"-before-{before}" if before is not None else "")
    target = folder / f"{name}.sqlite3"
    part = target.with_name(target.name + _PART)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        remove(part)
        if before is None:
            save(cache, part, stop=stop)
        else:
            _save_at_once(cache, part)
        part.replace(target)
        sync(folder)
        sync(folder.parent)  # which may not know the folder yet
    except OSError as error:
        raise translated_os(error) from error
    finally:
        with suppress(OSError):
            remove(part)
    return Snapshot(target, now, target.stat().st_size, before)


def save(cache: Path, target: Path, *, stop: threading.Event | None = None) -> None:
    """Copy the cache to a new file and prove it, as `take` does; it is on the disk when this returns.

    Raises:
        CacheDamaged, CacheError, Stopped: As `take`.
    """
    try:
        _need_room(cache)
        _copy(cache, target, stop)
        prove(target, stop=stop)
        sync(target)
    except sqlite3.Error as error:
        raise translated(error) from error
    except OSError as error:
        raise translated_os(error) from error


def _save_at_once(cache: Path, target: Path) -> None:
    """Copy the cache in one go; nobody else has anything of the disk meanwhile."""
    try:
        _need_room(cache)
        with _copying(cache, target) as (db, copied, descriptor):
            db.backup(copied, pages=-1)
            os.fsync(descriptor)
    except sqlite3.Error as error:
        raise translated(error) from error


def _copy(source: Path, target: Path, stop: threading.Event | None) -> None:
    """Copy a cache's file as it is in one moment, some pages at a time."""

    def breathe(_status: int, _left: int, _whole: int) -> None:
        if stop is not None and stop.is_set():
            raise Stopped(_("the copy was not finished"))
        # What the system gathers and then writes at once would keep commits waiting for a fifth of a second.
        os.fdatasync(descriptor)
        time.sleep(BREATH_SECONDS)

    with _copying(source, target) as (db, copied, descriptor):
        # With a transaction open a copy in steps is one of this moment, and ends beside a writer.
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        db.backup(copied, pages=PAGES, progress=breathe, sleep=0)


@contextmanager
def _copying(source: Path, target: Path) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection, int]]:
    """A connection to a cache, one to a new file, and a descriptor of that."""
    with ExitStack() as opened:
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        opened.callback(os.close, descriptor)
        db = opened.enter_context(closing(connection.reader(source)))
        copied = opened.enter_context(closing(connection.connect(target)))
        copied.execute("PRAGMA journal_mode = OFF")
        copied.execute("PRAGMA synchronous = OFF")
        yield db, copied, descriptor


def prove(path: Path, *, stop: threading.Event | None = None) -> None:
    """Look at every page of a file that nobody else uses.

    Raises:
        CacheDamaged: It is not whole.
        Stopped: `stop` was set.
    """
    with closing(connection.connect(path)) as db:
        if stop is not None:
            db.set_progress_handler(stop.is_set, 100_000)
        try:
            found = integrity.faults(db)
        except sqlite3.OperationalError as error:
            if stop is not None and stop.is_set():
                raise Stopped(_("the copy was not finished")) from error
            raise
    if found:
        raise CacheDamaged(
            _("The cache is damaged: {reason}.").format(reason="; ".join(found)),
            hint=_("Leave omnitui and start it again: it mends the cache then."),
        )


def rotate(data: Path, *, daily: int, weekly: int) -> list[Path]:
    """Remove the snapshots that are no longer wanted, and return them; what a crash left half-made goes with them.

    Kept are the newest of each of the last `daily` days and of `weekly` weeks before them that have one, and the newest
    one from before a change of the schema.
    """
    keep: set[Path] = set()
    days: set[object] = set()
    weeks: set[object] = set()
    found = snapshots(data)
    for one in found:
        day = datetime.fromtimestamp(one.taken_at / 1000, UTC).date()
        if one.before is not None:
            continue
        if day not in days and len(days) < daily:
            days.add(day)
            keep.add(one.path)
        elif day not in days and (week := day.isocalendar()[:2]) not in weeks and len(weeks) < weekly:
            weeks.add(week)
            keep.add(one.path)
    keep |= {one.path for one in [one for one in found if one.before is not None][:1]}
    gone = [one.path for one in found if one.path not in keep]
    for path in gone:
        remove(path)
    _drop_parts(data / FOLDER)
    return gone


def _drop_parts(folder: Path) -> None:
    """Remove what a crash left half-made; nobody writes to it any more after an hour."""
    for path in folder.glob(f"*{_PART}*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - _PART_SECONDS:
                path.unlink()


def drop_aside(data: Path, before: Millis) -> None:
    """Remove the caches that were put aside before a time."""
    for path in aside(data):
        if (match := _ASIDE.fullmatch(path.name)) and _moment(match[1]) < before:
            path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _found(data: Path) -> Iterator[Snapshot]:
    folder = data / FOLDER
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := _NAME.fullmatch(path.name):
            before = int(match[2]) if match[2] else None
            with suppress(FileNotFoundError):
                yield Snapshot(path, _moment(match[1]), path.stat().st_size, before)


def _moment(text: str) -> Millis:
    return round(datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp() * 1000)


def _need_room(cache: Path) -> None:
    """Raises OSError where a copy would fill the disk."""
    import errno

    size = sum(path.stat().st_size for path in (cache, cache.with_name(f"{cache.name}-wal")) if path.exists())
    if shutil.disk_usage(cache.parent).free < 2 * size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def remove(*paths: Path) -> None:
    """Remove files of databases with what SQLite keeps beside each; nothing happens where there is none."""
    for path in paths:
        path.unlink(missing_ok=True)
        remove_beside(path)


def remove_beside(path: Path) -> None:
    """Remove what SQLite keeps beside a file, as another one takes its place."""
    for suffix in BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
