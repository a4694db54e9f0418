"""What can go wrong with the cache's file, in words for a person."""

from __future__ import annotations

import sqlite3

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


def translated(error: sqlite3.Error) -> Exception:
    """The error that a person may see for one of SQLite's; a mistake of ours stays what it is."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            return CacheFull(_("The disk is full: nothing was saved."), hint=_("Make room, then try again."))
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return CacheReadOnly(
                _("The cache cannot be written: {reason}.").format(reason=error),
                hint=_("Check the owner and the mode of the data folder (`omnitui paths` names it)."),
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return CacheBusy(
                _("Another process keeps the cache locked."),
                hint=_("Look for a stopped omnitui (`omnitui doctor` names it), then try again."),
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return CacheDamaged(
                _("The cache is damaged: {reason}.").format(reason=error),
                hint=_("Run `omnitui doctor`; what the back ends hold can be fetched again."),
            )
        case sqlite3.SQLITE_IOERR:
            return CacheError(
                _("The disk failed: {reason}.").format(reason=error), hint=_("Check the disk, then try again.")
            )
    return error
