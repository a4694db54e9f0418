"""What a gateway kept, for connectors that one feeds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from omnitui.sdk import Deliveries, Delivery

PAGE = 2
"""Small, so that a few calls are several pages."""


@dataclass
class KeptCalls:
    """Calls in the order in which they came, and whoever waits for the next; of one event loop."""

    received_at: int = 1_780_000_000_000
    items: list[Delivery] = field(default_factory=list)
    gap: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, body: bytes | Any) -> None:
        """Let this be called: bytes, or what is told as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.items.append(Delivery(len(self.items) + 1, self.received_at + len(self.items), raw))
        self._news.set()

    async def deliveries(self, cursor: int) -> AsyncIterator[Deliveries]:
        """As `Context.deliveries` gives them."""
        while True:
            self._news.clear()
            page = tuple(item for item in self.items if item.number > cursor)[:PAGE]
            cursor = page[-1].number if page else cursor
            caught_up = cursor == len(self.items)
            yield Deliveries(page, cursor, caught_up, self.gap)
            if caught_up:
                await self._news.wait()
