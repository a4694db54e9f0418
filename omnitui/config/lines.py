"""Where in a TOML file something stands, for faults that the TOML itself does not have."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class _Entry:
    """A header of a table, or a key with its value, as it stands in a file."""

    line: int
    """From 1."""
    lines: tuple[str, ...]
    held: Any
    """What is made of it: tables down to the header's own, which is empty, or to the key's value."""
    table: tuple[str, ...]
    """The table that a header begins, or that a key stands in."""
    header: bool


def line_of(text: str, table: Sequence[str], key: str = "", *, number: int = 0, within: int = 0) -> int:
    """The line (from 1) of a key in a table; of the table where it has none of that name; 1 where that is not there.

    Names may be quoted or dotted, and tables may have a header or stand inline.

    Args:
        text: A file that can be read as TOML.
        table: The names down to the table.
        key: What is looked for in it; "": the table itself.
        number: Which one of an array of tables, from 0.
        within: A line (from 1) of the text that the key holds, which is meant then; 0: the key.
    """
    names = tuple(table)
    wanted = (*names, key) if key else names
    begun, seen = 0, -1
    for one in _entries(text):
        inside = one.table[: len(names)] == names
        seen += one.header and one.table == names
        if inside and seen not in (-1, number):
            continue
        if not one.header:
            depth, line = _reached(one, wanted, len(names), number)
            if depth == len(wanted) and (key or not inside):
                opens = one.lines[line - one.line].rstrip().endswith(('"""', "'''"))
                return line + within - (within > 0 and not opens)
            begun = begun or (line if depth >= len(names) else 0)
        elif inside and key and one.table[: len(wanted)] == wanted:
            return one.line
        elif inside:
            begun = begun or one.line
    return begun if begun and names else 1


def _reached(entry: _Entry, wanted: tuple[str, ...], size: int, number: int) -> tuple[int, int]:
    """How many of the names lead into what a key holds, and the line at which the last one of them stands."""
    depth, line, held = len(entry.table), entry.line, entry.held
    if wanted[:depth] != entry.table:
        return 0, line
    for name in wanted[depth:]:
        if not isinstance(held, dict) or name not in held:
            break
        held, depth = held[name], depth + 1
        if depth == size and isinstance(held, list):
            if number >= len(held):
                return 0, line
            line += _element(entry.lines, wanted[len(entry.table) : depth], number)
            held = held[number]
    return depth, line


def _element(lines: Sequence[str], names: Sequence[str], number: int) -> int:
    """How many lines below the beginning of an array its element of a number stands."""
    for size in range(1, len(lines)):
        with suppress(tomllib.TOMLDecodeError):
            held: Any = tomllib.loads("\n".join(lines[:size]) + "\n]")
            for name in names:
                held = held[name]
            if len(held) > number:
                return size - 1
    return len(lines) - 1


@lru_cache(maxsize=2)
def _entries(text: str) -> tuple[_Entry, ...]:
    # Nothing but these ends a line in TOML: str.splitlines takes more for one.
    lines = text.replace("\r\n", "\n").split("\n")
    found: list[_Entry] = []
    table: tuple[str, ...] = ()
    at = 0
    while at < len(lines):
        size, held = _extent(lines, at)
        if lines[at].lstrip().startswith("["):
            table = _path(held)
            found.append(_Entry(at + 1, (lines[at],), held, table, header=True))
        elif held:
            found.append(_Entry(at + 1, tuple(lines[at : at + size]), held, table, header=False))
        at += size
    return tuple(found)


def _extent(lines: list[str], at: int) -> tuple[int, dict[str, Any]]:
    """How many lines what begins at a line takes, and what it says."""
    for size in range(1, len(lines) - at + 1):
        with suppress(tomllib.TOMLDecodeError):
            return size, tomllib.loads("\n".join(lines[at : at + size]))
    return 1, {}


def _path(held: Any) -> tuple[str, ...]:
    """The names in a header."""
    names: list[str] = []
    while held:
        if isinstance(held, list):
            held = held[0]
        else:
            ((name, held),) = held.items()
            names.append(name)
    return tuple(names)
