"""Streams that end when a connector is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")


async def until(ended: asyncio.Event, stream: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    """What a stream gives, until an event is set; then what it waits for is let go of, and it is closed.

    For `inbound` of a connector that a gateway feeds: `until(self._closed, self._context.deliveries(cursor))`.
    """
    end = asyncio.ensure_future(ended.wait())
    step: asyncio.Future[T] | None = None
    try:
        while not ended.is_set():
            step = asyncio.ensure_future(anext(stream))
            await asyncio.wait({step, end}, return_when=asyncio.FIRST_COMPLETED)
            if not step.done():
                return
            try:
                item = step.result()
            except StopAsyncIteration:
                return
            yield item
    finally:
        waiting = [task for task in (end, step) if task is not None and not task.done()]
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)
        if step is not None and not step.cancelled():
            step.exception()
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
