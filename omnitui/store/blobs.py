"""Raw mail and attachments: files named by the SHA-256 of what they hold."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from omnitui.errors import NotFound
from omnitui.i18n import _
from omnitui.store.failpoints import reach
from omnitui.store.faults import translated_os

Sha256 = str
"""64 hexadecimal digits, lower case."""

_NAME = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """Content-addressed files below one folder, each of mode 0600; a file is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: Sha256) -> Path:
        """Where the blob lies, or would lie."""
        if not _NAME.fullmatch(sha256):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self._folder / sha256[:2] / sha256

    def has(self, sha256: Sha256) -> bool:
        return bool(_NAME.fullmatch(sha256)) and self.path(sha256).exists()

    def put(self, data: bytes, *, durable: bool = True) -> Sha256:
        """Keep `data` and return its name. `durable`: on the disk when this returns.

        What can be fetched again need not be durable: `get` proves what it reads, and says when it is not whole.

        Raises:
            CacheError: It cannot be written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path(sha256)
        try:
            self._keep(target, data, durable)
        except OSError as error:
            raise translated_os(error) from error
        return sha256

    def _keep(self, target: Path, data: bytes, durable: bool) -> None:
        if _holds(target, data):
            # It may have been kept without care for power cuts before.
            if durable:
                _sync(target)
                self._sync_folders(target)
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_name(f".part-{os.getpid()}-{os.urandom(6).hex()}")
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            reach("blob.written")
            os.replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if durable:
            self._sync_folders(target)
        reach("blob.named")

    def _sync_folders(self, target: Path) -> None:
        # All of them: what was kept without care may have made them.
        for folder in target.parents[:3]:
            _sync(folder)

    def get(self, sha256: Sha256) -> bytes:
        """What was put under that name.

        Raises:
            NotFound: It is not here, or the file is damaged.
        """
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            data = None
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            raise NotFound(
                _("A stored file is missing or damaged: {name}.").format(name=sha256[:12]),
                hint=_("It is fetched again from the back end when it is opened, where that still has it."),
            )
        return data

    def drop(self, sha256: Sha256) -> None:
        """Remove a blob, for erasure; nothing happens where it is not here."""
        self.path(sha256).unlink(missing_ok=True)


def _holds(path: Path, data: bytes) -> bool:
    """Whether the file is whole: after a power cut it may have its size and zeros in it."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
