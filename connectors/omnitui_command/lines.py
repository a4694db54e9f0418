"""Cuts what a program writes into lines; one that is too long is cut, never a reason to stop."""

from __future__ import annotations

MOST = 32 * 1024 * 1024
"""Bytes in one line: a file of 20 MB in base64 and its message."""
KEPT = 64 * 1024
"""Bytes that are kept of a longer one."""


class Lines:
    """Takes bytes as they come, gives whole lines without their ends."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._begun = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes; empty ones are left out."""
        *ends, rest = data.split(b"\n")
        found = [line for end in ends if (line := self._end(end))]
        self._add(rest)
        return found

    def _add(self, part: bytes) -> None:
        if not self._skipping:
            self._begun += part
            if len(self._begun) > self._most:
                del self._begun[KEPT:]
                self._skipping = True

    def _end(self, part: bytes) -> bytes:
        self._add(part)
        line = bytes(self._begun).strip()
        self._begun.clear()
        self._skipping = False
        return line
