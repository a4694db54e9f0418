"""Statements for several rows at once: one a row costs up to five times as much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_SIZES: Final = (64, 16, 4, 1)


def groups(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """`rows` in groups of few sizes, so that a statement for each size is prepared once."""
    at = 0
    for size in _SIZES:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


def marks(columns: int, rows: int) -> str:
    """Place-holders for the values of so many rows."""
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)
