"""A cache filled at once with made-up conversations, without going through ingest."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from omnitui.desk.terms import Query
from omnitui.model.conversations import Conversation
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox
from omnitui.ui.widgets.row_window import PAGE, Key
from tests.support.rows import a_conversation


def fill(cache: Path, count: int) -> None:
    """Make a cache file with `count` conversations of `tests.support.rows`."""
    Cache.open(cache.parent).close()
    db = sqlite3.connect(cache)
    db.execute("INSERT INTO account (pk, id, kind, name, paused) VALUES (1, 'A', 'email', 'support', 1)")
    db.execute("INSERT INTO inbox (pk, id, account_pk, channel, address) VALUES (1, 'I', 1, 'email', 'a@b.example')")
    people = 5 * (count // 15 + 1)
    db.executemany(
        "INSERT INTO contact (pk, id, name) VALUES (?, ?, ?)",
        ((number + 1, f"C{number}", a_conversation(number).contact) for number in range(people)),
    )
    columns = (
        "id, account_pk, inbox_pk, contact_pk, channel, subject, unread, snippet, last_message_at, last_activity_at"
    )
    db.executemany(
        f"INSERT INTO conversation ({columns}) VALUES (?, 1, 1, ?, ?, ?, ?, ?, ?, ?)",
        (
            (r.id, contact_of(number), r.channel, r.subject, r.unread, r.snippet, r.last_message_at, r.last_activity_at)
            for number, r in enumerate(map(a_conversation, range(count)))
        ),
    )
    db.commit()
    db.close()


def contact_of(number: int) -> int:
    """The key of a conversation's contact, who has the name that the conversation gives and two more conversations."""
    return number % 5 + 5 * (number // 15) + 1


class CacheRows:
    """Rows of a view of a real cache."""

    def __init__(self, cache: Cache, query: Query) -> None:
        self.cache = cache
        self.query = query

    async def page(
        self, *, after: Key | None = None, before: Key | None = None, limit: int = PAGE
    ) -> list[Conversation]:
        """A page of the inbox, read in a thread."""
        return await self.cache.aread(lambda db: inbox.page(db, self.query, after=after, before=before, limit=limit))

    async def row(self, conversation_id: str) -> Conversation | None:
        """One conversation as it is now."""
        return await self.cache.aread(inbox.conversation, conversation_id)

    async def between(self, upper: Key | None = None, lower: Key | None = None, *, limit: int) -> list[str]:
        """Ids from `upper` down to `lower`."""
        return await self.cache.aread(inbox.between, self.query, upper, lower, limit=limit)
