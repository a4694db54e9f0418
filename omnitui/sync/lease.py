"""The sync lease: one process of a profile runs the connectors, and its death frees the lease at once."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from omnitui.values import dataclass

NAME = "sync.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease."""

    pid: int
    boot_id: str
    """Which start of the machine the pid belongs to; empty where the system does not say."""


class Lease:
    """A lock on a file in the state folder. The system drops it when its process dies, however it dies."""

    def __init__(self, state: Path) -> None:
        self.path = state / NAME
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lease."""
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Take the lease if it is free; True while it is ours."""
        if self._descriptor is not None:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not inherited by children: a parser that outlives us must not keep the lease.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "boot_id": boot_id()}).encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lease back; nothing happens where it is not ours."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> Holder | None:
        """The process that holds the lease now; None where it is free."""
        if self._descriptor is not None:
            return Holder(os.getpid(), boot_id())
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            # A shared lock is granted only where nobody holds the lease, and goes with the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _parse(os.pread(descriptor, 4_096, 0))
        else:
            return None
        finally:
            os.close(descriptor)


def boot_id() -> str:
    """Linux' id of this start of the machine; empty elsewhere."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _parse(content: bytes) -> Holder | None:
    try:
        fields = json.loads(content)
        return Holder(int(fields["pid"]), str(fields["boot_id"]))
    except (ValueError, KeyError, TypeError):
        # Caught between taking the lock and writing the name: somebody holds it, nameless for a moment.
        return Holder(0, "")
