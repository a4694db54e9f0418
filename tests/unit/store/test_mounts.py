"""The kind of file system below a path, as Linux tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.store import mounts
from omnitui.store.mounts import network_kind

TABLE = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw,relatime shared:12 - nfs4 files:/home rw,vers=4.2
31 30 8:2 / /home/ann/fast rw,relatime - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/team\\040share rw - cifs //server/share rw
33 22 0:42 / /homely rw - tmpfs tmpfs rw
34 22 0:43 / /mnt/far rw,nosuid shared:3 master:1 - fuse.sshfs ann@far:/ rw
35 22 0:44 / /mnt/stick rw - fuseblk /dev/sdc1 rw
36 22 0:45 / /mnt/c rw - 9p C:\\134 rw
37 22 0:46 / /mnt/tab\\011and\\134 rw - 9p x rw
38 22 0:47 / /auto rw - autofs systemd-1 rw
39 38 0:48 / /auto rw - nfs files:/auto rw
40 22 0:49 / /mnt/- rw - ext4 /dev/sdd1 rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", ""),
        ("/home", "nfs4"),
        ("/home/ann/.local/share/omnitui", "nfs4"),
        ("/home/ann/fast/omnitui", ""),
        ("/mnt/team share/x", "cifs"),
        ("/homely/x", ""),
        ("/mnt/far/omnitui", "fuse.sshfs"),
        ("/mnt/stick/omnitui", ""),
        ("/mnt/c/Users", "9p"),
        ("/mnt/tab\tand\\/x", "9p"),
        ("/auto/x", "nfs"),
        ("/mnt/-/x", ""),
    ],
)
def test_network_file_system_is_known_by_the_nearest_mount(path: str, kind: str) -> None:
    assert network_kind(Path(path), TABLE) == kind


def test_nothing_is_said_where_the_system_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert network_kind(Path("/proc")) == ""
    monkeypatch.setattr(mounts, "TABLE", tmp_path / "none")
    assert network_kind(tmp_path) == ""
