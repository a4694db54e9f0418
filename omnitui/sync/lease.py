"""The sync lease: one process of a profile runs the connectors.

Its death frees the lease at once. A process that lives and does not move any more (stopped, or its disk hangs) loses it
after a while. That it may wake in the middle of a send makes nothing leave twice:

- Everything that makes something leave is a commit that asks `check` within the transaction: the step to `sending`, and
  the mark that a connector has to set before its point of no return. Whoever wakes without the lease gets LeaseLost
  there, before a byte of the message has left.
- Who took over reads and writes through the same file. An op without a mark is sent anew only in a commit that finds it
  still unmarked; from then on the old holder can mark it no more.
- An op with a mark may leave the moment its process wakes. It is sent anew only where the back end drops copies by
  their key, taken for sent only where the back end shows it, and else called `unknown`: an agent decides. So that this
  also holds for whoever comes after the one that took over, the file names those who stood still for as long as they
  live (`seized`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from omnitui.errors import OmniError, Refused
from omnitui.i18n import _
from omnitui.values import dataclass

NAME = "sync.lock"
BEAT_SECONDS: Final = 2.0
"""How often the holder shows that it moves."""
STALE_SECONDS: Final = 20.0
"""After this long without a beat the lease may be seized. Seen by the follower's own clock, which no clock change
concerns, and which does not go while the machine sleeps."""
STILL_SECONDS: Final = 8.0
"""After this long without a beat a holder is said to stand still."""
_SIZE: Final = 400
"""Bytes of the file: always as many, so that no reader finds the end of an older text."""
_MOST_STOOD: Final = 8
"""So many that stood still are remembered: more would not fit into the file."""
_BLIND_SECONDS: Final = 5.0
"""A follower that did not look for this long was stopped itself, and begins to count anew."""


class LeaseLost(OmniError):
    """Another process runs the connectors now: nothing more may leave here."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease."""

    pid: int
    boot_id: str
    """Which start of the machine the pid belongs to; empty where the system does not say."""
    beat: int | None = None
    """Counts on while it moves."""
    quiet: float = field(default=0.0, compare=False)
    """Seconds since it last moved; 0 where that is not known: on another machine, or before it has said so."""
    space: int = field(default=0, compare=False)
    """The PID namespace that the pid belongs to: containers of one machine have one each. 0 where that is not said."""

    @property
    def still(self) -> bool:
        """Whether it has not moved for so long that something is wrong: it was stopped, or it hangs."""
        return self.quiet >= STILL_SECONDS

    @property
    def elsewhere(self) -> bool:
        """Whether it runs on another machine, or ran before this start of ours."""
        return bool(self.boot_id) and self.boot_id != boot_id()

    @property
    def contained(self) -> bool:
        """Whether it runs in another container of this machine: its pid is another process here, or none."""
        return not self.elsewhere and self.space not in (0, pid_space())


