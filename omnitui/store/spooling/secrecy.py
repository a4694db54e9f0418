"""The spool for nobody's eyes: people forgotten in it, and all of it enciphered or deciphered with the cache."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from omnitui.store import connection
from omnitui.store.faults import translated
from omnitui.store.forgetting.scrubbing import rewrite
from omnitui.store.secrecy.envelopes import Envelope, is_sealed

_TOGETHER: Final = 500
"""Deliveries that are written anew in one commit; the gateway waits meanwhile."""


def forget(path: Path, said: re.Pattern[bytes] | None, *, key: bytes | None = None) -> int:
    """Drop every delivery in which any of some words stands, to the last byte; how many. For other processes.

    Args:
        path: The spool; nothing happens where there is none.
        said: The words.
        key: That of the cache, where it is encrypted.

    Raises:
        CacheError, OmniError: It could not be done, or not to the last byte.
    """
    if said is None or not path.exists():
        return 0
    envelope, doomed = Envelope(key, "spool"), list[tuple[int]]()
    try:
        with closing(connection.writer(path)) as db:
            for number, query, body in db.execute("SELECT number, query, body FROM delivery"):
                held = (envelope.opened("query", query) or b"") + b"\n" + (envelope.opened("body", body) or b"")
                # Forms are sent with their signs escaped.
                if said.search(held) or (b"%" in held and said.search(unquote_to_bytes(held))):
                    doomed.append((number,))
            db.execute("BEGIN IMMEDIATE")
            db.executemany("DELETE FROM delivery WHERE number = ?", doomed)
            db.execute("COMMIT")
    except sqlite3.Error as error:
        raise translated(error) from error
    # What was dropped because of its age lies in free pages too.
    rewrite(path)
    return len(doomed)


def renew(path: Path, old: bytes | None, new: bytes | None) -> None:
    """Write every delivery anew as another key has it, None: in clear. What cannot be deciphered stays as it is.

    This may be called again wherever it was interrupted.

    Raises:
        CacheError, OmniError: It could not be done.
    """
    if not path.exists():
        return
    source, target = Envelope(old, "spool"), Envelope(new, "spool")
    try:
        with closing(connection.writer(path)) as db:
            numbers = [number for (number,) in db.execute("SELECT number FROM delivery")]
            for start in range(0, len(numbers), _TOGETHER):
                db.execute("BEGIN IMMEDIATE")
                for number in numbers[start : start + _TOGETHER]:
                    _renew_one(db, number, source, target)
                db.execute("COMMIT")
    except sqlite3.Error as error:
        raise translated(error) from error
    rewrite(path)


def _renew_one(db: sqlite3.Connection, number: int, source: Envelope, target: Envelope) -> None:
    row = db.execute("SELECT query, body FROM delivery WHERE number = ?", (number,)).fetchone()
    if row is None or all(is_sealed(held) == target.sealing for held in row):
        return
    query, body = source.opened("query", row[0]), source.opened("body", row[1])
    if query is not None and body is not None:
        db.execute(
            "UPDATE delivery SET query = ?, body = ? WHERE number = ?",
            (target.seal("query", query), target.seal("body", body), number),
        )
