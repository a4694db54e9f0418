"""Everything that a query finds, one conversation after the other, never more than one in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from omnitui.desk.orders import place
from omnitui.desk.terms import Query
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation, Message
from omnitui.store.reads import history, inbox

_PAGE = 256


def conversations(db: sqlite3.Connection, query: Query) -> Iterator[Conversation]:
    """All conversations of `query` in its order. Consume it within the read that it was made in."""
    after: inbox.Key | None = None
    while rows := inbox.page(db, query, after=after, limit=_PAGE):
        yield from rows
        after = place(query.order, rows[-1])


def messages(db: sqlite3.Connection, conversation_id: Ulid) -> Iterator[Message]:
    """All messages of a conversation, the oldest first, without deleted ones."""
    after: inbox.Key = (-(2**62), "")
    while rows := history.page(db, conversation_id, after=after, limit=_PAGE):
        yield from (row for row in rows if not row.deleted)
        after = (rows[-1].received_at, rows[-1].id)
