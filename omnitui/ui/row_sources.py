"""Where the rows of the list come from: the cache, all of a query's or those that a filter leaves."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from omnitui.desk.querying.orders import Key, Order, place
from omnitui.desk.querying.terms import Query
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox
from omnitui.ui.widgets.row_window import PAGE


class CachedRows:
    """The rows of a query. The query is made anew for each page: what it says may depend on the time."""

    def __init__(self, cache: Cache, query_text: str, parse: Callable[[str], Query]) -> None:
        self.cache = cache
        self._text = query_text
        self._parse = parse

    @property
    def query(self) -> Query:
        """The query, seen from now."""
        return self._parse(self._text)

    @cached_property
    def _order(self) -> Order:
        return self.query.order

    def key(self, row: Conversation) -> Key:
        """The place of a row in the list."""
        return place(self._order, row)

    async def page(
        self, *, after: Key | None = None, before: Key | None = None, limit: int = PAGE
    ) -> list[Conversation]:
        """Rows below `after`, or above `before`, or the first ones."""
        return await self.cache.aread(inbox.page, self.query, after=after, before=before, limit=limit)

    async def row(self, conversation_id: Ulid) -> Conversation | None:
        """One conversation as it is now."""
        return await self.cache.aread(inbox.conversation, conversation_id)

    async def between(self, upper: Key | None = None, lower: Key | None = None, *, limit: int) -> list[Ulid]:
        """Ids from `upper` down to `lower`."""
        return await self.cache.aread(inbox.between, self.query, upper, lower, limit=limit)


class NarrowedRows:
    """The rows of a query that fit folded words: few enough to be kept, and read again when the list is."""

    def __init__(self, whole: CachedRows, words: tuple[str, ...]) -> None:
        self._whole = whole
        self._words = words
        self._rows: list[Conversation] = []
        self.key = whole.key

    async def page(
        self, *, after: Key | None = None, before: Key | None = None, limit: int = PAGE
    ) -> list[Conversation]:
        """Rows below `after`, or above `before`, or the first ones."""
        if after is None:
            from omnitui.store.reads.narrowing import narrowed

            self._rows = await self._whole.cache.aread(narrowed, self._whole.query, self._words)
        if before is not None:
            return [row for row in self._rows if self.key(row) > before][-limit:]
        return [row for row in self._rows if after is None or self.key(row) < after][:limit]

    async def row(self, conversation_id: Ulid) -> Conversation | None:
        """One conversation as it is now, if it fits."""
        from omnitui.store.reads.narrowing import fits

        row = await self._whole.row(conversation_id)
        return row if row is not None and fits(row, self._words) else None

    async def between(self, upper: Key | None = None, lower: Key | None = None, *, limit: int) -> list[Ulid]:
        """Ids from `upper` down to `lower`."""
        rows = [row for row in self._rows if not upper or self.key(row) <= upper]
        return [row.id for row in rows if not lower or self.key(row) >= lower][:limit]
