"""On what kind of file system the cache lies: SQLite's log needs memory that all processes share, on one machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_NETWORK: Final = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "9p", "virtiofs", "vboxsf", "prl_fs", "davfs"),
        *("afs", "coda", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "orangefs", "pvfs2", "gfs2", "ocfs2"),
    )
)
_REMOTE_FUSE: Final = tuple(
    f"fuse.{name}"
    for name in (
        *("sshfs", "rclone", "glusterfs", "ceph", "davfs", "s3fs", "smb", "curlftpfs", "gvfsd", "vmhgfs", "juicefs"),
        *("mfs", "goofys", "gcsfuse", "google-drive", "onedrive", "keybase"),
    )
)
"""How the names of those begin that speak to another machine from a process of the user's."""
TABLE: Path = Path("/proc/self/mountinfo")
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def network_kind(path: Path, table: str | None = None) -> str:
    """The kind of network file system that `path` lies on, like "nfs4"; empty where it lies on a disk of the machine.

    Empty also where the system does not say (no Linux). `table` is the text of /proc/self/mountinfo, which is read
    unless it is given.
    """
    if table is None:
        try:
            table = TABLE.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""
    whole = os.path.realpath(path)
    longest, found = -1, ""
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 7 or "-" not in fields[6:-1]:
            continue
        place = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 8)), fields[4])
        if len(place) >= longest and (whole == place or whole.startswith(place.rstrip("/") + "/")):
            # The kind comes after the dash that ends the optional fields.
            longest, found = len(place), fields[fields.index("-", 6) + 1]
    return found if found in _NETWORK or found.startswith(_REMOTE_FUSE) else ""
