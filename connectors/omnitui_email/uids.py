"""Sets of UIDs as ranges: how IMAP writes them, and how a cursor keeps them short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Range = tuple[int, int]
"""From the first to the last UID, both included."""

MOST = 20_000
"""At most so many UIDs of a set are listed, the newest: a server may claim 1:4294967295."""


def parse(text: str) -> list[Range]:
    """The ranges of an IMAP sequence set; what is not a range of numbers is left out."""
    ranges = []
    for part in text.split(","):
        first, _, last = part.strip().partition(":")
        if first.isdecimal() and (not last or last.isdecimal()):
            low, high = int(first), int(last or first)
            ranges.append((min(low, high), max(low, high)))
    return ranges


def write(uids: Iterable[int]) -> str:
    """`uids` as an IMAP sequence set in ascending order: "1:4,7"."""
    parts: list[str] = []
    start = end = 0
    for uid in sorted(set(uids)):
        if uid == end + 1 and start:
            end = uid
            continue
        if start:
            parts.append(f"{start}:{end}" if end > start else str(start))
        start = end = uid
    if start:
        parts.append(f"{start}:{end}" if end > start else str(start))
    return ",".join(parts)


def newest_first(ranges: Iterable[Range], below: int, most: int = MOST) -> Iterator[int]:
    """The UIDs of `ranges` that are smaller than `below`, from the top, each once, at most `most`."""
    left, top = most, below
    for low, high in sorted(ranges, key=lambda span: span[1], reverse=True):
        for uid in range(min(high, top - 1), low - 1, -1):
            if left == 0:
                return
            left -= 1
            yield uid
        top = min(top, low)
