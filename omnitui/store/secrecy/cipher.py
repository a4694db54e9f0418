"""Encryption at rest: which folders have a key, and SQLite connections that encipher each page (SQLCipher).

SQLCipher is the extra `omnitui[encrypted]`. Its connections raise the errors of `sqlite3`, so that nobody else has to
know of it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omnitui.errors import ConfigError
from omnitui.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable

PLAIN: Final = b"SQLite format 3\0"
"""How a file begins that is not enciphered."""

_keys: dict[Path, bytes] = {}


def use(data: Path, key: bytes | None) -> None:
    """From now on this process enciphers what lies in a data folder with `key`; with None, no more."""
    if key is None:
        _keys.pop(data.absolute(), None)
    else:
        _keys[data.absolute()] = key


def key_of(path: Path) -> bytes | None:
    """The key for a file: that of the folder above it that has one."""
    if not _keys:
        return None
    return next((_keys[folder] for folder in path.absolute().parents if folder in _keys), None)


def available() -> bool:
    """Whether the extra is installed and works here."""
    try:
        _module()
    except ConfigError:
        return False
    return True


def connect(place: str | Path, key: bytes | None, **options: Any) -> sqlite3.Connection:
    """Like `sqlite3.connect`, on a file that is enciphered with `key`; with None on a plain one.

    Raises:
        ConfigError: SQLCipher is not here.
        sqlite3.Error: The file cannot be opened. A wrong key shows itself with the first statement.
    """
    module = _module()
    try:
        db = module.connect(place, factory=_connection_class(), **options)
    except module.Error as error:
        raise _translated(error) from None
    # It would write to standard error, and tear the screen.
    db.execute("PRAGMA cipher_log_level = NONE")
    if key is not None:
        db.execute(f'PRAGMA key = "{_literal(key)}"')
    opened: sqlite3.Connection = db
    return opened


def is_plain(path: Path) -> bool:
    """Whether a file is a database that is not enciphered. Only for files that this process has not open.

    To close a file drops the locks that SQLite has on it in the same process.
    """
    with path.open("rb") as file:
        return file.read(len(PLAIN)) == PLAIN


def looks_enciphered(path: Path) -> bool:
    """Whether a file that is no database seems to be one of ours under a key: noise, where others have zeros."""
    if is_plain(path):
        return False
    with path.open("rb") as file:
        held = file.read(16 * 4_096)
    return len(held) >= 4_096 and held.count(0) * 100 < len(held)


def convert(source: Path, target: Path, *, old: bytes | None, new: bytes | None) -> None:
    """Write the whole database `source` to the new file `target` under another key; None is no key.

    Raises:
        sqlite3.Error: It could not be done, or the copy is not like the original.
    """
    with closing(connect(source, old, isolation_level=None)) as db:
        db.execute("PRAGMA temp_store = MEMORY")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        key = "''" if new is None else f'"{_literal(new)}"'
        db.execute(f"ATTACH DATABASE ? AS fresh KEY {key}", (str(target),))
        db.execute("PRAGMA fresh.synchronous = OFF")
        db.execute("SELECT sqlcipher_export('fresh')").fetchall()
        db.execute(f"PRAGMA fresh.user_version = {version:d}")
        if (here := _counts(db, "main")) != (there := _counts(db, "fresh")):
            missing = sorted(here.items() ^ there.items())
            error = sqlite3.DatabaseError(f"the copy is not like the original: {missing[:3]}")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        db.execute("DETACH DATABASE fresh")


def _counts(db: sqlite3.Connection, schema: str) -> dict[tuple[str, str], int]:
    """All there is in a schema, and the rows of each table."""
    found: Iterable[tuple[str, str, str | None]] = db.execute(
        f"SELECT type, name, sql FROM {schema}.sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
    ).fetchall()
    return {
        (kind, name): db.execute(f'SELECT count(*) FROM {schema}."{name}"').fetchone()[0]
        if kind == "table" and not (sql or "").startswith("CREATE VIRTUAL")
        else 1
        for kind, name, sql in found
    }


def _literal(key: bytes) -> str:
    """A raw key: nothing is derived from it, which would take 84 ms a connection."""
    return f"x'{key.hex()}'"


def _module() -> Any:
    try:
        from sqlcipher3 import dbapi2
    except ImportError as error:
        raise ConfigError(
            _("the cache is encrypted with SQLCipher, which is not installed or does not run here"),
            hint=_(
                "pip install 'omnitui[encrypted]' (there are wheels for Linux, macOS and Windows on x86-64 and ARM)"
            ),
        ) from error
    return dbapi2


def _translated(error: Exception) -> sqlite3.Error:
    """The error of `sqlite3` that says the same."""
    kind: type[sqlite3.Error] = getattr(sqlite3, type(error).__name__, sqlite3.DatabaseError)
    made = kind(*error.args)
    for name in ("sqlite_errorcode", "sqlite_errorname"):
        if hasattr(error, name):
            setattr(made, name, getattr(error, name))
    return made


_made: list[type[Any]] = []


def _connection_class() -> type[Any]:
    """SQLCipher's connection, whose errors are those of `sqlite3`; made when the module is first there."""
    if _made:
        return _made[0]
    module = _module()

    def guarded(base: type[Any], name: str) -> Any:
        plain = getattr(base, name)

        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return plain(self, *args, **kwargs)
            except module.Error as error:
                raise _translated(error) from None

        return call

    of_cursor = ("execute", "executemany", "executescript", "fetchone", "fetchmany", "fetchall", "__next__")
    cursor = type("Cursor", (module.Cursor,), {name: guarded(module.Cursor, name) for name in of_cursor})

    def make_cursor(self: Any, factory: type[Any] = cursor) -> Any:
        return module.Connection.cursor(self, factory)

    of_connection = ("backup", "close", "commit", "rollback", "create_function", "interrupt")
    body = {name: guarded(module.Connection, name) for name in of_connection}
    _made.append(type("Connection", (module.Connection,), {**body, "cursor": make_cursor}))
    return _made[0]
