"""The kind of file system below a path, as Linux tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.store.mounts import network_kind

TABLE = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw,relatime shared:12 - nfs4 files:/home rw,vers=4.2
31 30 8:2 / /home/ann/fast rw,relatime - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/team\\040share rw - cifs //server/share rw
33 22 0:42 / /homely rw - tmpfs tmpfs rw
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
    ],
)
def test_network_file_system_is_known_by_the_nearest_mount(tmp_path: Path, path: str, kind: str) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE)
    assert network_kind(Path(path), table) == kind


def test_nothing_is_said_where_the_system_does_not_tell(tmp_path: Path) -> None:
    assert network_kind(tmp_path, tmp_path / "none") == ""
    assert network_kind(Path("/proc")) == ""
