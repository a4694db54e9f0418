"""The rows of a list that a filter leaves, found while it is typed: by what a row shows, not by whole messages."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from omnitui.desk.querying.matching import fold
from omnitui.desk.querying.orders import place
from omnitui.desk.querying.terms import And, Query, Text
from omnitui.model.conversations import Conversation
from omnitui.store.reads import compile as compiled
from omnitui.store.reads import inbox
from omnitui.store.reads.search import search

SCANNED: Final = 20_000
"""So many of the newest rows are looked at one by one; older ones are found by the full-text index."""
FOUND: Final = 500

_FITS: Final = "(instr(lower(p.name), ?) OR instr(lower(newest.subject), ?) OR instr(lower(newest.snippet), ?))"


def fits(conversation: Conversation, words: Sequence[str]) -> bool:
    """Whether each of the folded words stands in the contact's name, the subject or the snippet."""
    shown = fold("\n".join((conversation.contact, conversation.subject, conversation.snippet)))
    return all(word in shown for word in words)


def narrowed(db: sqlite3.Connection, query: Query, words: Sequence[str]) -> list[Conversation]:
    """The conversations of `query` that fit the folded `words`, in its order, at most FOUND.

    Among the newest SCANNED, forms of a character that only folding makes one are found where they are written as
    typed; of older ones, those that one of their newest messages leads to.
    """
    compiled.prepare(db)
    condition = compiled.conversations(query)
    order = "ORDER BY c.last_activity_at DESC, c.id DESC"
    newest = f"SELECT c.id, c.contact_pk, c.subject, c.snippet FROM conversation c WHERE {condition.sql} {order}"
    needed = " AND ".join([_FITS] * len(words))
    named = "CROSS JOIN contact p ON p.pk = newest.contact_pk"
    sql = f"SELECT newest.id FROM ({newest} LIMIT ?) newest {named} WHERE {needed} LIMIT {FOUND}"
    needles = [word for word in words for _column in range(3)]
    ids = {own for (own,) in db.execute(sql, (*condition.values, SCANNED, *needles))}
    last = db.execute(
        f"SELECT 1 FROM conversation c WHERE {condition.sql} {order} LIMIT 1 OFFSET ?", (*condition.values, SCANNED)
    )
    if len(ids) < FOUND and last.fetchone():
        texts = tuple(Text(word) for word in words)
        deep = replace(query, node=And((*compiled.parts(query.node), *texts)))
        ids.update(hit.conversation_id for hit in search(db, deep, limit=FOUND))
    found = [row for row in inbox.conversations(db, ids) if fits(row, words)]
    return sorted(found, key=lambda row: place(query.order, row), reverse=True)[:FOUND]
