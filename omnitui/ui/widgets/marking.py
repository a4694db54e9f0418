"""Marks on the rows of a list, and the range that grows with the selection until it is ended."""

from __future__ import annotations

from omnitui.desk.querying.orders import Key
from omnitui.ids import Ulid
from omnitui.ui.widgets.row_window import RowWindow

MOST_MARKED = 10_000
"""More than these are not marked at once: what is done with them is one commit."""


class Marking:
    """Which rows of a window are marked. Marks are ids: they stay when rows move or scroll out of sight."""

    def __init__(self, window: RowWindow) -> None:
        self._window = window
        self._anchor: Ulid | None = None
        self._anchor_key: Key | None = None
        self._before: frozenset[Ulid] = frozenset()

    @property
    def ranging(self) -> bool:
        """Whether moving marks."""
        return self._anchor is not None

    def toggle(self, conversation_id: Ulid) -> None:
        """Mark a row or take its mark away; a range ends."""
        self.end()
        self._window.marked ^= {conversation_id}

    def begin(self) -> None:
        """From here on, what lies between this row and the selected one is marked."""
        row = self._window.selected_row
        if row is not None:
            self._anchor, self._anchor_key = row.id, self._window.source.key(row)
            self._before = frozenset(self._window.marked)
            self._window.marked.add(row.id)

    def end(self) -> None:
        """The range is done; its marks stay."""
        self._anchor = self._anchor_key = None

    def clear(self) -> None:
        """Take all marks away."""
        self.end()
        self._window.marked.clear()

    def take(self, ids: list[Ulid]) -> None:
        """These are marked, beside what was marked before the range."""
        before = self._before if self.ranging else frozenset[Ulid]()
        self._window.marked = {*before, *ids}

    def follow(self) -> bool:
        """The selection moved: the range reaches as far. False where rows of it are not loaded: ask `ends`."""
        window = self._window
        if self._anchor is None:
            return True
        here = window.selected_index
        places = {row.id: at for at, row in enumerate(window.rows)}
        there = places.get(self._anchor)
        if here is None or there is None:
            return False
        first, last = sorted((here, there))
        self.take([row.id for row in window.rows[first : last + 1]])
        return True

    def ends(self) -> tuple[Key, Key] | None:
        """The upper and the lower end of the range, for reading what lies between."""
        row = self._window.selected_row
        if row is None or self._anchor_key is None:
            return None
        upper, lower = sorted((self._window.source.key(row), self._anchor_key), reverse=True)
        return upper, lower
