"""Search for messages, the newest first.

Rows come in the order of arrival, not of time: backfill brings old messages late. So finds are looked at by blocks of
neighbouring rows (`message_block`), from the last row on while hardly another block can hold a newer message, else
those with the newest messages first, until none can.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.querying.matching import fold
from omnitui.desk.querying.terms import And, Named, NameField, Node, Or, Query, Text
from omnitui.model.revisions import Hit
from omnitui.store.reads import compile as compiled
from omnitui.store.reads.assembly import maker
from omnitui.store.reads.compile import Condition
from omnitui.store.reads.history import DIRECTIONS, KINDS
from omnitui.store.reads.inbox import Key
from omnitui.store.reads.merging import headed
from omnitui.store.reads.newest import newest, older
from omnitui.store.reads.prefixes import widened
from omnitui.text.secrets.covering import shown
from omnitui.text.snippets import snippet

_FEW: Final = 8
"""So many blocks with newer messages are looked at after those at the end; of more, the newest first."""
_hit: Final = maker(Hit)
_BLOCK_BITS: Final = 10

_HIT: Final = """
    SELECT m.pk, m.id, c.id, m.received_at, m.direction, m.kind, m.author, m.subject, c.subject, m.text, p.name,
        c.account_pk, c.channel
    FROM message m CROSS JOIN conversation c ON c.pk = m.conversation_pk CROSS JOIN contact p ON p.pk = c.contact_pk
    WHERE m.pk IN (SELECT value FROM json_each(?))
"""
"""Without the account's name: there are few accounts, and looking one up for each row costs a fifth of all."""
_FINDS: Final = """
    SELECT m.received_at, m.id, m.pk FROM message_fts CROSS JOIN message m ON m.pk = message_fts.rowid
    CROSS JOIN conversation c ON c.pk = m.conversation_pk
    WHERE message_fts MATCH ? AND m.deleted_at IS NULL AND
"""
_IN_RANGE: Final = "AND message_fts.rowid BETWEEN ? AND ?"

_Find = tuple[Millis, str, int]


def search(db: sqlite3.Connection, query: Query, *, limit: int = 50, before: Key | None = None) -> list[Hit]:
    """The messages that `query` finds, the newest first.

    Args:
        db: A reading connection.
        query: What to find; each text has to stand in the message itself.
        limit: How many at most.
        before: Received time and id of the last hit of the page before this one.
    """
    compiled.prepare(db)
    match, condition = _plan(query)
    if match:
        finds = _found(db, widened(db, match), older(condition, before), limit)
    else:
        finds = newest(db, query, limit, before)
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
    found: list[_Find] = []
    last = lowest = 0
    rows = db.execute(
        f"{headed(db, _FINDS)} ({condition.sql}) ORDER BY message_fts.rowid DESC", (match, *condition.values)
    )
    for find in rows:
        block = find[2] >> _BLOCK_BITS
        if len(found) >= limit and block != lowest:
            break
        lowest = block
        last = last or block
        found.append(find)
    else:
        return sorted(found, reverse=True)[:limit]
    rows.close()
    found.sort(reverse=True)
    others = db.execute(
        "SELECT block FROM message_block WHERE newest >= ? AND block < ? ORDER BY newest DESC LIMIT ?",
        (found[limit - 1][0], lowest, _FEW + 1),
    ).fetchall()
    if len(others) > _FEW:
        return _often(db, match, condition, limit, 1 + last - lowest)
    found += _in_blocks(db, match, condition, [block for (block,) in others])
    return sorted(found, reverse=True)[:limit]


def _in_blocks(db: sqlite3.Connection, match: str, condition: Condition, blocks: Sequence[int]) -> Iterator[_Find]:
    finds = headed(db, _FINDS)
    for first, last in _ranges(blocks):
        bounds = (first << _BLOCK_BITS, ((last + 1) << _BLOCK_BITS) - 1)
        yield from db.execute(f"{finds} ({condition.sql}) {_IN_RANGE}", (match, *condition.values, *bounds))


def _often(db: sqlite3.Connection, match: str, condition: Condition, limit: int, size: int) -> list[_Find]:
    """The same by asking the index for the `size` newest blocks at first, and then for more and more."""
    blocks = db.execute("SELECT block, newest FROM message_block ORDER BY newest DESC, block DESC")
    found: list[_Find] = []
    # A condition with a query of its own costs the same for one block and for many.
    growth = 8 if "SELECT" in condition.sql else 2
    ahead: tuple[int, Millis] | None = blocks.fetchone()
    while ahead is not None:
        some = [ahead[0], *(block for block, _newest in islice(blocks, size - 1))]
        found += _in_blocks(db, match, condition, some)
        found.sort(reverse=True)
        ahead, size = blocks.fetchone(), growth * size
        if ahead is not None and len(found) >= limit and found[limit - 1][0] > ahead[1]:
            break
    return found[:limit]


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of neighbours."""
    if not numbers:
        return
    ordered = sorted(numbers)
    first = last = ordered[0]
    for number in ordered[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _hits(db: sqlite3.Connection, pks: list[int], words: list[str]) -> list[Hit]:
    accounts: dict[int, str] = dict(db.execute("SELECT pk, name FROM account").fetchall())
    rows = db.execute(headed(db, _HIT), (json.dumps(pks),)).fetchall()
    hits = {row[0]: _to_hit(row, accounts, words) for row in rows}
    return [hits[pk] for pk in pks]


def _to_hit(row: tuple[Any, ...], accounts: dict[int, str], words: list[str]) -> Hit:
    _pk, own, conversation_id, received_at, direction, kind, author, subject, about, text, contact, account, channel = (
        row
    )
    return _hit(
        own, conversation_id, received_at, DIRECTIONS[direction], KINDS[kind], author, subject or about,
        snippet(shown(text), words), contact, accounts[account], channel,
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
