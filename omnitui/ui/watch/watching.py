"""Looks every now and then whether files of the profile have changed: one timer for all of them, a few stats a look."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

LOOK_SECONDS = 2.0
"""Between two looks."""

Stamps = dict[str, tuple[int, int, int]]


class Watching:
    """Calls whoever follows files once one of them is another than at the look before."""

    def __init__(self) -> None:
        self._followed: list[tuple[Callable[[], Stamps], Callable[[], None]]] = []
        self._seen: list[Stamps] = []
        self._timer: asyncio.TimerHandle | None = None

    def follow(self, stamps: Callable[[], Stamps], changed: Callable[[], None]) -> None:
        """Follow what `stamps` looks at; what it gives now is how it was."""
        self._followed.append((stamps, changed))
        self._seen.append(stamps())

    def begin(self) -> None:
        """Look from now on, in the running loop, until `end`."""
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._turn)

    def end(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self) -> None:
        """Look now."""
        for at, (stamps, changed) in enumerate(self._followed):
            found = stamps()
            if found != self._seen[at]:
                self._seen[at] = found
                changed()

    def _turn(self) -> None:
        self.begin()
        self.look()


def of_files(paths: Iterable[Path]) -> Stamps:
    """When each of the files was written, its size and its mode; those that are not there are left out."""
    found: Stamps = {}
    for path in paths:
        with suppress(OSError):
            stat = os.stat(path)
            found[str(path)] = (stat.st_mtime_ns, stat.st_size, stat.st_mode)
    return found


def of_folder(folder: Path, suffix: str) -> Stamps:
    """The same of the files in a folder whose names end so."""
    with suppress(OSError), os.scandir(folder) as entries:
        return of_files(Path(entry.path) for entry in entries if entry.name.endswith(suffix))
    return {}
