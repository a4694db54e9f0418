"""Small disks, and how they get full."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.skips import skip_beyond


@contextmanager
def mounted(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size at a new folder; skips the test where none can be mounted."""
    place.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    try:
        done = subprocess.run(argv, capture_output=True, check=False)
    except FileNotFoundError:
        skip_beyond("a tmpfs, which is mounted by mount(8)")
    if done.returncode:
        skip_beyond(f"a tmpfs, which only root may mount: {done.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


class Filler:
    """Takes every byte of a disk, also those that somebody gives back meanwhile, until it is removed.

    Of that disk alone: where a test fails and unmounts it, the folder is one of the disk below.
    """

    def __init__(self, disk: Path) -> None:
        self._path = fill(disk)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, args=(disk,), daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Give all of it back."""
        self._over.set()
        self._thread.join()
        self._path.unlink()

    def _go_on(self, disk: Path) -> None:
        try:
            while not self._over.wait(0.01) and disk.is_mount():
                _take_all(self._descriptor)
        finally:
            os.close(self._descriptor)


def fill(disk: Path) -> Path:
    """Leave not a byte; the file to be removed."""
    filler = disk / "filler"
    descriptor = os.open(filler, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        _take_all(descriptor)
    finally:
        os.close(descriptor)
    return filler


def _take_all(descriptor: int) -> None:
    for size in (65_536, 512, 1):
        try:
            while os.write(descriptor, bytes(size)):
                pass
        except OSError:
            continue
