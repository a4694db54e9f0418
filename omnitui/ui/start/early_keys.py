"""Keys that move the selection of the first frame, obeyed while the console behind it is still being imported.

A thread reads the terminal and redraws two rows a key. It takes moves within what is on the screen and nothing else:
at the first other key it stops reading, and that key with all after it waits for the console, in order.
"""

from __future__ import annotations

import os
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READ_SIZE = 4_096


class EarlyKeys:
    """Moves by keys until `stop`."""

    def __init__(self, steps: Mapping[bytes, int], rows: int, draw: Callable[[int, bool], str]) -> None:
        """`steps` are the bytes of keys and by how much they move; `draw` gives a row's bytes, selected or not."""
        self.at = 0
        """The selected row, from the top of the screen."""
        self._steps = steps
        self._rows = rows
        self._draw = draw
        self._reports = b""
        self._rest = b""
        self._wake: tuple[int, int] | None = None

    def start(self) -> None:
        """Begin to read the terminal, where any key would be obeyed."""
        if not self._steps or self._rows < 2:
            return
        import _thread

        self._wake = os.pipe()
        self._done = _thread.allocate_lock()
        self._done.acquire()
        _thread.start_new_thread(self._run, (self._wake[0],))

    def stop(self) -> bytes:
        """Stop reading; gives what was read and not obeyed, for whoever reads on."""
        if self._wake is not None:
            os.write(self._wake[1], b".")
            self._done.acquire()
            for descriptor in self._wake:
                os.close(descriptor)
            self._wake = None
        left, self._reports, self._rest = self._reports + self._rest, b"", b""
        return left

    def _run(self, wake: int) -> None:
        try:
            while True:
                ready, _, _ = select.select([0, wake], [], [])
                if wake in ready:
                    return
                data = os.read(0, READ_SIZE)
                if not data or not self.take(data):
                    return
        except OSError:
            pass  # The terminal went away; the console sees it too.
        finally:
            self._done.release()

    def take(self, data: bytes) -> bool:
        """Obey what has been read; False at the first key that means anything else than a move on the screen."""
        self._rest += data
        before = self.at
        try:
            while self._rest:
                report = self._report()
                if report is None:
                    return True
                self._reports += self._rest[:report]
                self._rest = self._rest[report:]
                key = next((key for key in self._steps if self._rest.startswith(key)), None)
                if key is None:
                    if self._rest and not report:
                        return False
                    continue
                target = max(self.at + self._steps[key], 0)
                if target >= self._rows:
                    return False
                self.at = target
                self._rest = self._rest[len(key) :]
            return True
        finally:
            if self.at != before:
                os.write(1, f"{self._draw(before, False)}{self._draw(self.at, True)}\x1b[m".encode("utf-8", "replace"))

    def _report(self) -> int | None:
        """The length of an answer of the terminal's (CSI ? …) that comes next; None where its end is still to come."""
        if not self._rest.startswith(b"\x1b[?"):
            return 0
        return next((at + 1 for at, byte in enumerate(self._rest[3:], 3) if 0x40 <= byte <= 0x7E), None)
