"""Power cuts: from the log of what a process wrote and synced, the disk as it may look after one at any moment.

What was synced is there. Of what was not, each 512-byte sector and each entry of a folder is there or not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512


@dataclass(slots=True)
class Step:
    """One line of the log."""

    kind: str
    path: str
    other: str
    at: int
    data: bytes


def steps(log: bytes) -> Iterator[Step]:
    """What the shim wrote down."""
    place = 0
    while place < len(log):
        end = log.index(b"\n", place)
        kind, path, other, at, size = log[place:end].decode().split("\t")
        place = end + 1
        held = int(size) if kind == "w" else 0
        yield Step(kind, path, other, int(at), log[place : place + held])
        place += held


@dataclass(slots=True)
class Content:
    """A file: what is certainly on the disk, and what was done since."""

    synced: bytes = b""
    since: list[Step] = field(default_factory=list)

    def whole(self) -> bytes:
        return _done(self.synced, self.since)

    def torn(self, chance: random.Random) -> bytes:
        """What may be left of it; truncations and writes may have reached the disk in any part."""
        share = chance.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        left: list[Step] = []
        for step in self.since:
            if step.kind == "t":
                if chance.random() < share:
                    left.append(step)
                continue
            for at in range(0, len(step.data), SECTOR):
                if chance.random() < share:
                    left.append(Step("w", step.path, "", step.at + at, step.data[at : at + SECTOR]))
        return _done(self.synced, left)


def _done(start: bytes, todo: list[Step]) -> bytes:
    found = bytearray(start)
    for step in todo:
        if step.kind == "t":
            del found[step.at :]
            found.extend(bytes(step.at - len(found)))
        else:
            found.extend(bytes(max(0, step.at + len(step.data) - len(found))))
            found[step.at : step.at + len(step.data)] = step.data
    return bytes(found)


@dataclass(slots=True)
class Disk:
    """A folder as the process sees it, and what of its entries is certain."""

    root: str
    now: dict[str, Content | None] = field(default_factory=dict)
    """Path → file; None is a folder."""
    certain: dict[str, Content | None] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        match step.kind:
            case "c":
                self.now[step.path] = Content()
            case "m":
                self.now[step.path] = None
            case "u":
                self.now.pop(step.path, None)
            case "r":
                self.now[step.other] = self.now.pop(step.path)
            case "w" | "t":
                content = self.now.get(step.path)
                if content is not None:
                    content.since.append(step)
            case "s":
                self._sync(step.path)

    def _sync(self, path: str) -> None:
        content = self.now.get(path)
        if content is not None:
            content.synced, content.since = content.whole(), []
            return
        inside = {name for name in (*self.now, *self.certain) if name.rpartition("/")[0] == path}
        for name in inside:
            if name in self.now:
                self.certain[name] = self.now[name]
            else:
                self.certain.pop(name, None)

    def cut(self, folder: Path, chance: random.Random) -> None:
        """Write into `folder` what may be left after a power cut now."""
        entries = dict(self.certain)
        for name in {*self.now, *self.certain}:
            if self.now.get(name, 0) is not self.certain.get(name, 0) and chance.random() < 0.5:
                if name in self.now:
                    entries[name] = self.now[name]
                else:
                    entries.pop(name)
        for name, content in sorted(entries.items()):
            target = folder / Path(name).relative_to(self.root)
            if not target.parent.is_dir():
                continue  # its folder did not reach the disk
            if content is None:
                target.mkdir(exist_ok=True)
            else:
                target.write_bytes(content.torn(chance))
