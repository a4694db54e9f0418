"""The canned responses of a profile: text files in the folder `snippets` beside its settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from omnitui.desk.canned import Canned, parsed
from omnitui.paths import Profile

_SUFFIXES: Final = (".md", ".txt")
_LONGEST: Final = 65_536
"""Bytes of a file that are read."""
_MOST: Final = 2_000


def folder(profile: Profile) -> Path:
    """Where they lie."""
    return profile.config / "snippets"


def read(profile: Profile) -> list[Canned]:
    """All of them, by code; folders in the folder too. What cannot be read is passed over."""
    found: list[Canned] = []
    for root, folders, names in os.walk(folder(profile)):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            if path.suffix.lower() not in _SUFFIXES or name.startswith("."):
                continue
            try:
                with path.open("rb") as file:
                    content = file.read(_LONGEST).decode("utf-8", "replace")
            except OSError:
                continue
            one = parsed(path.stem, content)
            if one.code and one.text:
                found.append(one)
            if len(found) >= _MOST:
                break
    return sorted(found, key=lambda one: (one.code.casefold(), one.language, one.title))


def give(profile: Profile, files: dict[str, str]) -> None:
    """Put files into the folder, where there is none yet."""
    target = folder(profile)
    if target.exists():
        return
    target.mkdir(parents=True)
    for name, content in files.items():
        (target / name).write_text(content, encoding="utf-8")
