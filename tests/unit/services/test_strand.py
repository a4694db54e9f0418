"""A loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading

import pytest

from omnitui.errors import Refused
from omnitui.services.channels.strand import Strand

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


@pytest.mark.parametrize(("what", "error"), [("Thread.start", RuntimeError), ("Runner.get_loop", OSError)])
async def test_a_machine_without_room_refuses_work_and_takes_it_later(
    monkeypatch: pytest.MonkeyPatch, what: str, error: type[Exception]
) -> None:
    strand = Strand("beside")

    def full(_self: object) -> None:
        raise error("no room")

    async def work() -> str:
        return "done"

    name, method = what.split(".")
    with monkeypatch.context() as patched:
        patched.setattr(getattr(threading if name == "Thread" else asyncio, name), method, full)
        with pytest.raises(Refused, match="no room"):
            await asyncio.wait_for(strand.run(work), SECONDS)
        if name == "Runner":
            await strand.end(SECONDS)
    assert await asyncio.wait_for(strand.run(work), SECONDS) == "done"
    await strand.end(SECONDS)


async def test_who_is_cancelled_before_the_loop_is_made_spoils_it_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    strand, go, loop_of = Strand("beside"), threading.Event(), asyncio.Runner.get_loop

    def slow(runner: asyncio.Runner) -> asyncio.AbstractEventLoop:
        go.wait(SECONDS)
        return loop_of(runner)

    async def work() -> str:
        return "done"

    monkeypatch.setattr(asyncio.Runner, "get_loop", slow)
    first = asyncio.create_task(strand.run(work))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first})
    go.set()
    try:
        assert await asyncio.wait_for(strand.run(work), SECONDS) == "done"
    finally:
        await strand.end(SECONDS)


async def test_a_strand_that_never_ran_ends_at_once() -> None:
    strand = Strand("beside")
    strand.soon(lambda: None)
    await strand.end(SECONDS)
