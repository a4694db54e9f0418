"""Whether a cache's file can be read as it lies: SQLite finds no place for shared memory where nobody can write."""

from __future__ import annotations

import os


def is_still(path: str) -> bool:
    """Whether the file lies whole on a disk that nobody can write."""
    try:
        if not os.statvfs(path).f_flag & os.ST_RDONLY:
            return False
        wal = f"{path}-wal"
        return not (os.path.exists(wal) and os.path.getsize(wal))
    except OSError:
        return False
