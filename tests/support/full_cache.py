"""A cache filled at once with made-up conversations, without going through ingest."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from omnitui.desk.querying import orders
from omnitui.desk.querying.orders import Key
from omnitui.desk.querying.terms import Query
from omnitui.model.conversations import Conversation, Message
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox
from omnitui.store.writer import Tx
from omnitui.ui.widgets.row_window import PAGE
from tests.support.rows import MINUTE, a_conversation

WORDS = (
    "お世話になっております。先日購入した商品がまだ届いていないようなので、状況を教えていただけますか。\n\nよろしくお願いいたします。",
    "Hello,\n\nI have looked at the invoice again, and it still does not match.\n\n- item 1\n- item 2\n\nBest regards",
    "ありがとうございます。確認いたします。",
    "Sure, one moment please. I will check this with the warehouse and come back to you within the hour.",
)


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


def talk(cache: Cache, number: int, count: int) -> None:
    """Give a conversation that `fill` made so many messages; it keeps its place in the list."""
    row = a_conversation(number)

    def work(tx: Tx) -> None:
        found = tx.db.execute(
            "SELECT p.id FROM conversation c JOIN contact p ON p.pk = c.contact_pk WHERE c.id = ?", (row.id,)
        )
        (contact,) = found.fetchone()
        me = cache.me().id
        for place in range(count):
            incoming = place % 3 != 1
            at = row.last_message_at - (count - 1 - place) * MINUTE // 4
            inflow.put_message(
                tx,
                Message(
                    tx.ids.new(),
                    row.id,
                    "A",
                    Direction.INCOMING if incoming else Direction.OUTGOING,
                    MessageKind.PUBLIC,
                    None if incoming else SendState.DELIVERED,
                    row.contact if incoming else "Agent",
                    contact if incoming else me,
                    at,
                    at,
                    f"{WORDS[place % len(WORDS)]} ({place})",
                    external_id=f"{number}-{place}",
                ),
                seen=True,
            )

    cache.write(work, durable=False)


class CacheRows:
    """Rows of a view of a real cache."""

    def __init__(self, cache: Cache, query: Query) -> None:
        self.cache = cache
        self.query = query

    def key(self, row: Conversation) -> Key:
        """The place of a row."""
        return orders.place(self.query.order, row)

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