class Lease:
    """A lock on a file in the state folder. The system drops it when its process dies, however it dies.

    To seize it is to put another locked file in its place: the old holder keeps a lock on a file that is none any more.
    """

    def __init__(self, state: Path) -> None:
        self.path = state / NAME
        self._stood: tuple[tuple[int, int], ...] = ()
        """Processes that lost the lease and live."""
        self._descriptor: int | None = None
        self._beat = 0
        self._seen: tuple[int, int] | None = None
        """The file and the beat that were seen when the lease was last asked for."""
        self._since = self._looked = 0.0

    @property
    def held(self) -> bool:
        """Whether this object took the lease and did not give it back."""
        return self._descriptor is not None

    @property
    def seized(self) -> bool:
        """Whether it was ever taken from a process that lives: something of it may still be on its way."""
        return bool(self._stood)

    def valid(self) -> bool:
        """Whether the lease is still ours; asked within the commit that something leaves by."""
        return self._descriptor is not None and self._is_in_place(self._descriptor)

    def acquire(self) -> bool:
        """Take the lease if it is free, or if its holder has not moved for long; True while it is ours.

        Raises:
            Refused: The file cannot be made or written.
        """
        if self._descriptor is not None:
            return True
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = self._locked(self.path)
            while descriptor is not None and not self._is_in_place(descriptor):
                os.close(descriptor)
                descriptor = self._locked(self.path)
            if descriptor is not None:
                self._stood = _living(_fields(descriptor))
            elif self._is_stale():
                descriptor = self._seize()
            if descriptor is None:
                return False
            self._write(descriptor)
        except OSError as error:
            raise Refused(
                _("{path} cannot be written: {error}").format(path=self.path, error=error.strerror)
            ) from error
        self._descriptor = descriptor
        return True

    def beat(self) -> None:
        """Show that the holder moves.

        Raises:
            LeaseLost: It did not for so long that another process took over.
        """
        if self._descriptor is not None:
            self.check()
            self._beat += 1
            with contextlib.suppress(OSError):
                self._write(self._descriptor)

    def check(self) -> None:
        """Raises LeaseLost where `valid` is false."""
        if not self.valid():
            raise LeaseLost(_("another omnitui of this profile took over while this one stood still"))

    def release(self) -> None:
        """Give the lease back; nothing happens where it is not ours."""
        if self._descriptor is not None:
            if self.valid():
                with contextlib.suppress(OSError):
                    self._write(self._descriptor, held=False)
            os.close(self._descriptor)
            self._descriptor = None
            self._seen = None

    def holder(self) -> Holder | None:
        """The process that holds the lease now; None where it is free."""
        if self.valid():
            return Holder(os.getpid(), boot_id(), self._beat)
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            # A shared lock is granted only where nobody holds the lease, and goes with the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _parse(_fields(descriptor))
        else:
            return None
        finally:
            os.close(descriptor)

    def _locked(self, path: Path) -> int | None:
        # Not inherited by children: a parser that outlives us must not keep the lease.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self.path))
        except OSError:
            return False

    def _is_stale(self) -> bool:
        """Whether the holder has not moved for long, as far as this object has looked."""
        holder = self.holder()
        if holder is None or holder.beat is None:
            self._seen = None
            return False
        now, seen = time.monotonic(), (os.stat(self.path).st_ino, holder.beat)
        if seen != self._seen or now - self._looked > _BLIND_SECONDS:
            self._seen, self._since = seen, now
        self._looked = now
        return now - self._since >= STALE_SECONDS

    def _seize(self) -> int | None:
        # One of several followers does it; whoever comes later finds another file, whose holder moves.
        gate = self._locked(self.path.with_name(f"{NAME}.seize"))
        if gate is None:
            return None
        try:
            if not self._is_stale():
                return None
            with self.path.open("rb") as file:
                left = _fields(file.fileno())
            fresh = self.path.with_name(f"{NAME}.{os.getpid()}")
            fresh.unlink(missing_ok=True)
            descriptor = self._locked(fresh)
            if descriptor is not None:
                holder = _parse(left)
                self._stood = (*_living(left)[-_MOST_STOOD + 1 :], (holder.space, holder.pid))
                self._write(descriptor)
                fresh.replace(self.path)
            return descriptor
        finally:
            os.close(gate)

    def _write(self, descriptor: int, *, held: bool = True) -> None:
        fields: dict[str, object] = {"boot_id": boot_id(), "space": pid_space(), "stood": self._stood}
        if held:
            # The steady clock is the same to all processes of one start of the machine.
            fields |= {"pid": os.getpid(), "beat": self._beat, "at": round(time.monotonic(), 1)}
        os.pwrite(descriptor, json.dumps(fields).encode().ljust(_SIZE), 0)
        os.ftruncate(descriptor, _SIZE)


def boot_id() -> str:
    """Linux' id of this start of the machine; empty elsewhere."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def pid_space() -> int:
    """Linux' number of the PID namespace that this process lives in; 0 elsewhere."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def is_stopped(pid: int) -> bool:
    """Whether a process of this machine was stopped by a signal (ctrl+z); False where the system does not say."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[:1] == ["T"]


def _fields(descriptor: int) -> dict[str, Any]:
    try:
        fields = json.loads(os.pread(descriptor, 4_096, 0))
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _parse(fields: dict[str, Any]) -> Holder:
    try:
        pid, boot, beat, at = int(fields["pid"]), str(fields["boot_id"]), fields.get("beat"), fields.get("at")
        quiet = time.monotonic() - float(at) if at is not None and boot == boot_id() else 0.0
        space = int(fields.get("space") or 0)
        return Holder(pid, boot, None if beat is None else int(beat), max(quiet, 0.0), space)
    except (ValueError, KeyError, TypeError):
        # Caught between taking the lock and writing the name: somebody holds it, nameless for a moment.
        return Holder(0, "")


def _living(fields: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    """Of the processes that lost the lease those that may still wake: PID namespace and pid of each.

    One of another container cannot be asked for from here: it counts as living until the machine starts anew.
    """
    stood, ours = fields.get("stood"), pid_space()
    if not isinstance(stood, list) or fields.get("boot_id") != boot_id():
        return ()
    # Pids alone are of the namespace of who wrote them, which said nothing of it: ours, as far as anybody knows.
    named = [one if isinstance(one, list) else [0, one] for one in stood]
    known = [(one[0], one[1]) for one in named if len(one) == 2 and all(isinstance(part, int) for part in one)]
    return tuple((space, pid) for space, pid in known if space not in (0, ours) or _lives(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
