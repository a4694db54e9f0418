"""Garbage is collected when nobody waits, and in a flood all the same."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from omnitui.ui import collection
from omnitui.ui.collection import Collection


class Knot:
    """An object that only a collection frees."""

    alive = 0

    def __init__(self) -> None:
        self.me = self
        Knot.alive += 1

    def __del__(self) -> None:
        Knot.alive -= 1


@pytest.fixture(autouse=True)
def python_as_before() -> Iterator[None]:
    Knot.alive = 0
    yield
    gc.unfreeze()
    gc.enable()


async def test_cycles_are_freed_once_keys_are_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "YOUNG_EVERY", 0.01)
    monkeypatch.setattr(collection, "QUIET", 0.02)
    collecting = Collection(asyncio.get_running_loop())
    collecting.touch()
    Knot()
    assert Knot.alive == 1
    for _ in range(200):
        await asyncio.sleep(0.01)
        if not Knot.alive:
            break
    assert Knot.alive == 0
    collecting.stop()
    assert gc.isenabled()


async def test_an_idle_console_sets_no_timer() -> None:
    loop = asyncio.get_running_loop()
    collecting = Collection(loop)
    assert collecting._timer is None
    assert gc.isenabled()
    collecting.stop()


async def test_a_flood_without_a_pause_is_collected_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "PRESSURE", 50)
    collecting = Collection(asyncio.get_running_loop())
    for _ in range(200):
        Knot()
        collecting.touch()
    assert Knot.alive < 200
    collecting.stop()


def test_start_up_collects_nothing() -> None:
    collection.start_up()
    assert not gc.isenabled()
