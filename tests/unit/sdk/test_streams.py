"""What the stream of a gateway does when its connector is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from omnitui.sdk import NotReady, until


class Source:
    """Gives two numbers, then waits for ever, or fails."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.closed = False

    async def numbers(self) -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
            if self.fault is not None:
                raise self.fault
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_a_stream_ends_when_the_connector_is_closed_while_it_waits() -> None:
    ended, second, source, seen = asyncio.Event(), asyncio.Event(), Source(), list[int]()

    async def read() -> None:
        async for number in until(ended, source.numbers()):
            seen.append(number)
            if number == 2:
                second.set()

    reading = asyncio.create_task(read())
    await asyncio.wait_for(second.wait(), 20)
    assert not reading.done()
    ended.set()
    await asyncio.wait_for(reading, 20)
    assert seen == [1, 2]
    assert source.closed


async def test_a_fault_of_the_stream_comes_through() -> None:
    stream = until(asyncio.Event(), Source(NotReady("cut")).numbers())
    assert [await anext(stream), await anext(stream)] == [1, 2]
    with pytest.raises(NotReady, match="cut"):
        await anext(stream)


async def test_a_canceled_reader_closes_the_stream() -> None:
    source = Source()

    async def read() -> None:
        async for _number in until(asyncio.Event(), source.numbers()):
            pass

    reading = asyncio.create_task(read())
    for _step in range(20):
        await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert source.closed
