"""What the next key will ask for, read and drawn while nobody waits: the conversations beside the one that is shown.

Nothing of it is kept longer than the cache stays as it is, and no more than the few rows that a key can lead to.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from omnitui.bus import Changed
from omnitui.errors import OmniError
from omnitui.ids import Ulid
from omnitui.ui.picture import Picture, picture

if TYPE_CHECKING:
    from omnitui.model.conversations import Conversation
    from omnitui.ui.desk import Desk
    from omnitui.ui.widgets.row_window import RowWindow

QUIET = 0.02
"""Seconds after a conversation was shown: the screen is drawn by then."""
ROWS_AT_ONCE = 3
"""Rows that are drawn before keys are looked for: a millisecond."""


class Ahead:
    """Pictures by conversation, read ahead. Whoever commits says so by `outdate`, on any thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pictures: dict[Ulid, Picture] = {}
        self._numbers = count(1)
        self._changed = 0
        self._known = 0
        """As of which change the pictures are."""
        self._before: Ulid | None = None
        """What was shown before: how far the same key would go again."""
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def outdate(self, _changed: Changed | None = None) -> None:
        """The cache is another."""
        # Never the number of a change before, however many threads count: what goes by that is outdated.
        self._changed = next(self._numbers)

    def take(self, conversation_id: Ulid | None) -> Picture | None:
        """The picture of a conversation as it is now, if it was read ahead."""
        if self._known != self._changed or self._desk.drafting.pending:
            self._pictures.clear()
        return self._pictures.get(conversation_id or "")

    def rest(self) -> None:
        """Something else is to be shown: that comes first."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def look(self) -> None:
        """A conversation has been shown: read on in a moment."""
        self.rest()
        self._timer = asyncio.get_running_loop().call_later(QUIET, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._task = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        desk, window = self._desk, self._desk.screen.queue.window
        step, self._before = _step(window, self._before), window.selected
        known = self._changed
        if desk.shown is None or desk.shown != window.selected or desk.drafting.pending:
            return
        near = beside(window, step)
        kept = self._pictures if known == self._known else {}
        self._known = known
        self._pictures = {row.id: kept[row.id] for row in near if row.id in kept}
        for row in near:
            if row.id not in self._pictures:
                with suppress(OmniError):
                    found = await desk.cache.aread(picture, row.id)
                    if found is not None:
                        await desk.reading.lay_out(found.stretch.messages)
                        if known != self._changed or desk.drafting.pending:
                            return
                        self._pictures[row.id] = found
                        await asyncio.sleep(0)
                        desk.screen.prepare(found)
            await asyncio.sleep(0)
        queue, width = desk.screen.queue, desk.screen.queue.size.width
        for number, (row, selected) in enumerate(coming(window, near, step)):
            desk.screen.make_ready(queue.drawn(row, width, selected=selected))
            if number % ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)


def _step(window: RowWindow, before: Ulid | None) -> int:
    """By how many rows the selection has moved."""
    places = [index for index, row in enumerate(window.rows) if row.id in (before, window.selected)]
    if len(places) < 2 or before == window.selected:
        return 1
    return places[1] - places[0] if window.rows[places[0]].id == before else places[0] - places[1]


def beside(window: RowWindow, step: int) -> list[Conversation]:
    """The rows to which the same step again leads, and one down, and one up."""
    at = window.selected_index
    if at is None:
        return []
    wanted = dict.fromkeys((at + step, at + 1, at - 1))
    return [window.rows[index] for index in wanted if 0 <= index < len(window.rows)]


def coming(window: RowWindow, near: list[Conversation], step: int) -> list[tuple[Conversation, bool]]:
    """Rows that may be drawn next, and whether as selected ones: those near, and the next screenful."""
    first = window.first + (window.height if step > 0 else -window.height)
    ahead = window.rows[max(first, 0) : max(first + window.height, 0)]
    own = window.selected_row
    return [*((row, True) for row in near), *((row, False) for row in ([own] if own is not None else []) + ahead)]
