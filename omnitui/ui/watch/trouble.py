"""The banner that says that the cache cannot be written, or that whoever is to sync stands still."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from omnitui.bus import Stuck
from omnitui.i18n import _
from omnitui.store.faults import CacheDamaged

if TYPE_CHECKING:
    from omnitui.errors import OmniError
    from omnitui.ui.desk import Desk

TRY_EVERY = 2.0
"""Seconds between tries while the disk takes nothing."""


class Trouble:
    """Follows whether the cache takes writes. Reading goes on either way."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.text = ""
        """What is wrong and what to do; empty while all is well."""
        self.sync = ""
        """What is wrong with the process that is to sync; empty while all is well."""
        self._damaged = False
        """Whether the file is broken: that it takes writes now and then does not make it whole."""

    async def follow(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        news: asyncio.Queue[OmniError | None] = asyncio.Queue()

        def hop(event: Stuck) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(news.put_nowait, event.error)

        unsubscribe = self._desk.session.bus.subscribe(Stuck, hop)
        try:
            while True:
                self._show(await self._next(news))
        finally:
            unsubscribe()

    def of_sync(self, words: str) -> None:
        """Say, until told otherwise, what is wrong with the process that is to sync."""
        if words != self.sync:
            self.sync = words
            self._desk.screen.captions.redraw_status()

    async def _next(self, news: asyncio.Queue[OmniError | None]) -> OmniError | None:
        while self.text and not self._damaged:
            while not news.empty():
                # That something went through does not say that all can: that is tried.
                if (error := news.get_nowait()) is not None:
                    return error
            await asyncio.sleep(TRY_EVERY)
            if await self._desk.cache.writable():
                return None
            await asyncio.sleep(0)
        return await news.get()

    def _show(self, error: OmniError | None) -> None:
        if self._damaged:
            return
        self._damaged = isinstance(error, CacheDamaged)
        before, self.text = self.text, f"{error.message} {error.hint}".rstrip() if error is not None else ""
        if self._damaged:
            self.text = _("the cache is damaged: leave omnitui and start it again, it is mended then")
        if before and not self.text:
            self._desk.say(_("the cache can be written again"))
        elif before != self.text:
            self._desk.screen.captions.redraw_status()
