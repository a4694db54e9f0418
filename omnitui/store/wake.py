"""How processes of a profile wake each other after a commit: one datagram to each socket in the state folder.

Lost datagrams do no harm: listeners also look at `PRAGMA data_version` once a second.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_DEAD = (ConnectionRefusedError, FileNotFoundError)


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A path to `folder` that is short enough for a socket's name, which holds 107 bytes."""
    if sys.platform != "linux":
        yield str(folder)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


class Ear:
    """The socket of one listener. `name` is its file in the folder; "" where no socket could be made."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self.name = f"{os.getpid()}-{os.urandom(4).hex()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        try:
            with _short(folder) as short:
                self.socket.bind(f"{short}/{self.name}")
        except OSError:
            self.name = ""

    def drain(self) -> None:
        """Take all datagrams that have arrived."""
        with contextlib.suppress(BlockingIOError):
            while self.socket.recv(64):
                pass

    def close(self) -> None:
        self.socket.close()
        if self.name:
            (self._folder / self.name).unlink(missing_ok=True)


def wake(folder: Path, *, but: str = "") -> None:
    """Send a datagram to every listener but `but`; sockets whose owner is gone are removed."""
    try:
        names = [name for name in os.listdir(folder) if name != but]
    except FileNotFoundError:
        return
    if not names:
        return
    with _short(folder) as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as voice:
        voice.setblocking(False)
        for name in names:
            try:
                voice.sendto(b"!", f"{short}/{name}")
            except _DEAD:
                (folder / name).unlink(missing_ok=True)
            except OSError:
                continue  # its buffer is full: it has been woken already
