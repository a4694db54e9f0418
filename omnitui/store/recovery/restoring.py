"""An older cache in the place of this one: proved and brought to our schema beside it, then swapped."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from omnitui.clock import Clock, Millis
from omnitui.errors import OmniError, Refused
from omnitui.i18n import _
from omnitui.store import connection, migrations, rule_journal, sharing
from omnitui.store.faults import translated
from omnitui.store.recovery import integrity, snapshots
from omnitui.store.recovery.salvage import doubt
from omnitui.store.recovery.swapping import swap
from omnitui.values import dataclass

_FRESH: Final = "cache.unpacked.sqlite3"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a cache holds."""

    schema: int
    accounts: tuple[str, ...]
    conversations: int
    messages: int
    newest: Millis
    """When its newest message was received; 0 where there is none."""
    waiting: int
    """Messages that waited in its outbox."""


def holding(path: Path) -> Holding:
    """Look through a closed file of a cache.

    Raises:
        Refused: It is none, or not whole, or of a newer omnitui, or enciphered with another key.
    """
    try:
        with closing(connection.connect(path)) as db:
            migrations.check(db)
            found = integrity.faults(db)
            if not found:
                return _counted(db)
    except UnicodeDecodeError:
        found = [integrity.GARBLED]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    raise Refused(
        _("the cache in it cannot be read: {reason}").format(reason="; ".join(found)),
        hint=_("it is damaged, or encrypted with a key that this profile does not have; nothing was changed"),
    )


def ready(path: Path, clock: Clock) -> Holding:
    """Prove a copy that is to become the cache, bring it to our schema, and doubt what waited in its outbox.

    Raises:
        Refused: As `holding`.
        CacheError: The disk fails.
    """
    found = holding(path)
    try:
        with closing(connection.connect(path)) as db:
            migrations.migrate(db)
            db.execute("BEGIN IMMEDIATE")
            doubt(db, clock.now())
            rule_journal.forget(db)
            db.execute("COMMIT")
            integrity.recount(db)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise translated(error) from error
    return found


def put(cache: Path, fresh: Path, clock: Clock, *, wait: float = 0) -> Path | None:
    """Swap a copy that is `ready` for the cache; where the old one lies then, if there was one.

    Raises:
        Refused: Another process has the cache open after `wait` seconds.
    """
    with sharing.alone(cache.parent, wait=wait):
        there = cache.exists()
        aside = swap(cache, fresh, f"cache.replaced-{snapshots.stamp(clock.now())}.sqlite3")
    return aside if there else None


@contextmanager
def beside(cache: Path, source: Path) -> Iterator[Path]:
    """A copy of a snapshot beside the cache, gone afterwards."""
    if not source.is_file():
        raise Refused(_("{path} is not there").format(path=source))
    fresh = cache.with_name(_FRESH)
    try:
        snapshots.remove(fresh)
        shutil.copyfile(source, fresh)
        fresh.chmod(0o600)
        yield fresh
    finally:
        with suppress(OSError, OmniError):
            snapshots.remove(fresh)


def _counted(db: sqlite3.Connection) -> Holding:
    def one(query: str) -> int:
        return int(db.execute(query).fetchone()[0])

    names = db.execute("SELECT name FROM account WHERE deleted_at IS NULL ORDER BY pk").fetchall()
    return Holding(
        migrations.version(db),
        tuple(str(name) for (name,) in names),
        one("SELECT count(*) FROM conversation WHERE deleted_at IS NULL"),
        one("SELECT count(*) FROM message WHERE deleted_at IS NULL"),
        one("SELECT coalesce(max(received_at), 0) FROM message"),
        one("SELECT count(*) FROM outbox WHERE state IN ('held', 'queued', 'deferred', 'sending')"),
    )
