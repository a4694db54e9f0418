"""A cache that changes its key: the file, its blobs and its copies, each whole before and after.

A file is written anew beside the old one, proved, and put in its place (`store.recovery.swapping`). Blobs and copies
follow one by one; each says by itself what it is, so that this may begin again wherever it was interrupted.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.store.blobs import Blobs
from omnitui.store.failpoints import reach
from omnitui.store.faults import CacheDamaged, translated
from omnitui.store.recovery import integrity, snapshots, swapping
from omnitui.store.secrecy import cipher

_FRESH: Final = "cache.rekeyed"
_OLD: Final = "cache.outdated"
"""What the file before is called until it is removed; no name of a cache that is put aside for good."""


def change(cache: Path, *, old: bytes | None, new: bytes | None) -> None:
    """Put the cache under another key (None: in clear). The caller is alone.

    Raises:
        CacheError: It could not be done; the cache is as it was.
        Refused: The file is not what `old` says.
    """
    if not cache.exists():
        return
    if cipher.is_plain(cache) != (old is None):
        raise Refused(_("the cache is not what is known of it"), hint="omnitui doctor")
    fresh = cache.with_name(_FRESH)
    snapshots.remove(fresh)
    try:
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        cipher.convert(cache, fresh, old=old, new=new)
        with closing(cipher.connect(fresh, new, isolation_level=None)) as db:
            found = integrity.faults(db)
    except sqlite3.Error as error:
        snapshots.remove(fresh)
        raise translated(error) from error
    if found:
        snapshots.remove(fresh)
        raise CacheDamaged(_("The cache is damaged: {reason}.").format(reason="; ".join(found)))
    reach("changeover.written")
    swapping.swap(cache, fresh, _OLD)
    reach("changeover.swapped")


def settle(cache: Path) -> bool | None:
    """Bring a change that was interrupted to an end; whether the cache is enciphered now, None where there is none."""
    swapping.finish(cache)
    snapshots.remove(cache.with_name(_FRESH))
    snapshots.remove(cache.with_name(_OLD))
    return None if not cache.exists() or not cache.stat().st_size else not cipher.is_plain(cache)


def follow(cache: Path, key: bytes, *, enciphered: bool) -> list[Path]:
    """Have blobs and copies be as the cache is; gives those that are damaged.

    Raises:
        CacheError: Something else was in the way, as a full disk; this may be called again.
        OSError: Likewise.
    """
    blobs = Blobs(cache.parent / "blobs", key)
    left = blobs.renew() if enciphered else blobs.renew_plain()
    reach("changeover.blobs")
    old, new = (None, key) if enciphered else (key, None)
    for path in snapshots.copies(cache.parent):
        if path.name.endswith(snapshots.BESIDE):
            continue
        try:
            if cipher.is_plain(path) == enciphered:
                _rewrite(path, old, new)
            with closing(cipher.connect(path, new)) as db:  # one that is damaged may look like either
                db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.Error as error:
            if not integrity.is_damage(error):
                raise translated(error) from error
            left.append(path)
    return left


def adopt(fresh: Path) -> None:
    """Encipher a plain file that is to become the cache in a folder with a key.

    Raises:
        CacheError: It could not be done.
    """
    key = cipher.key_of(fresh)
    if key is None or not fresh.exists() or not cipher.is_plain(fresh):
        return
    try:
        _rewrite(fresh, None, key)
    except sqlite3.Error as error:
        raise translated(error) from error


def _rewrite(path: Path, old: bytes | None, new: bytes | None) -> None:
    """Put one copy under another key."""
    part = path.with_name(f"{path.name}.rekeyed")
    snapshots.remove(part)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        cipher.convert(path, part, old=old, new=new)
        snapshots.sync(part)
        snapshots.remove_beside(path)
        part.replace(path)
        snapshots.sync(path.parent)
    finally:
        snapshots.remove(part)
