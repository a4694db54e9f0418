"""The first page of a damaged cache, and those that say where its tables lie, taken from a snapshot of it.

Tables keep their root pages for as long as the schema stays, so an older copy knows where they lie. The format is
that of www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_MAGIC: Final = b"SQLite format 3\x00"
_LEAF: Final = 13
_INTERIOR: Final = 5


def graft(damaged: Path, donor: Path) -> bool:
    """Put a snapshot's schema over that of a damaged copy; whether it could be done (an encrypted file has no plain
    pages)."""
    with donor.open("rb") as good, damaged.open("r+b") as bad:
        header = good.read(100)
        if header[:16] != _MAGIC:
            return False
        size = int.from_bytes(header[16:18], "big")
        size = 65_536 if size == 1 else size
        for number in _pages(good, size):
            bad.seek((number - 1) * size)
            bad.write(_page(good, number, size))
        count = max(1, bad.seek(0, 2) // size)
        # How large the file is, and that nothing in it is free.
        bad.seek(24)
        bad.write(struct.pack(">IIII", 1, count, 0, 0))
        bad.seek(92)
        bad.write(struct.pack(">I", 1))
    return True


def _page(file: BinaryIO, number: int, size: int) -> bytes:
    file.seek((number - 1) * size)
    return file.read(size)


def _pages(file: BinaryIO, size: int) -> Iterator[int]:
    """The pages of the table of tables."""
    waiting = [1]
    while waiting:
        number = waiting.pop()
        yield number
        page = _page(file, number, size)
        start = 100 if number == 1 else 0
        kind, cells = page[start], int.from_bytes(page[start + 3 : start + 5], "big")
        pointers = start + (12 if kind == _INTERIOR else 8)
        offsets = struct.unpack_from(f">{cells}H", page, pointers)
        if kind == _INTERIOR:
            waiting.append(int.from_bytes(page[start + 8 : start + 12], "big"))
            waiting += [int.from_bytes(page[offset : offset + 4], "big") for offset in offsets]
        elif kind == _LEAF:
            for offset in offsets:
                yield from _overflow(file, page, offset, size)


def _overflow(file: BinaryIO, page: bytes, offset: int, size: int) -> Iterator[int]:
    """The pages of what a cell holds beyond its own."""
    length, offset = _varint(page, offset)
    _rowid, offset = _varint(page, offset)
    most, least = size - 35, (size - 12) * 32 // 255 - 23
    if length <= most:
        return
    local = least + (length - least) % (size - 4)
    local = local if local <= most else least
    number = int.from_bytes(page[offset + local : offset + local + 4], "big")
    while number:
        yield number
        number = int.from_bytes(_page(file, number, size)[:4], "big")


def _varint(page: bytes, offset: int) -> tuple[int, int]:
    value = 0
    for position in range(8):
        byte = page[offset + position]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, offset + position + 1
    return value << 8 | page[offset + 8], offset + 9
