"""A damaged cache made whole: its indexes built anew where its rows are sound, else a snapshot with what can still be
read of it. The damaged file is kept beside it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Final

from omnitui.clock import Clock, Millis
from omnitui.errors import OmniError
from omnitui.store import connection, migrations
from omnitui.store.faults import translated, translated_os
from omnitui.store.recovery import grafting, integrity, snapshots
from omnitui.store.recovery.salvage import Tally, salvage
from omnitui.store.recovery.snapshots import Snapshot
from omnitui.store.recovery.swapping import swap
from omnitui.values import dataclass

_WORK: Final = "cache.mending.sqlite3"
_FRESH: Final = "cache.restored.sqlite3"
_ROWS: Final = ("account", "contact", "conversation", "message", "op", "outbox")


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done."""

    at: Millis
    reason: str
    """What was found, in SQLite's words."""
    kept_as: str
    """The name of the damaged file, in the data folder."""
    snapshot_at: Millis | None = None
    """Of when the snapshot is; None where there was none, or none was needed."""
    tally: Tally | None = None
    """What the snapshot did not have; None where all rows were sound and only indexes were built anew."""


def mend(cache: Path, clock: Clock, reason: str) -> Mended | None:
    """Make a cache whole whose file nobody has open (`sharing.alone`); None where nothing is wrong with it.

    Raises:
        CacheError: There is no room, or the disk fails; everything is as it was.
    """
    work, fresh = cache.with_name(_WORK), cache.with_name(_FRESH)
    aside = f"cache.damaged-{snapshots.stamp(clock.now())}.sqlite3"
    try:
        snapshots.remove(work, fresh)
        _copy(cache, work)
        found = _faults(work)
        if not found:
            integrity.forget(cache.parent)
            return None
        said = reason or "; ".join(found)
        good = _good(cache.parent)
        if _reindexed(work) and _has_all(work, good):
            work.replace(fresh)
            done = Mended(clock.now(), said, aside)
        else:
            done = _restored(cache, good, clock, said, aside)
        swap(cache, fresh, aside)
    except sqlite3.Error as error:
        raise translated(error) from error
    except OSError as error:
        raise translated_os(error) from error
    finally:
        with suppress(OSError):
            snapshots.remove(work, fresh)
    return done


def _restored(cache: Path, good: Snapshot | None, clock: Clock, reason: str, aside: str) -> Mended:
    work, fresh = cache.with_name(_WORK), cache.with_name(_FRESH)
    # Anew: building indexes has changed it.
    snapshots.remove(work)
    _copy(cache, work)
    if good is not None:
        shutil.copyfile(good.path, fresh)
        if not _opens(work):
            grafting.graft(work, good.path)
    fresh.touch(0o600)
    fresh.chmod(0o600)
    with suppress(sqlite3.Error, OmniError, UnicodeDecodeError), closing(connection.connect(work)) as damaged:
        migrations.migrate(damaged)
    with closing(connection.connect(fresh)) as target:
        migrations.migrate(target)
        tally = salvage(partial(connection.connect, work), target, clock)
        integrity.recount(target)
        # Whoever opens the cache gives it its agent together with its identity.
        target.execute("DELETE FROM replica WHERE NOT EXISTS (SELECT 1 FROM agent WHERE me = 1)")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    snapshots.prove(fresh)
    return Mended(clock.now(), reason, aside, good.taken_at if good else None, tally)


def _good(data: Path) -> Snapshot | None:
    """The newest snapshot that is whole, of a schema that is known."""
    for one in snapshots.snapshots(data):
        try:
            with closing(connection.connect(one.path)) as db:
                migrations.check(db)
            snapshots.prove(one.path)
        except (sqlite3.Error, OmniError, UnicodeDecodeError):
            continue
        return one
    return None


def _faults(path: Path) -> list[str]:
    try:
        with closing(connection.connect(path)) as db:
            return integrity.faults(db)
    except UnicodeDecodeError:
        return [integrity.GARBLED]
    except sqlite3.DatabaseError as error:
        if not integrity.is_damage(error):
            raise
        return [str(error)]


def _opens(path: Path) -> bool:
    try:
        with closing(connection.connect(path)) as db:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False
    return True


def _reindexed(path: Path) -> bool:
    """Build all indexes anew; whether the file is whole then."""
    try:
        with closing(connection.connect(path)) as db:
            db.execute("REINDEX")
            try:
                db.execute("INSERT INTO message_fts(message_fts) VALUES ('integrity-check')")
            except sqlite3.DatabaseError:
                _empty_fulltext(db)
            integrity.recount(db)
            found = integrity.faults(db)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False
    return not found and not path.with_name(f"{path.name}-wal").exists()


def _empty_fulltext(db: sqlite3.Connection) -> None:
    """Begin the full-text index anew; the sync fills it."""
    (made,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'message_fts'").fetchone()
    db.execute("BEGIN IMMEDIATE")
    db.execute("DROP TABLE message_fts")
    db.execute(made)
    db.execute("INSERT OR IGNORE INTO unindexed(message_pk) SELECT pk FROM message WHERE deleted_at IS NULL")
    db.execute("COMMIT")


def _has_all(path: Path, good: Snapshot | None) -> bool:
    """Whether no row is missing that the snapshot has: a page that was lost whole leaves no trace in an index anew."""
    if good is None:
        return True
    with closing(connection.connect(path)) as db, closing(connection.connect(good.path)) as older:
        for table in _ROWS:
            key = "op_pk" if table == "outbox" else "pk"
            count, top = older.execute(f"SELECT count(*), coalesce(max({key}), 0) FROM {table}").fetchone()
            if db.execute(f"SELECT count(*) FROM {table} WHERE {key} <= ?", (top,)).fetchone()[0] < count:
                return False
    return True


def _copy(cache: Path, target: Path) -> None:
    for suffix in ("", "-wal"):
        source = cache.with_name(cache.name + suffix)
        if source.exists():
            shutil.copyfile(source, target.with_name(target.name + suffix))
    target.chmod(0o600)
