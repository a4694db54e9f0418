"""Drawers: folders of small named files with customers' words, enciphered where the cache is."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from omnitui.store.secrecy.envelopes import Envelope, is_sealed

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,120}")
_PART: Final = ".part-"


class Drawer:
    """The files of one folder, each of mode 0600, whole or not there at all."""

    def __init__(self, folder: Path, key: bytes | None = None) -> None:
        """With the `key` of the cache, what is written is enciphered, and what is read deciphered."""
        self._folder = folder
        self._envelope = Envelope(key, "drawer")

    def names(self) -> list[str]:
        """What is in it, in order."""
        try:
            return sorted(path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def read(self, name: str) -> bytes | None:
        """What was written under a name; None where nothing was, or it is damaged.

        Raises:
            OSError: It cannot be read.
        """
        with suppress(FileNotFoundError, NotADirectoryError):
            return self._envelope.opened(name, self.path(name).read_bytes())
        return None

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Put a file in its place. `durable`: it is on the disk when this returns.

        Raises:
            OSError: It cannot be written; what was there before stays.
        """
        path = self.path(name)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{_PART}{os.getpid()}-{os.urandom(6).hex()}")
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(self._envelope.seal(name, data))
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if durable:
            from omnitui.store.recovery.snapshots import sync

            # Its own folders too: this may have made them.
            for folder in path.parents[:3]:
                sync(folder)

    def drop(self, name: str) -> None:
        """Remove a file; nothing happens where there is none."""
        self.path(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Where a file lies, or would lie."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of a file: {name!r}")
        return self._folder / name

    def renew(self, key: bytes | None) -> list[Path]:
        """Write every file anew as this key has it, None: in clear; those that are damaged stay, and are given.

        The caller is alone. This may be called again wherever it was interrupted.
        """
        target, damaged = Drawer(self._folder, key), []
        for name in self.names():
            data = self.read(name)
            if data is None:
                damaged.append(self.path(name))
            elif is_sealed(self.path(name).read_bytes()) != target._envelope.sealing:
                target.write(name, data)
        self.drop_parts()
        return damaged

    def drop_parts(self) -> None:
        """Remove what a crash left half written."""
        for part in self._folder.glob(f"{_PART}*"):
            part.unlink(missing_ok=True)
