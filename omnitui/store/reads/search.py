"""Search for messages: the newest first, or the most relevant of the newest.

Rows come in the order of arrival, not of time: backfill brings old messages late. So finds are looked at by blocks of
neighbouring rows (`message_block`), those with the newest messages first, until no other block can hold a newer one.
Where a text is found often, the full-text index itself is asked for such blocks only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.matching import fold
from omnitui.desk.terms import And, Named, NameField, Node, Or, Query, Text
from omnitui.model.revisions import Hit
from omnitui.store.reads import compile as compiled
from omnitui.store.reads.assembly import maker
from omnitui.store.reads.compile import Condition
from omnitui.store.reads.history import DIRECTIONS, KINDS
from omnitui.store.reads.inbox import Key
from omnitui.store.reads.newest import newest, older
from omnitui.store.reads.prefixes import widened
from omnitui.text.covering import shown
from omnitui.text.snippets import snippet

SELDOM: Final = 20
"""Up to so many finds are all looked at; of more, only those in the newest blocks."""
RANKED: Final = 2_000
"""Relevance is judged among so many of the newest finds."""
_hit: Final = maker(Hit)
_BLOCK_BITS: Final = 10

_HIT: Final = """
    SELECT m.pk, m.id, c.id, m.received_at, m.direction, m.kind, m.author, m.subject, c.subject, m.text, p.name, a.name,
        c.channel
    FROM message m CROSS JOIN conversation c ON c.pk = m.conversation_pk CROSS JOIN contact p ON p.pk = c.contact_pk
    CROSS JOIN account a ON a.pk = c.account_pk
    WHERE m.pk IN (SELECT value FROM json_each(?))
"""
_IN_RANGE: Final = """
    SELECT m.received_at, m.id, m.pk FROM message_fts CROSS JOIN message m ON m.pk = message_fts.rowid
    CROSS JOIN conversation c ON c.pk = m.conversation_pk
    WHERE message_fts MATCH ? AND message_fts.rowid BETWEEN ? AND ? AND m.deleted_at IS NULL AND
"""
_AMONG: Final = """
    SELECT m.received_at, m.id, m.pk FROM message m CROSS JOIN conversation c ON c.pk = m.conversation_pk
    WHERE m.pk IN (SELECT value FROM json_each(?)) AND m.deleted_at IS NULL AND
