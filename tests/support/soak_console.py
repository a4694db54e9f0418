"""The console as a person starts it, which writes down besides how late its event loop is.

`python -m tests.support.soak_console FILE` appends a line of JSON each second: how many timers of 5 ms fired how late.
The first seconds of a process, in which it starts, are left out. With the word `nothing` behind it there is no console,
and the loop has nothing else to do: what the machine gives.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

TICK = 0.005
START = 5.0
FINE = 10
"""So many parts of a millisecond lateness is counted in."""


class Lateness:
    """Measures one loop until the process ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, file: Path) -> None:
        self._loop, self._file = loop, file
        self._late: Counter[int] = Counter()
        self._told = self._due = time.perf_counter() + START
        self._wait()

    def _wait(self) -> None:
        self._due = time.perf_counter() + TICK
        self._loop.call_later(TICK, self._fire)

    def _fire(self) -> None:
        now = time.perf_counter()
        if now > self._told:
            self._late[round(max(0.0, now - self._due) * 1000 * FINE)] += 1
        if now - self._told > 1:
            self._told = now
            with self._file.open("a") as file:
                file.write(json.dumps(self._late) + "\n")
            self._late.clear()
        self._wait()


def main(file: Path, words: list[str]) -> int:
    made: Any = asyncio.events.new_event_loop

    def measured() -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = made()
        if threading.current_thread() is threading.main_thread():
            loop.call_soon(Lateness, loop, file)
        return loop

    asyncio.events.new_event_loop = measured
    if words == ["nothing"]:
        asyncio.run(asyncio.sleep(86_400))
    from omnitui.main import main as start

    return start(words)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
