"""Reading a damaged cache: the rows of its tables that can be read, and whether one of them is to be believed.

Rows are read through the trees of their tables; where a page cannot be read its rows are stepped over. A row is
believed where it looks like one of ours: each value of the kind that its column has, JSON that parses, an id that is a
ULID.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

from omnitui.ids import is_ulid
from omnitui.model.states import Direction, MessageKind, SendState, Status
from omnitui.values import dataclass

_WORDS: Final[dict[str, type[StrEnum]]] = {
    "conversation.status": Status,
    "conversation.send_state": SendState,
    "message.direction": Direction,
    "message.kind": MessageKind,
    "message.state": SendState,
    "outbox.state": SendState,
}
_SINGLE: Final = 256
"""So many rows are asked for one by one behind one that cannot be read; then in growing steps."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    affinity: str
    needed: bool
    is_json: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is read."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    parents: tuple[tuple[str, str], ...]
    """Columns that refer to rows of other tables, and those tables."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns' names."""
        return tuple(column.name for column in self.columns)


class Source:
    """The damaged file; enciphered, it takes no statement after a page that cannot be read until `renew`."""

    def __init__(self, opened: Callable[[], sqlite3.Connection]) -> None:
        self._opened = opened
        self._db = opened()
        self._db.text_factory = _text

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._db.execute(sql, values)

    def renew(self) -> None:
        """Go on after a page that cannot be read."""
        if type(self._db) is sqlite3.Connection:
            # It goes on by itself, and reading the schema anew takes longer than looking for the next row.
            return
        self.close()
        self._db = self._opened()
        self._db.text_factory = _text

    def close(self) -> None:
        self._db.close()


def table_of(db: sqlite3.Connection, name: str) -> Table:
    """The columns of a table as a whole cache has it."""
    info = [row for row in db.execute(f"PRAGMA table_xinfo({name})") if row[6] == 0]
    columns = tuple(
        Column(own, kind, bool(needed), str(default) in ("'{}'", "'[]'", "'null'"))
        for _cid, own, kind, needed, default, _key, _hidden in info
    )
    key = tuple(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5])
    parents = tuple((row[3], row[2]) for row in db.execute(f"PRAGMA foreign_key_list({name})"))
    return Table(name, columns, key, parents)


def rows_of(db: Source, table: Table, missed: Callable[[], None]) -> Iterator[Sequence[Any]]:
    """The rows that can be read; `missed` is called where some cannot."""
    names = ", ".join(f'"{name}"' for name in table.names)
    key, *more = table.key
    if more:
        yield from from_both_ends(db, table, names, missed)
        return
    position = table.names.index(key)
    at = -1
    while True:
        try:
            for row in db.execute(f"SELECT {names} FROM {table.name} WHERE {key} > ? ORDER BY {key}", (at,)):
                at = max(at, row[position])
                yield row
            return
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            missed()
            db.renew()
        landed = yield from _behind(db, table, names, key, at)
        if landed is None:
            return
        at = landed


def _behind(db: Source, table: Table, names: str, key: str, at: int) -> Generator[Sequence[Any], None, int | None]:
    """Rows behind one that cannot be read; returns the key to go on from."""
    step = 1
    for number in range(1, _SINGLE + 40):
        step = 1 if number <= _SINGLE else step * 2
        at += step
        try:
            exact = db.execute(f"SELECT {names} FROM {table.name} WHERE {key} = ?", (at,)).fetchone()
            if exact is not None:
                yield exact
            db.execute(f"SELECT {names} FROM {table.name} WHERE {key} > ? ORDER BY {key} LIMIT 1", (at,)).fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            db.renew()
            continue
        return at
    return None


def from_both_ends(db: Source, table: Table, names: str, missed: Callable[[], None]) -> Iterator[Sequence[Any]]:
    """The rows up to the first that cannot be read, then those from the end back to it; some may come twice."""
    for way in ("", " DESC"):
        order = ", ".join(f'"{name}"{way}' for name in table.key)
        try:
            yield from db.execute(f"SELECT {names} FROM {table.name} ORDER BY {order}")
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            missed()
            db.renew()
        else:
            return


def plausible(table: Table, row: Sequence[Any]) -> bool:
    """Whether a row looks like one of ours."""
    return all(_fits(table.name, column, value) for column, value in zip(table.columns, row, strict=True))


def _fits(table: str, column: Column, value: object) -> bool:
    if value is None:
        return not column.needed
    if column.affinity == "INTEGER" or not isinstance(value, str):
        return column.affinity == "INTEGER" and isinstance(value, int)
    if column.name == "id" and not is_ulid(value):
        return False
    words = _WORDS.get(f"{table}.{column.name}")
    if words is not None and value not in list(words):
        return False
    if column.is_json:
        try:
            json.loads(value)
        except ValueError:
            return False
    return True


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
