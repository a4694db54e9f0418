"""Raw mail and attachments: files named by the SHA-256 of what they hold, enciphered where the cache is.

An enciphered file says so by how it begins, so that a folder may hold both while it is turned from one to the other.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from omnitui.errors import NotFound
from omnitui.i18n import _
from omnitui.store.failpoints import reach
from omnitui.store.faults import translated_os
from omnitui.store.secrecy.envelopes import Envelope

Sha256 = str
"""64 hexadecimal digits, lower case."""

_NAME = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """Content-addressed files below one folder, each of mode 0600; a file is there whole or not at all."""

    def __init__(self, folder: Path, key: bytes | None = None) -> None:
        """With the `key` of the cache, what is put is enciphered, and what is got deciphered."""
        self._folder = folder
        self._envelope = Envelope(key, "blobs")

    def path(self, sha256: Sha256) -> Path:
        """Where the blob lies, or would lie."""
        if not _NAME.fullmatch(sha256):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self._folder / sha256[:2] / sha256

    def has(self, sha256: Sha256) -> bool:
        return bool(_NAME.fullmatch(sha256)) and self.path(sha256).exists()

    def kept_at(self, sha256: Sha256) -> int | None:
        """When the blob was put last, in nanoseconds; None where it is not here."""
        try:
            return self.path(sha256).stat().st_mtime_ns
        except FileNotFoundError:
            return None

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
        if self._holds(target, data) and _touch(target):
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
                file.write(self._envelope.seal(target.name, data))
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
            data = self._opened(sha256, self.path(sha256).read_bytes())
        except FileNotFoundError:
            data = None
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            raise NotFound(
                _("A stored file is missing or damaged: {name}.").format(name=sha256[:12]),
                hint=_("It is fetched again from the back end when it is opened, where that still has it."),
            )
        return data

    def renew(self) -> list[Path]:
        """Write every blob anew that is not as this key has it, deciphered with the same one; those that are damaged.

        Whoever turns encryption off calls `renew_plain`.
        """
        return self._renew(self)

    def renew_plain(self) -> list[Path]:
        """Write every enciphered blob as it is in clear; those that are damaged."""
        return self._renew(Blobs(self._folder))

    def _renew(self, target: Blobs) -> list[Path]:
        damaged: list[Path] = []
        for path in self.files():
            try:
                data = self.get(path.name)
            except NotFound:
                damaged.append(path)
            else:
                target._keep(path, data, durable=True)
        return damaged

    def files(self) -> Iterator[Path]:
        """Every blob's file, in order."""
        for folder in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            yield from (path for path in sorted(folder.iterdir()) if _NAME.fullmatch(path.name))

    def _opened(self, name: Sha256, held: bytes) -> bytes:
        data = self._envelope.opened(name, held)
        return held if data is None else data  # an attachment may begin like that: its hash says what it is

    def _holds(self, path: Path, data: bytes) -> bool:
        """Whether the file is whole, and as it would be written now."""
        if not self._envelope.sealing:
            return _holds(path, data)
        try:
            held = path.read_bytes()
        except FileNotFoundError:
            return False
        return held != data and self._opened(path.name, held) == data

    def drop(self, sha256: Sha256) -> None:
        """Remove a blob, for erasure; nothing happens where it is not here."""
        self.path(sha256).unlink(missing_ok=True)


def _holds(path: Path, data: bytes) -> bool:
    """Whether the file is whole: after a power cut it may have its size and zeros in it."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False


def _touch(path: Path) -> bool:
    """Make a file young: nothing may refer to it yet, and whoever removes what nobody uses goes by its age.

    Returns:
        Whether it is still there.
    """
    now = time.time_ns()  # the system's own time of files goes in steps of some milliseconds
    try:
        os.utime(path, ns=(now, now))
    except FileNotFoundError:
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
