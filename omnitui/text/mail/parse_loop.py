"""What the parse worker's process runs: mails in, JSON out, until its input ends or nothing comes for a while.

Frames are a 4-byte length and that many bytes. A request is a JSON line with its options and the sizes of the raw mails
that follow; each is answered by a frame of its own as soon as it is parsed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import struct
import sys
from typing import Final

READY: Final = b"omnitui-parser\n"
LENGTH: Final = struct.Struct(">I")
LONGEST: Final = 60.0
"""Seconds of CPU for one mail. Whoever asked gives up long before and ends this process, unless they were killed."""


def main(argv: list[str]) -> None:
    """Serve. `argv`: seconds of idleness after which to end, bytes of address space to allow (0: no limit)."""
    idle, memory = float(argv[0]), int(argv[1])
    _limit_memory(memory)
    from omnitui.text.mail.parsing import parse_mail, unparsed
    from omnitui.text.mail.wire import to_wire

    source = 0  # the descriptor itself: a buffer would hide from select what it has already read
    os.write(1, READY)
    while True:
        ready, _, _ = select.select([source], [], [], idle)
        if not ready or (head := _read(source, LENGTH.size)) is None:
            return
        request = _read(source, LENGTH.unpack(head)[0])
        if request is None:
            return
        line, _, raws = request.partition(b"\n")
        options = json.loads(line)
        received_at, with_content = options.get("received_at"), bool(options.get("with_content"))
        begin = 0
        for size in options["sizes"]:
            raw, begin = raws[begin : begin + size], begin + size
            # Nobody handles the signal: it ends the process.
            signal.setitimer(signal.ITIMER_PROF, LONGEST)
            try:
                answer = to_wire(parse_mail(raw, received_at=received_at, with_content=with_content))
            except MemoryError:
                answer = to_wire(unparsed(raw, received_at=received_at, defect="too-much-memory"))
            _write(LENGTH.pack(len(answer)) + answer)


def _limit_memory(memory: int) -> None:
    if memory:
        with contextlib.suppress(ImportError, ValueError, OSError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _read(source: int, size: int) -> bytes | None:
    chunks: list[bytes] = []
    while size:
        chunk = os.read(source, min(size, 1 << 20))
        if not chunk:
            return None
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main(sys.argv[1:])
