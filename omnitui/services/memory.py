"""What was used last, over starts: choices of the palette, searches, command lines. Small text files in the state."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Final

from omnitui.paths import Profile
from omnitui.services import drawers

MOST: Final = 100
_LONGEST: Final = 2_000


class Memory:
    """Lists of lines by name, the newest first. Reading and writing fail silently: nobody's work hangs on them."""

    def __init__(self, profile: Profile) -> None:
        self._drawer = drawers.recent(profile)
        self._lines: dict[str, list[str]] = {}
        self._changed: dict[str, list[str]] = {}
        self.kept: Counter[str] = Counter()
        """How many lines were kept under each name since the start."""

    def recall(self, name: str) -> list[str]:
        """What was kept under this name, the newest first."""
        if name not in self._lines:
            self._lines[name] = self._read(name)
        return self._lines[name]

    def keep(self, name: str, line: str) -> None:
        """Put a line first. It is on disk after `flush`."""
        line = " ".join(line.split())
        if not line or len(line) > _LONGEST:
            return
        known = self.recall(name)
        self.kept[name] += 1
        self._lines[name] = _first([line], known)
        self._changed[name] = _first([line], self._changed.get(name, []))

    def flush(self) -> None:
        """Write what changed, together with what other consoles of the profile have kept meanwhile."""
        changed, self._changed = self._changed, {}
        with suppress(OSError):
            for name, lines in changed.items():
                text = "".join(f"{line}\n" for line in _first(lines, self._read(name)))
                self._drawer.write(name, text.encode("utf-8", "replace"), durable=False)

    def _read(self, name: str) -> list[str]:
        with suppress(OSError):
            return (self._drawer.read(name) or b"").decode("utf-8", "replace").splitlines()[:MOST]
        return []


def _first(lines: list[str], others: list[str]) -> list[str]:
    return list(dict.fromkeys([*lines, *others]))[:MOST]
