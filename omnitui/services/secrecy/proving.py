"""Proves that the cache is encrypted: writes known words as a message's would be, and looks for them in every file."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Final

from omnitui.errors import OmniError
from omnitui.services import drawers
from omnitui.store.forgetting.scan import scan
from omnitui.store.secrecy import proof
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.services.session import Session

_OURS: Final = ("omnitui", "etilqs_")
"""How temporary files of ours and of SQLite begin."""
_LONGEST: Final = 200
"""Bytes of a customer's words that are looked for."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked through, and where words were found in clear."""

    files: int
    size: int
    """Bytes."""
    words: int
    """So many of the customers' own words were looked for, beside those that were written for it."""
    found: tuple[Path, ...]

    @property
    def good(self) -> bool:
        return not self.found


def prove(session: Session) -> Proof:
    """Write a canary, look for it and for customers' words in all that the profile keeps, and take it away again.

    Looked through are the data and the state folder, with the write-ahead log as it is then, and of the folder for
    temporary files what is ours or was written meanwhile.
    """
    cache, since = session.cache, time.time() - 1
    canary = f"canary{os.urandom(12).hex()}"
    data = " ".join([canary] * 300).encode()
    blob = ""
    held = [drawers.recent(session.profile), drawers.of_account(session.profile, canary, "canary")]
    try:
        cache.write(lambda tx: proof.put(tx, canary))
        blob = cache.blobs.put(data)
        for drawer in held:
            drawer.write(canary, data)
        words = cache.read(proof.samples)
        needles = [canary.encode(), *(word.encode()[:_LONGEST] for word in words)]
        longest = max(map(len, needles)) - 1
        patterns = [re.compile(re.escape(needle)) for needle in needles]
        looked = list(scan(_files(session, since), patterns, longest, cache.path))
        found = tuple(one.path for one in looked if one.found)
        return Proof(len(looked), sum(one.size for one in looked), len(words), found)
    finally:
        with suppress(OmniError):
            cache.write(lambda tx: proof.drop(tx, canary))
        if blob:
            cache.blobs.drop(blob)
        for drawer in held:
            drawer.drop(canary)
        rmtree(session.profile.data / "connectors" / canary, ignore_errors=True)


def _files(session: Session, since: float) -> Iterator[Path]:
    for folder in (session.profile.data, session.profile.state):
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    own = os.getuid()
    for path in Path(tempfile.gettempdir()).iterdir():
        with suppress(OSError):
            held = path.lstat()
            if held.st_uid == own and stat.S_ISREG(held.st_mode):
                if held.st_mtime >= since or path.name.startswith(_OURS):
                    yield path
            elif held.st_uid == own and path.name.startswith(_OURS) and stat.S_ISDIR(held.st_mode):
                yield from (one for one in path.rglob("*") if one.is_file() and not one.is_symlink())
