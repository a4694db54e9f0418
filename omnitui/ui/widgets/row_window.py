"""The window on a list of any length: which rows are loaded, which are visible, which one is selected.

The list is read by keyset, in pages; nothing here counts or numbers rows, so a million cost what a hundred do. The
selection is an id. When rows arrive or change their order, the selected row stays on its line of the screen, and what
came above it is counted instead of shown. Only while nobody has touched the console, what comes shows itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from omnitui.desk.querying.orders import BELOW_ALL, Key
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation

PAGE: Final = 128
MOST: Final = 1_024
NEAR: Final = 64
NEW_MOST: Final = 100


class RowSource(Protocol):
    """Where rows come from. Pages are in the order of the list, from its top, whichever side they lie on."""

    def key(self, row: Conversation) -> Key:
        """The place of a row in the list, by its order; the highest is on top."""
        ...

    async def page(
        self, *, after: Key | None = None, before: Key | None = None, limit: int = PAGE
    ) -> list[Conversation]:
        """Rows directly below `after`, or directly above `before`, or the first ones."""
        ...

    async def row(self, conversation_id: Ulid) -> Conversation | None:
        """One conversation as it is now, whether or not the view still contains it."""
        ...

    async def between(self, upper: Key | None = None, lower: Key | None = None, *, limit: int) -> list[Ulid]:
        """Ids of the rows from `upper` down to `lower`, both included; of the whole list where there is none."""
        ...


class RowWindow:
    """Rows around the visible ones. Methods that read are coroutines; run them one at a time."""

    def __init__(self, source: RowSource) -> None:
        self.source = source
        self.rows: list[Conversation] = []
        self.first = 0
        """Index in `rows` of the first visible row."""
        self.height = 1
        """Rows that fit on the screen."""
        self.selected: Ulid | None = None
        self.marked: set[Ulid] = set()
        self.new = 0
        """Rows that came above what is visible since the top was last seen, at most NEW_MOST."""
        self.at_top = True
        self.at_end = True
        self.home = True
        """Whether the agent left the list at its top; rows that came above since have not been scrolled to."""
        self.touched = False
        """Whether somebody has pressed a key; until then rows that come in push the selected one down, in sight."""
        self._keys: list[Key] = []
        self._index: dict[Ulid, int] = {}
        self._newest_seen: Key | None = None
        self._owed = 0
        self._generation = 0

    @property
    def selected_index(self) -> int | None:
        """Index of the selected row in `rows`, if it is loaded."""
        return self._index.get(self.selected) if self.selected is not None else None

    @property
    def selected_row(self) -> Conversation | None:
        """The selected conversation, if it is loaded."""
        index = self.selected_index
        return None if index is None else self.rows[index]

    @property
    def hungry(self) -> bool:
        """Whether the visible part is near the edge of what is loaded and there may be more."""
        return self._wants_below or self._wants_above

    @property
    def _wants_below(self) -> bool:
        return not self.at_end and (self.first + self.height + NEAR > len(self.rows) or self._owed > 0)

    @property
    def _wants_above(self) -> bool:
        return not self.at_top and (self.first < NEAR or self._owed < 0)

    def move(self, by: int) -> bool:
        """Move the selection by rows; what lies beyond the loaded ones is made up for when they come."""
        if not self.rows:
            return False
        index = self.selected_index
        if index is None:
            target = self.first
        else:
            target = index + by
            last = len(self.rows) - 1
            self._owed = target - last if target > last and not self.at_end else 0
            if target < 0 and not self.at_top:
                self._owed = target
            target = max(0, min(target, last))
        before = self.selected, self.first
        self.selected = self.rows[target].id
        self.show_selected()
        return before != (self.selected, self.first)

    def go_top(self) -> bool:
        """Select the first of the loaded rows."""
        before = self.selected, self.first
        self.selected = self.rows[0].id if self.rows else None
        self._owed = 0
        self._place(0)
        return before != (self.selected, self.first)

    def scroll(self, by: int) -> bool:
        """Move what is visible; the selection stays where it is in the list."""
        before = self.first
        if by < 0 or before + self.height < len(self.rows):
            self._place(before + by)
        return self.first != before

    def turn(self, pages: float) -> bool:
        """Move selection and screen together by screenfuls."""
        step = max(1, round(self.height * abs(pages) - (1 if abs(pages) >= 1 else 0)))
        by = step if pages > 0 else -step
        first = self.first
        moved = self.move(by)
        if self.first == first:
            self._place(first + by)
            index = self.selected_index
            if index is not None and not self.first <= index < self.first + self.height:
                self.show_selected()
        return moved or self.first != first

    def show_selected(self) -> None:
        """Scroll by half a screen where the selection left it: row by row, every key would redraw every row."""
        index = self.selected_index
        if index is None:
            return
        half = max(1, self.height // 2)
        if index < self.first:
            self._place(index if self.first - index > half else self.first - half)
        elif index >= self.first + self.height:
            past = index - (self.first + self.height - 1)
            self._place(index - self.height + 1 if past > half else self.first + half)
        if not self.first <= index < self.first + self.height:
            self._place(index - half)

    def show_top(self) -> bool:
        """Show the list from its first row, unless that takes the selected one out of sight."""
        before, index = self.first, self.selected_index
        if self.at_top and index is not None and index < self.height:
            self._place(0)
        return self.first != before

    def resize(self, height: int) -> None:
        """Another number of visible rows; the selected one stays visible."""
        index = self.selected_index
        visible = index is not None and self.first <= index < self.first + self.height
        self.height = max(1, height)
        self._place(self.first)
        if visible and index is not None and not self.first <= index < self.first + self.height:
            self._place(index - self.height + 1)

    def drop(self, ids: Iterable[Ulid]) -> None:
        """Take rows out, as after resolving them; the selection moves to the next row that stays."""
        gone = set(ids)
        index = self.selected_index
        if self.selected in gone and index is not None:
            stays = [*range(index + 1, len(self.rows)), *range(index - 1, -1, -1)]
            self.selected = next((self.rows[i].id for i in stays if self.rows[i].id not in gone), None)
        self.marked -= gone
        above = sum(1 for row in self.rows[: self.first] if row.id in gone)
        kept = [(key, row) for key, row in zip(self._keys, self.rows, strict=True) if row.id not in gone]
        self._set([row for _, row in kept], [key for key, _ in kept])
        self._place(self.first - above)

    def clear(self) -> None:
        """Forget the rows, as before another view."""
        self._generation += 1
        self._set([], [])
        self.first = self.new = self._owed = 0
        self.selected = self._newest_seen = None
        self.at_top = self.at_end = True

    async def load_top(self) -> None:
        """Read the top of the list and select its first row."""
        generation = self._generation
        rows = await self.source.page(limit=PAGE)
        if generation != self._generation:
            return
        self._set(rows, list(map(self.source.key, rows)))
        self.at_top, self.at_end = True, len(rows) < PAGE
        self.first = self._owed = 0
        self.home = True
        self.selected = rows[0].id if rows else None
        self._see_top()

    async def load_bottom(self) -> None:
        """Read the end of the list and select its last row."""
        generation = self._generation
        rows = await self.source.page(before=BELOW_ALL, limit=PAGE)
        if generation != self._generation:
            return
        self._set(rows, list(map(self.source.key, rows)))
        self.at_top, self.at_end = len(rows) < PAGE, True
        self._owed = 0
        self.selected = rows[-1].id if rows else None
        self._place(len(rows))

    async def load_at(self, conversation_id: Ulid) -> bool:
        """Read around a conversation and select it; False if there is none such."""
        generation = self._generation
        row = await self.source.row(conversation_id)
        if row is None or generation != self._generation:
            return False
        self.selected = row.id
        if row.id not in self._index:
            await self._read_around(row, self.source.key(row), offset=self.height // 2)
        self.show_selected()
        return True

    async def extend(self) -> bool:
        """Read a page where the visible part nears the edge; gives whether rows came."""
        generation = self._generation
        if self._wants_below and self._keys:
            page = await self.source.page(after=self._keys[-1], limit=PAGE)
            if generation != self._generation:
                return False
            rows = self._fresh(page)
            self.at_end = len(page) < PAGE
            self._set(self.rows + rows, self._keys + list(map(self.source.key, rows)))
            surplus = min(len(self.rows) - MOST, self.first - NEAR)
            if surplus > 0:
                self._set(self.rows[surplus:], self._keys[surplus:])
                self.first -= surplus
                self.at_top = False
        elif self._wants_above and self._keys:
            page = await self.source.page(before=self._keys[0], limit=PAGE)
            if generation != self._generation:
                return False
            rows = self._fresh(page)
            self.at_top = len(page) < PAGE
            self._set(rows + self.rows, list(map(self.source.key, rows)) + self._keys)
            self.first += len(rows)
            if len(self.rows) > MOST:
                keep = max(MOST, self.first + self.height + NEAR)
                self.at_end = self.at_end and keep >= len(self.rows)
                self._set(self.rows[:keep], self._keys[:keep])
        else:
            return False
        owed, self._owed = self._owed, 0
        if owed:
            self.move(owed)
        return bool(page)

    async def refresh(self) -> None:
        """Read again after changes. The selected row, else the first visible one, stays on its line."""
        index = self.selected_index
        if not self.rows:
            await self.load_top()
            return
        if (index is None or not self.touched) and self.at_top and self.first == 0 and await self._refresh_top():
            return
        anchor = index if index is not None else min(self.first, len(self.rows) - 1)
        row = self.rows[anchor]
        fresh = await self.source.row(row.id)
        await self._read_around(fresh or row, self._keys[anchor], offset=anchor - self.first, still=True)
        if self._newest_seen is not None and not (self.at_top and self.first == 0):
            newer = await self.source.page(before=self._newest_seen, limit=NEW_MOST)
            shown = {row.id for row in self.rows[self.first : self.first + self.height]}
            self.new = sum(1 for row in newer if row.id not in shown)

    async def _refresh_top(self) -> bool:
        """Follow the top of the list, unless that takes the selected row out of sight."""
        generation = self._generation
        rows = await self.source.page(limit=PAGE)
        if generation != self._generation:
            return True
        if self.selected in self._index and self.selected not in {row.id for row in rows[: self.height]}:
            return False
        self._set(rows, list(map(self.source.key, rows)))
        self.at_top, self.at_end = True, len(rows) < PAGE
        self.first = 0
        self._see_top()
        return True

    async def _read_around(self, row: Conversation, key: Key, *, offset: int, still: bool = False) -> None:
        """Read what lies around a row, `offset` rows below the first visible one.

        `still` keeps it there though the screen could hold more of the list.
        """
        generation = self._generation
        above = await self.source.page(before=key, limit=PAGE)
        below = await self.source.page(after=key, limit=PAGE)
        if generation != self._generation:
            return
        index = self._index.get(row.id)
        if index is not None:
            offset = index - self.first  # keys may have moved the screen meanwhile
        self.at_top, self.at_end = len(above) < PAGE, len(below) < PAGE
        upper = [other for other in above if other.id != row.id]
        lower = [other for other in below if other.id != row.id]
        self._set([*upper, row, *lower], [*map(self.source.key, upper), key, *map(self.source.key, lower)])
        self._place(len(upper) - offset, still=still)
        if self.selected not in self._index:
            self.selected = row.id

    def _fresh(self, rows: Sequence[Conversation]) -> list[Conversation]:
        """Rows that are not loaded already: one that moved may come again."""
        return [row for row in rows if row.id not in self._index]

    def _set(self, rows: list[Conversation], keys: list[Key]) -> None:
        self.rows, self._keys = rows, keys
        self._index = {row.id: index for index, row in enumerate(rows)}

    def _place(self, first: int, *, still: bool = False) -> None:
        """Make `first` the first visible row; unless `still`, no line stays empty below rows that are out of sight."""
        self.first = max(0, min(first, len(self.rows) - (1 if still else self.height)))
        if not still:
            self.home = self.at_top and self.first == 0
        if self.first == 0 and self.at_top:
            self._see_top()

    def _see_top(self) -> None:
        self.new = 0
        self._newest_seen = self._keys[0] if self._keys else None
