"""The drawers of a profile: what connectors keep of messages, and what was used last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from omnitui.ids import Ulid
from omnitui.paths import Profile
from omnitui.store.drawers import Drawer
from omnitui.store.secrecy import cipher

_FOLDER: Final = ".drawers"
_SHORTEST: Final = 3
"""Letters of a part of a name that tells who it is; of other scripts one less."""


def recent(profile: Profile) -> Drawer:
    """What was used last: searches, commands, choices."""
    return _opened(profile, profile.state / "recent")


def of_account(profile: Profile, account_id: Ulid, name: str) -> Drawer:
    """A drawer of an account's connector. What it kept in a folder of that name before there were drawers is in it."""
    root = profile.data / "connectors" / account_id
    folder = root / _FOLDER / name
    _adopt(root / name, folder)
    return _opened(profile, folder)


def folders(profile: Profile) -> Iterator[Path]:
    """The folders of all drawers that there are."""
    for root in sorted((profile.data / "connectors").glob("*")):
        _adopt(root / "sent", root / _FOLDER / "sent")
        yield from (path for path in sorted((root / _FOLDER).glob("*")) if path.is_dir())
    yield profile.state / "recent"


def renew(profile: Profile, old: bytes | None, new: bytes | None) -> list[Path]:
    """Write all that is in drawers anew with another key; those that are damaged. The caller is alone."""
    return [path for folder in folders(profile) for path in Drawer(folder, old).renew(new)]


def forget(profile: Profile, words: Sequence[str], names: Sequence[str]) -> tuple[int, list[Path]]:
    """Drop what is about people: files of connectors in which any of the words stands, and lines of what was used last.

    Args:
        profile: Whose.
        words: Addresses, ids of mails and of rows.
        names: What people are called. Lines go for a part of one too.

    Returns:
        How many files were dropped, and the lists from which lines were.
    """
    from omnitui.store.forgetting.scrubbing import words_in

    pattern, count = words_in(words), 0
    for folder in folders(profile):
        drawer = _opened(profile, folder)
        for name in drawer.names() if pattern and folder.parent.name == _FOLDER else ():
            if pattern and pattern.search(drawer.read(name) or b""):
                drawer.drop(name)
                count += 1
    parts = {part for name in names for part in re.split(r"[\s,.・　]+", name) if _tells(part)}
    said = words_in([*words, *names, *parts])
    return count, list(_without(recent(profile), said)) if said else []


def _without(lists: Drawer, said: re.Pattern[bytes]) -> Iterator[Path]:
    for name in lists.names():
        lines = (lists.read(name) or b"").splitlines(keepends=True)
        kept = [line for line in lines if not said.search(line)]
        if len(kept) < len(lines):
            lists.write(name, b"".join(kept))
            yield lists.path(name)


def _tells(part: str) -> bool:
    return len(part) >= (_SHORTEST if part.isascii() else _SHORTEST - 1)


def _opened(profile: Profile, folder: Path) -> Drawer:
    return Drawer(folder, cipher.key_of(profile.cache_file))


def _adopt(old: Path, folder: Path) -> None:
    if old.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in [*old.glob("*.eml")]:
            path.replace(folder / path.name)
        with suppress(OSError):
            old.rmdir()
