"""Parsing in a process of its own: whatever a mail does to the parser, the product goes on.

The process starts with the first mail, is killed when one takes too long or too much memory, starts again for the
next, and ends by itself when idle. A mail that killed it is given as raw text with a defect.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import omnitui
from omnitui.environment import bare
from omnitui.text.mail.parse_loop import LENGTH, READY
from omnitui.text.mail.parsing import MAX_MESSAGE, ParsedMail, unparsed
from omnitui.text.mail.wire import from_wire

SECONDS: Final = 2.0
MEMORY: Final = 1 << 30
IDLE: Final = 30.0
START: Final = 60.0
"""Seconds that the process may take to start, on a machine that does much else."""
PATIENCE: Final = 5
"""A mail whose parser was kept from running may take so many times its limit by the clock on the wall."""
PORTION: Final = 32
PORTION_BYTES: Final = 1 << 20
"""Mails, and their bytes, that are handed over at once."""

_SELECTOR: Final = getattr(selectors, "PollSelector", selectors.DefaultSelector)
"""The one that costs no system call to make, where there is one."""


class ParseWorker:
    """Parses mails, one after the other, in a spawned process. May be used from several threads and tasks.

    Args:
        seconds: Time limit of one mail (processor time, where the system tells it).
        memory: Limit of the process's address space in bytes; 0 for none.
        idle: Seconds without work after which the process ends.
    """

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY, idle: float = IDLE) -> None:
        self._seconds = seconds
        self._memory = memory
        self._idle = idle
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self.starts = 0
        """How often a process was started; for health displays and tests."""

    async def parse(self, raw: bytes, *, received_at: int | None = None, with_content: bool = False) -> ParsedMail:
        """`parse_sync` off the event loop."""
        return await asyncio.to_thread(self.parse_sync, raw, received_at=received_at, with_content=with_content)

    def parse_sync(self, raw: bytes, *, received_at: int | None = None, with_content: bool = False) -> ParsedMail:
        """Parse one mail. Never raises for what is in it.

        Args:
            raw: RFC 5322 bytes.
            received_at: UTC milliseconds, handed through.
            with_content: Give the attachments' bytes too.
        """
        return self.parse_all_sync([raw], received_at=received_at, with_content=with_content)[0]

    def parse_all_sync(
        self, raws: Sequence[bytes], *, received_at: int | None = None, with_content: bool = False
    ) -> list[ParsedMail]:
        """`parse_sync` of several mails, in their order: the process works on while we take its answers."""
        options = {"received_at": received_at, "with_content": with_content}
        found: list[ParsedMail] = []
        for portion in _portions(raws):
            with self._lock:
                found += self._portion(portion, options)
        return found

    def _portion(self, raws: Sequence[bytes], options: Mapping[str, object]) -> list[ParsedMail]:
        found: list[ParsedMail] = []
        tried = 0
        while len(found) < len(raws):
            defect = ""
            try:
                for mail in self._answers(raws[len(found) :], options):
                    found.append(mail)
                    tried = 0
            except TimeoutError:
                self._kill()
                defect = "timeout"
            except (OSError, EOFError, ValueError, TypeError, KeyError):
                # It may have ended of idleness just now; the second time it is the mail.
                self._kill()
                tried += 1
                if tried == 2 or self._closed:
                    defect = "parser-died"
            if defect:
                received_at = cast("int | None", options["received_at"])
                found.append(unparsed(raws[len(found)], received_at=received_at, defect=defect))
                tried = 0
        return found

    def close(self) -> None:
        """End the process; the mail that it is at, and later ones, are given raw."""
        self._closed = True
        # Before our turn comes: several mails that take all their time would keep us waiting for minutes.
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
        with self._lock:
            self._kill()

    def __enter__(self) -> ParseWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._kill()
        if self._closed:
            raise EOFError("closed")
        root = str(Path(omnitui.__file__).resolve().parent.parent)
        process = subprocess.Popen(
            [sys.executable, "-m", "omnitui.text.mail.parse_loop", str(self._idle), str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**bare(), "PYTHONPATH": root},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        self._process = process
        if self._closed:
            raise EOFError("closed")
        self.starts += 1
        assert process.stdin is not None
        assert process.stdout is not None
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        if _receive(process, len(READY), _Deadline(START)) != READY:
            raise EOFError("did not start")
        return process

    def _answers(self, raws: Sequence[bytes], options: Mapping[str, object]) -> Iterator[ParsedMail]:
        """Hand mails over in one request and take the answers, each in its time."""
        process = self._started()
        cut = [raw[: MAX_MESSAGE + 1] for raw in raws]
        line = json.dumps({**options, "sizes": [len(raw) for raw in cut]}).encode("ascii")
        request = b"".join((line, b"\n", *cut))
        deadline = _Deadline(self._seconds, process.pid)
        _send(process, LENGTH.pack(len(request)) + request, deadline)
        for _ in raws:
            size = LENGTH.unpack(_receive(process, LENGTH.size, deadline))[0]
            yield from_wire(_receive(process, size, deadline))
            deadline = _Deadline(self._seconds, process.pid)

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.wait()


class _Deadline:
    """A time limit by the clock on the wall, longer for a process that was kept from running."""

    def __init__(self, seconds: float, pid: int = 0) -> None:
        self._seconds = seconds
        self._pid = pid
        self._used: float | None = None
        self._at = self._last = time.monotonic() + seconds

    def wait(self, fd: int, event: int) -> None:
        """Return when `fd` is ready; TimeoutError when the limit is reached first."""
        if self._used is None:  # not before it has to be waited for: most answers are there already
            self._used = _processor_seconds(self._pid) if self._pid else -1.0
            if self._used >= 0:
                self._last += self._seconds * (PATIENCE - 1)
        with _SELECTOR() as selector:
            selector.register(fd, event)
            while not selector.select(max(self._at - time.monotonic(), 0)):
                now = time.monotonic()
                left = self._seconds - (_processor_seconds(self._pid) - self._used) if self._used >= 0 else 0.0
                if left <= 0 or now >= self._last:
                    raise TimeoutError
                self._at = min(now + max(left, 0.05), self._last)


def _portions(raws: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Mails in portions of at most `PORTION` and about `PORTION_BYTES`: in between, another caller has a turn."""
    begin = size = 0
    for at, raw in enumerate(raws):
        if at > begin and (at - begin == PORTION or size + len(raw) > PORTION_BYTES):
            yield raws[begin:at]
            begin, size = at, 0
        size += len(raw)
    if raws:
        yield raws[begin:]


def _send(process: subprocess.Popen[bytes], data: bytes, deadline: _Deadline) -> None:
    assert process.stdin is not None
    fd = process.stdin.fileno()
    view = memoryview(data)
    while view:
        deadline.wait(fd, selectors.EVENT_WRITE)
        view = view[os.write(fd, view[: 1 << 16]) :]


def _receive(process: subprocess.Popen[bytes], size: int, deadline: _Deadline) -> bytes:
    assert process.stdout is not None
    fd = process.stdout.fileno()
    chunks: list[bytes] = []
    while size:
        try:
            chunk = os.read(fd, min(size, 1 << 20))
        except BlockingIOError:
            deadline.wait(fd, selectors.EVENT_READ)
            continue
        if not chunk:
            raise EOFError("the parser ended")
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _processor_seconds(pid: int) -> float:
    """Processor time that a process has used; -1 where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        numbers = stat.rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return -1.0
