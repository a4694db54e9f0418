"""Conversations for tests of rows and lists, and a source of rows of any length."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from omnitui.desk.querying.orders import Key, Order, place
from omnitui.model.conversations import Conversation
from omnitui.model.states import Priority, Status
from omnitui.ui.widgets.row_window import PAGE

NOW = 1_763_700_000_000
MINUTE = 60_000
NAMES = ("山田 太郎", "Alice Smith", "佐藤 花子", "Bob Miller", "株式会社ネコ")
SUBJECTS = ("返金のお願い", "Where is my order?", "ログインできません", "Invoice 2024-17", "")


def a_conversation(number: int = 0, **fields: Any) -> Conversation:
    """A plausible conversation; the higher its number, the older it is."""
    values: dict[str, Any] = {
        "id": f"01J{number:023d}",
        "account_id": "A",
        "inbox_id": "I",
        "contact_id": f"C{number}",
        "channel": ("email", "line", "whatsapp", "webchat", "voice")[number % 5],
        "subject": f"{SUBJECTS[number % 5]} #{number}".strip(),
        "status": Status.OPEN,
        "priority": Priority.NORMAL,
        "contact": NAMES[number % 5],
        "account": "support",
        "snippet": "先日購入した商品について、問い合わせです。" if number % 2 else "Hello, I have a question.",
        "unread": number % 3,
        "last_message_at": NOW - number * MINUTE,
        "last_activity_at": NOW - number * MINUTE,
    }
    return Conversation(**values | fields)


def key_of(conversation: Conversation) -> Key:
    """Its place in a list, the newest on top."""
    return place(Order.NEWEST, conversation)


class FakeRows:
    """A source of `size` made-up rows, of which single ones can be changed; counts the pages that were read."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.changed: dict[str, Conversation | None] = {}
        self.reads = 0

    def key(self, row: Conversation) -> Key:
        """The place of a row."""
        return key_of(row)

    def put(self, conversation: Conversation) -> None:
        """Add a conversation or give one another form (and place)."""
        self.changed[conversation.id] = conversation

    def remove(self, conversation_id: str) -> None:
        """Take a conversation out of the view."""
        self.changed[conversation_id] = None

    async def page(
        self, *, after: Key | None = None, before: Key | None = None, limit: int = PAGE
    ) -> list[Conversation]:
        """Rows below or above a key, or the first ones."""
        self.reads += 1
        extra = sorted((row for row in self.changed.values() if row is not None), key=key_of, reverse=True)
        start = bisect_left(range(self.size), True, key=lambda n: key_of(a_conversation(n)) < (after or (2**62, "")))
        if before is not None:
            start = bisect_left(range(self.size), True, key=lambda n: key_of(a_conversation(n)) <= before)
            numbers = range(max(0, start - limit - len(self.changed)), start)
        else:
            numbers = range(start, min(self.size, start + limit + len(self.changed)))
        rows = [row for row in map(a_conversation, numbers) if row.id not in self.changed]
        rows += [
            row for row in extra if (after is None or key_of(row) < after) and (not before or key_of(row) > before)
        ]
        rows.sort(key=key_of, reverse=True)
        return rows[-limit:] if before is not None else rows[:limit]

    async def row(self, conversation_id: str) -> Conversation | None:
        """One conversation as it is now."""
        if conversation_id in self.changed:
            return self.changed[conversation_id]
        number = int(conversation_id[3:])
        return a_conversation(number) if 0 <= number < self.size else None

    async def between(self, upper: Key | None = None, lower: Key | None = None, *, limit: int) -> list[str]:
        """Ids of the rows from `upper` down to `lower`."""
        rows = await self.page(limit=self.size + len(self.changed))
        wanted = [row for row in rows if (not upper or key_of(row) <= upper) and (not lower or key_of(row) >= lower)]
        return [row.id for row in wanted[:limit]]
