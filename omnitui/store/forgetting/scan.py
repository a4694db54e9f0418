"""Looks for bytes in files, and never closes a file that SQLite has open in this process.

To close any descriptor of a file drops the POSIX locks that the process has on it, SQLite's on the cache too. So the
cache's own files are read by a process that has nothing open.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import omnitui
from omnitui.environment import bare
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.values import dataclass

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Scanned:
    """A file that was looked through."""

    path: Path
    size: int
    """Bytes that were read."""
    found: bool


def scan(paths: Iterable[Path], patterns: Sequence[re.Pattern[bytes]], longest: int, cache: Path) -> Iterator[Scanned]:
    """Look through files; those that cannot be read are left out.

    Args:
        paths: The files.
        patterns: What is looked for.
        longest: Bytes that a match has at most, with what it looks at around itself.
        cache: The cache's file, which this process may have open.

    Raises:
        OmniError: The cache's own files could not be looked through.
    """
    own = {_identity(cache.with_name(cache.name + suffix)) for suffix in ("", "-wal", "-shm")} - {None}
    live: list[Path] = []
    for path in paths:
        if _identity(path) in own:
            live.append(path)
        elif (looked := _look(path, patterns, longest)) is not None:
            yield Scanned(path, *looked)
    for path, apart in zip(live, _apart(live, patterns, longest) if live else (), strict=True):
        if apart is not None:
            yield Scanned(path, *apart)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        held = path.stat()
    except OSError:
        return None
    return held.st_dev, held.st_ino


def _look(path: Path, patterns: Sequence[re.Pattern[bytes]], longest: int) -> tuple[int, bool] | None:
    """How many bytes were read, and whether anything was found; None where the file cannot be read."""
    size, kept = 0, b""
    try:
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                size += len(data)
                held = kept + data
                if any(pattern.search(held) for pattern in patterns):
                    return size, True
                kept = data[-longest:]
    except OSError:
        return None
    return size, False


def _apart(paths: list[Path], patterns: Sequence[re.Pattern[bytes]], longest: int) -> list[tuple[int, bool] | None]:
    spelled = [(pattern.pattern.decode("latin-1"), pattern.flags & re.IGNORECASE) for pattern in patterns]
    ran = subprocess.run(
        [sys.executable, "-m", __name__],
        # What is looked for are customers' words, which nobody is to see in a list of processes.
        input=json.dumps([[str(path.absolute()) for path in paths], spelled, longest]).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**bare(), "PYTHONPATH": str(Path(omnitui.__file__).resolve().parent.parent)},
        cwd="/",
        check=False,
    )
    if ran.returncode:
        raise OmniError(_("the cache's own files could not be looked through"))
    looked: list[tuple[int, bool] | None] = json.loads(ran.stdout)
    return looked


def _main() -> None:
    paths, spelled, longest = json.load(sys.stdin)
    patterns = [re.compile(text.encode("latin-1"), flags) for text, flags in spelled]
    json.dump([_look(Path(path), patterns, longest) for path in paths], sys.stdout)


if __name__ == "__main__":
    _main()
