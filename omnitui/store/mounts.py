"""On what kind of file system the cache lies: SQLite's log needs memory that all processes share, on one machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_NETWORK: Final = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "lustre")
)
_TABLE: Final = Path("/proc/self/mountinfo")


def network_kind(path: Path, table: Path = _TABLE) -> str:
    """The kind of network file system that `path` lies on, like "nfs4"; empty where it lies on a disk of the machine.

    Empty also where the system does not say (no Linux).
    """
    try:
        lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    whole = os.path.realpath(path)
    longest, found = -1, ""
    for line in lines:
        fields = line.split()
        place = fields[4].replace("\\040", " ")
        if len(place) >= longest and (whole == place or whole.startswith(place.rstrip("/") + "/")):
            # The kind comes after the dash that ends the optional fields.
            longest, found = len(place), fields[fields.index("-") + 1]
    return found if found in _NETWORK else ""
