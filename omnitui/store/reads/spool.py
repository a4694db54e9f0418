"""What the gateway's spool holds, by hook and after a number."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from omnitui.clock import Millis, rfc3339
from omnitui.i18n import _
from omnitui.store.faults import translated
from omnitui.store.secrecy.envelopes import Envelope
from omnitui.values import dataclass

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of bodies in one page."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One delivery as it was received."""

    number: int
    received_at: Millis
    body: bytes
    query: tuple[tuple[str, str], ...]
    content_type: str


@dataclass(frozen=True, slots=True)
class Page:
    """Deliveries of a hook in their order."""

    items: tuple[Kept, ...]
    cursor: int
    """Where to go on."""
    caught_up: bool
    """Whether nothing follows at present."""
    gap: str = ""
    """What is no longer there, in words."""


def page(db: sqlite3.Connection, hook: str, after: int, limit: int, *, key: bytes | None = None) -> Page:
    """What follows a cursor (0: everything). `key` is that of the cache, where it is encrypted.

    Raises:
        CacheError: The file cannot be read.
    """
    with _still(db):
        row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'delivery'").fetchone()
        last = row[0] if row else 0
        leapt = db.execute("SELECT 1 FROM leap WHERE ?1 > low AND ?1 < high", (after,)).fetchone()
        cut = db.execute("SELECT number, received_at, deliveries FROM cut WHERE hook = ?", (hook,)).fetchone()
        gap = ""
        if after > last or leapt:
            gap = _("the gateway has another spool now: what came in between was not kept, the rest is read again")
            after = 0
        elif cut is not None and after < cut[0]:
            words = _("the gateway has dropped what it received before {time}: {n} deliveries in all")
            gap = words.format(time=rfc3339(cut[1]), n=cut[2])
        rows = db.execute(
            "SELECT number, received_at, size, body, query, content_type FROM delivery"
            " WHERE hook = ? AND number > ? ORDER BY number LIMIT ?",
            (hook, after, limit + 1),
        )
        envelope, items, size, more = Envelope(key, "spool"), list[Kept](), 0, False
        for number, received_at, length, body, query, content_type in rows:
            size += length
            if len(items) == limit or (items and size > MOST_BYTES):
                more = True
                break
            items.append(_kept(envelope, number, received_at, body, query, content_type))
    cursor = items[-1].number if items else last if gap else after
    return Page(tuple(items), cursor, not more, gap)


def _kept(envelope: Envelope, number: int, received_at: Millis, body: bytes, query: bytes, content_type: str) -> Kept:
    # One that is enciphered with a key that is gone comes as an empty body, which its connector tells of.
    names = json.loads((envelope.opened("query", query) or b"[]").decode("utf-8", "surrogatepass"))
    found = tuple((str(name), str(value)) for name, value in names)
    return Kept(number, received_at, envelope.opened("body", body) or b"", found, content_type)


@dataclass(frozen=True, slots=True)
class Held:
    """How much of a hook is in the spool."""

    deliveries: int = 0
    size: int = 0
    """Bytes of bodies and queries."""
    oldest: Millis | None = None
    newest: Millis | None = None
    cut: int = 0
    """Deliveries that were dropped because they were too old or too many."""


def held(db: sqlite3.Connection) -> dict[str, Held]:
    """How much there is of each hook. Raises CacheError."""
    with _still(db):
        cuts: dict[str, int] = dict(db.execute("SELECT hook, deliveries FROM cut"))
        found = {hook: Held(cut=count) for hook, count in cuts.items()}
        for hook, count, size, low, high in db.execute(
            "SELECT hook, count(*), sum(size), min(number), max(number) FROM delivery GROUP BY hook"
        ):
            oldest, newest = (
                db.execute("SELECT received_at FROM delivery WHERE number = ?", (number,)).fetchone()[0]
                for number in (low, high)
            )
            found[hook] = Held(count, size, oldest, newest, cuts.get(hook, 0))
    return found


def after(db: sqlite3.Connection, hook: str, number: int) -> tuple[int, Millis | None]:
    """How many deliveries of a hook follow a number, and when the first of them was received. Raises CacheError."""
    with _still(db):
        count: int = db.execute(
            "SELECT count(*) FROM delivery WHERE hook = ? AND number > ?", (hook, number)
        ).fetchone()[0]
        row = db.execute(
            "SELECT received_at FROM delivery WHERE hook = ? AND number > ? ORDER BY number LIMIT 1", (hook, number)
        ).fetchone()
    return count, row[0] if row else None


def tally(db: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """What was counted, by hook and what. Raises CacheError."""
    with _still(db):
        return {(hook, what): count for hook, what, count in db.execute("SELECT hook, what, count FROM tally")}


def observed(db: sqlite3.Connection) -> dict[str, Millis]:
    """Until when which hooks are observed. Raises CacheError."""
    with _still(db):
        return dict(db.execute("SELECT hook, until FROM observation"))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused call of a hook that is observed."""

    number: int
    at: Millis
    why: str
    shape: dict[str, Any]


def refusals(db: sqlite3.Connection, hook: str, number: int) -> list[Refusal]:
    """Refused calls of a hook after a number. Raises CacheError."""
    with _still(db):
        rows = db.execute(
            "SELECT number, at, why, shape FROM refusal WHERE hook = ? AND number > ? ORDER BY number", (hook, number)
        ).fetchall()
    return [Refusal(row[0], row[1], row[2], json.loads(row[3])) for row in rows]


@contextmanager
def _still(db: sqlite3.Connection) -> Iterator[None]:
    """Reads that all see the same moment."""
    try:
        db.execute("BEGIN")
        try:
            yield
        finally:
            db.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise translated(error) from error