"""

_Find = tuple[Millis, str, int]


def search(
    db: sqlite3.Connection, query: Query, *, limit: int = 50, before: Key | None = None, relevance: bool = False
) -> list[Hit]:
    """The messages that `query` finds, the newest first.

    Args:
        db: A reading connection.
        query: What to find; each text has to stand in the message itself.
        limit: How many at most.
        before: Received time and id of the last hit of the page before this one.
        relevance: Order the newest 2,000 finds by how well they fit; there are no further pages then.
    """
    compiled.prepare(db)
    match, condition = _plan(query)
    match = widened(db, match)
    condition = older(condition, before)
    if not match:
        finds = newest(db, query, limit, before)
    elif relevance:
        finds = _ranked(db, match, _found(db, match, condition, RANKED))[:limit]
    else:
        finds = _found(db, match, condition, limit)
    return _hits(db, [pk for _at, _id, pk in finds], texts(query))


def unsearchable(db: sqlite3.Connection) -> int:
    """How many messages are here that no search finds yet: whoever syncs brings them into the index."""
    count: int = db.execute("SELECT count(*) FROM unindexed").fetchone()[0]
    return count


def _plan(query: Query) -> tuple[str, Condition]:
    """What the full-text index is asked for ("" for nothing), and the condition on the rest."""
    parts = compiled.parts(query.node)
    texts = [compiled.fts(part) for part in parts]
    match = " AND ".join(f"({text})" for text in texts if text)
    if not match:
        return "", compiled.messages(query)
    match = f"terms : ({match})"
    for part in parts:
        if isinstance(part, Named) and part.field is NameField.CHANNEL and (name := fold(part.name)).isalnum():
            match += f' AND filters : "channel{name}"' if name.isascii() else ""
    rest = And(tuple(part for part, text in zip(parts, texts, strict=True) if not text))
    return match, compiled.messages(Query(rest, query.hidden))


def _found(db: sqlite3.Connection, match: str, condition: Condition, limit: int) -> list[_Find]:
    """The newest finds of a text, newest first."""
    rows = db.execute("SELECT rowid FROM message_fts WHERE message_fts MATCH ? LIMIT ?", (match, SELDOM + 1)).fetchall()
    if len(rows) > SELDOM:
        # As many blocks as hold enough if the text stands everywhere about as often as at the index's beginning.
        enough = limit * (rows[-1][0] - rows[0][0]) * 5 // (SELDOM * 4)
        return _often(db, match, condition, limit, 1 + (enough >> _BLOCK_BITS))
    pks = json.dumps([row for (row,) in rows])
    return sorted(db.execute(f"{_AMONG} {condition.sql}", (pks, *condition.values)), reverse=True)[:limit]


def _often(db: sqlite3.Connection, match: str, condition: Condition, limit: int, size: int) -> list[_Find]:
    """The same by asking the index for `size` blocks at first, and then for more and more."""
    blocks = db.execute("SELECT block, newest FROM message_block ORDER BY newest DESC, block DESC")
    found: list[_Find] = []
    # A condition with a query of its own costs the same for one block and for many.
    growth = 8 if "SELECT" in condition.sql else 2
    ahead: tuple[int, Millis] | None = blocks.fetchone()
    while ahead is not None:
        some = [ahead[0], *(block for block, _newest in islice(blocks, size - 1))]
        for first, last in _ranges(some):
            bounds = (first << _BLOCK_BITS, ((last + 1) << _BLOCK_BITS) - 1)
            found += db.execute(f"{_IN_RANGE} {condition.sql}", (match, *bounds, *condition.values))
        found.sort(reverse=True)
        ahead, size = blocks.fetchone(), growth * size
        if ahead is not None and len(found) >= limit and found[limit - 1][0] > ahead[1]:
            break
    return found[:limit]


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of neighbours."""
    ordered = sorted(numbers)
    first = last = ordered[0]
    for number in ordered[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _ranked(db: sqlite3.Connection, match: str, finds: list[_Find]) -> list[_Find]:
    """The finds in the order of BM25 over the words of the text; equal ones stay newest first."""
    if not finds:
        return finds
    rows = [pk for _at, _id, pk in finds]
    scores: dict[int, float] = dict(
        db.execute(
            "SELECT rowid, bm25(message_fts, 1.0, 0.0) FROM message_fts WHERE message_fts MATCH ?"
            " AND rowid BETWEEN ? AND ?",
            (match, min(rows), max(rows)),
        )
    )
    return sorted(finds, key=lambda find: scores[find[2]])


def _hits(db: sqlite3.Connection, pks: list[int], words: list[str]) -> list[Hit]:
    rows = {row[0]: _to_hit(row, words) for row in db.execute(_HIT, (json.dumps(pks),))}
    return [rows[pk] for pk in pks]


def _to_hit(row: tuple[Any, ...], words: list[str]) -> Hit:
    own, conversation_id, received_at, direction, kind, author, subject, about, text, contact, account, channel = row[
        1:
    ]
    return _hit(
        own, conversation_id, received_at, DIRECTIONS[direction], KINDS[kind], author, subject or about,
        snippet(shown(text), words), contact, account, channel,
    )  # fmt: skip


def texts(query: Query) -> list[str]:
    """The texts that a query wants to find."""
    return list(_words(query.node))


def _words(node: Node | None) -> Iterator[str]:
    """The texts that the query wants to find."""
    if isinstance(node, Text):
        yield node.text
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _words(part)
