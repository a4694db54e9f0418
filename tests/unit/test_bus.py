"""Hearing of changes."""

from __future__ import annotations

import asyncio

import pytest

from omnitui.bus import WHILE, Bus, Changed
from omnitui.model.operations import Change
from omnitui.model.states import ObjectKind

PATIENCE = 60.0


def change(seq: int) -> Changed:
    return Changed(seq, (Change(seq, ObjectKind.MESSAGE, f"m{seq % 2}", seq),))


async def rests(monkeypatch: pytest.MonkeyPatch, *, pauses: bool) -> list[float]:
    """How long a listener rests between ten events; the next one comes within each rest, or after it."""
    bus, slept = Bus(), list[float]()
    real, ours = asyncio.sleep, asyncio.get_running_loop()

    async def rest(seconds: float) -> None:
        if asyncio.get_running_loop() is not ours:
            # Of a thread that an earlier test has left behind.
            await real(seconds)
            return
        slept.append(seconds)
        if pauses:
            asyncio.get_running_loop().call_later(0.01, bus.publish, change(len(slept)))
        else:
            bus.publish(change(len(slept)))
        await real(0)

    async def listen() -> None:
        asyncio.get_running_loop().call_soon(bus.publish, change(0))
        async for _changed in bus.listen(every=0.1, steady=0.25):
            if len(slept) == 10:
                return

    monkeypatch.setattr(asyncio, "sleep", rest)
    await asyncio.wait_for(listen(), PATIENCE)
    return slept


async def test_looks_are_rarer_where_changes_never_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await rests(monkeypatch, pauses=False) == [0.1] * WHILE + [0.25] * (10 - WHILE)


async def test_looks_are_soon_where_changes_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await rests(monkeypatch, pauses=True) == [0.1] * 10


async def test_what_another_thread_publishes_is_heard_and_of_each_object_the_newest() -> None:
    bus = Bus()
    heard = aiter(bus.listen(every=0.0))
    first = asyncio.ensure_future(anext(heard))
    await asyncio.sleep(0)

    def publish() -> None:
        for seq in range(1, 5):
            bus.publish(change(seq))

    await asyncio.to_thread(publish)
    changed = await asyncio.wait_for(first, PATIENCE)
    while changed.seq < 4:
        changed = changed.merged(await asyncio.wait_for(anext(heard), PATIENCE))
    assert {one.object_id: one.seq for one in changed.changes} == {"m0": 4, "m1": 3}
