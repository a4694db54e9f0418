"""What can go wrong with the cache's file, in words for a person."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from omnitui.errors import OmniError
from omnitui.i18n import _


class CacheError(OmniError):
    """The cache could not be read or written; nothing of what was asked has been done."""


class CacheFull(CacheError):
    """The disk or a quota is full."""


class CacheReadOnly(CacheError):
    """The file or its folder must not be written."""


class CacheBusy(CacheError):
    """Another process held the file for too long."""


class CacheDamaged(CacheError):
    """The file is no database, or a broken one."""


_IOERR_SHMSIZE: Final = sqlite3.SQLITE_IOERR | 19 << 8


def translated_os(error: OSError) -> CacheError:
    """The error that a person may see for a file beside the cache that could not be written."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return _full()
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return _read_only(error.strerror)
    return _failed(error.strerror)


def translated(error: sqlite3.Error) -> Exception:
    """The error that a person may see for one of SQLite's; a mistake of ours stays what it is."""
    whole: int = getattr(error, "sqlite_errorcode", None) or 0
    # The shared memory beside the file could not grow.
    code = sqlite3.SQLITE_FULL if whole == _IOERR_SHMSIZE else whole & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            return _full()
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return _read_only(error)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return CacheBusy(
                _("Another process keeps the cache locked."),
                hint=_("Look for a stopped omnitui (`omnitui doctor` names it), then try again."),
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return CacheDamaged(
                _("The cache is damaged: {reason}.").format(reason=error),
                hint=_("Leave omnitui and start it again: it mends the cache then."),
            )
        case sqlite3.SQLITE_IOERR:
            return _failed(error)
    return error


def _full() -> CacheFull:
    return CacheFull(_("The disk is full: nothing was saved."), hint=_("Make room, then try again."))


def _read_only(reason: object) -> CacheReadOnly:
    return CacheReadOnly(
        _("The cache cannot be written: {reason}.").format(reason=reason),
        hint=_("Check the owner and the mode of the data folder (`omnitui paths` names it)."),
    )


def _failed(reason: object) -> CacheError:
    return CacheError(_("The disk failed: {reason}.").format(reason=reason), hint=_("Check the disk, then try again."))
