"""The marks of the list of conversations: what keys do with them, and that they are told."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from textual.widget import Widget

from omnitui.ids import Ulid
from omnitui.ui.widgets import list_messages
from omnitui.ui.widgets.marking import MOST_MARKED, Marking
from omnitui.ui.widgets.row_window import RowWindow


class MarkedRows(Widget):
    """Mixed into the list, which reads and paints."""

    Marked: TypeAlias = list_messages.Marked

    window: RowWindow
    marking: Marking
    _reading: Lock
    _marks_told: frozenset[Ulid] = frozenset()

    if TYPE_CHECKING:

        def _read(self, work: Callable[[], Awaitable[Any]], *, select: bool = False, group: str = "rows") -> object: ...

        def _catch_up(self) -> None: ...

        def _paint_now(self, lines: Iterable[int]) -> None: ...

    @property
    def marked(self) -> frozenset[Ulid]:
        """The ids of the marked conversations."""
        return frozenset(self.window.marked)

    @property
    def targets(self) -> tuple[Ulid, ...]:
        """What an action on the list means: the marked conversations, else the selected one."""
        if self.window.marked:
            return tuple(sorted(self.window.marked))
        return (self.window.selected,) if self.window.selected else ()

    async def reach(self, motion: str, count: int) -> tuple[Ulid, ...]:
        """From the selected conversation as far as a movement of the list would go; without one, so many rows."""
        row, source = self.window.selected_row, self.window.source
        if row is None:
            return ()
        here = source.key(row)
        match motion:
            case "list.top":
                found = await source.between(None, here, limit=MOST_MARKED)
            case "list.bottom":
                found = await source.between(here, None, limit=MOST_MARKED)
            case "list.up":
                at = self.window.selected_index or 0
                found = [one.id for one in self.window.rows[max(at - count, 0) : at + 1]]
            case _:
                found = await source.between(here, None, limit=min(count + (motion == "list.down"), MOST_MARKED))
        return tuple(found)

    def toggle_mark(self, conversation_id: Ulid | None = None) -> None:
        """Mark a conversation (the selected one) or take its mark away."""
        self._catch_up()
        chosen = conversation_id or self.window.selected
        if chosen:
            self.marking.toggle(chosen)
            self._remarked()

    def toggle_range(self) -> None:
        """From here on moving marks, until it is ended the same way; marks stay."""
        self._catch_up()
        if self.marking.ranging:
            self.marking.end()
        else:
            self.marking.begin()
        self._remarked()

    def mark_all(self) -> None:
        """Mark the whole list, as far as it can be marked at once; where it is marked already, take the marks away."""

        async def work() -> None:
            ids = await self.window.source.between(limit=MOST_MARKED + 1)
            more = len(ids) > MOST_MARKED
            if set(ids[:MOST_MARKED]) <= self.window.marked:
                self.marking.clear()
            else:
                self.marking.take([*self.window.marked, *ids[:MOST_MARKED]])
            self._tell_marks(more=more)

        self.marking.end()
        self._read(work)

    def mark(self, ids: Iterable[Ulid]) -> None:
        """Mark these beside those that are."""
        self.marking.take([*self.window.marked, *ids])
        self._remarked()

    def clear_marks(self) -> None:
        """Take all marks away."""
        self.marking.clear()
        self._remarked()

    def _remarked(self) -> None:
        self.refresh()
        self._paint_now(range(self.size.height))
        self._tell_marks()

    def _tell_marks(self, *, more: bool = False) -> None:
        if self.marked != self._marks_told or more:
            self._marks_told = self.marked
            if self.is_attached:
                self.post_message(list_messages.Marked(len(self._marks_told), more=more))

    async def _range(self) -> None:
        """Mark what lies in the range, some of which is not loaded."""
        ends = self.marking.ends()
        if ends is not None:
            self.marking.take((await self.window.source.between(*ends, limit=MOST_MARKED))[:MOST_MARKED])
            self._tell_marks()

    def _follow(self) -> None:
        """The range follows the selection."""
        if not self.marking.follow() and not self._reading.locked():
            self._read(self._range)
        self._tell_marks()
