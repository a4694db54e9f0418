"""How many conversations each view holds: the cache keeps it of most standing views, the others are counted.

What is counted is bounded, in number and in time, happens beside the event loop, and waits until changes have an end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final

from omnitui.desk.querying.terms import Query
from omnitui.desk.views import View
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.store.reads.counting import counted

if TYPE_CHECKING:
    from omnitui.ui.desk import Desk

MOST: Final = 1_000
"""So many are counted."""
ALL_SECONDS: Final = 0.5
"""So long all views are counted at most; what is not counted by then shows what it showed before."""
REST_SECONDS: Final = 0.4
"""After a change, until views are counted: others may follow."""
GAP_SECONDS: Final = 2.0
"""From the end of one counting to the next."""


class Counting:
    """The counts of one console's views."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._found: dict[str, tuple[str, int]] = {}
        """View → the query that was counted, and how many it found."""
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False
        self._again = False
        self._ended = 0.0

    def of(self, view: View) -> str:
        """How many a view holds, as it is shown; empty where nobody knows yet."""
        if view.kept:
            count = self._desk.standing.counts.get(view.id)
            return "" if count is None else str(count)
        text, count = self._found.get(view.id, ("", -1))
        if text != view.text or count < 0:
            return ""
        return _("{n}k+").format(n=MOST // 1_000) if count >= MOST else str(count)

    @property
    def texts(self) -> Mapping[str, str]:
        """The counts of the views in the sidebar that hold any."""
        found = {view.id: self.of(view) for view in self._desk.session.views.shown}
        return {name: text for name, text in found.items() if text not in ("", "0")}

    def look(self) -> None:
        """Something changed, or time has passed: count soon."""
        if self._busy:
            self._again = True
        elif self._timer is None:
            wait = max(REST_SECONDS, self._ended + GAP_SECONDS - monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait if self._found else 0, self._begin)

    def end(self) -> None:
        """Nobody asks any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        self._timer = None
        wanted = {view.id: view for view in (self._desk.view, *self._desk.session.views.shown) if not view.kept}
        queries: dict[str, Query] = {}
        for view in wanted.values():
            try:
                queries[view.id] = self._desk.session.query(view.text)
            except OmniError:
                continue  # a team that it names has gone from the settings: it says so when it is opened
        if queries:
            self._busy = True
            self._desk.spawn(self._count(queries, {name: view.text for name, view in wanted.items()}))

    async def _count(self, queries: Mapping[str, Query], texts: Mapping[str, str]) -> None:
        try:
            found = await self._desk.cache.aread(counted, queries, cap=MOST, seconds=ALL_SECONDS)
        finally:
            self._busy, self._ended = False, monotonic()
        before = dict(self._found)
        self._found.update({name: (texts[name], count) for name, count in found.items()})
        if self._found != before:
            self._desk.screen.sidebar.load(self.texts, self._desk.view.id)
            self._desk.screen.captions.redraw_title()
        if self._again:
            self._again = False
            self.look()
