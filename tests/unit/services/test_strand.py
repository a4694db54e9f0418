"""A loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading

import pytest

from omnitui.services.strand import Strand

SECONDS = 30.0


async def test_work_runs_in_another_thread_and_gives_what_it_gives() -> None:
    strand = Strand("beside")

    async def name() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    async def fault() -> None:
        raise ValueError("no")

    try:
        assert await strand.run(name) == "beside"
        with pytest.raises(ValueError, match="no"):
            await strand.run(fault)
        assert await strand.run(name) == "beside"
    finally:
        await strand.end(SECONDS)
    assert "beside" not in {thread.name for thread in threading.enumerate()}


async def test_work_that_is_cancelled_or_still_runs_at_the_end_is_cancelled_and_tidies_up() -> None:
    strand = Strand("beside")
    begun, tidied = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    async def work(name: str) -> None:
        try:
            loop.call_soon_threadsafe(begun.set)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tidied.append(name)

    first = asyncio.create_task(strand.run(lambda: work("first")))
    await asyncio.wait_for(begun.wait(), SECONDS)
    begun.clear()
    second = asyncio.create_task(strand.run(lambda: work("second")))
    await asyncio.wait_for(begun.wait(), SECONDS)
    first.cancel()
    await strand.end(SECONDS)
    assert sorted(tidied) == ["first", "second"]
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_a_strand_that_never_ran_ends_at_once() -> None:
    strand = Strand("beside")
    strand.soon(lambda: None)
    await strand.end(SECONDS)
