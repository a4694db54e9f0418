"""After a cache was mended the back end fills the holes: every message is there, and once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from omnitui.clock import DAY, SystemClock
from omnitui.model.operations import OutboxEntry
from omnitui.model.states import SendState
from omnitui.store import sharing
from omnitui.store.cache import Cache
from omnitui.store.reads import outbox
from omnitui.store.recovery import snapshots
from omnitui.store.recovery.mending import mend
from omnitui.sync.engine import Engine
from tests.support.connector import a_message
from tests.support.sync_desk import PARSER, SyncDesk, until

PAGE = 4096


async def sync(desk: SyncDesk, wanted: int) -> None:
    """Let the engine run until so many messages are here."""
    engine = Engine(desk.cache, desk.connect, parser=PARSER)
    task = asyncio.create_task(engine.run())
    try:
        await until(lambda: len(desk.messages()) >= wanted)
        await until(lambda: all(entry.state is not SendState.QUEUED for entry in waiting(desk)))
    finally:
        engine.stop()
        await asyncio.wait_for(task, 60)


def waiting(desk: SyncDesk) -> list[OutboxEntry]:
    return list(desk.cache.read(outbox.entries))


def root(cache: Cache, table: str) -> int:
    return int(
        cache.read(lambda db: db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone())[0]
    )


@pytest.mark.parametrize("with_snapshot", [True, False])
async def test_messages_that_were_lost_come_again_once_and_nothing_is_sent_twice(
    tmp_path: Path, with_snapshot: bool
) -> None:
    desk = SyncDesk(tmp_path, SystemClock())
    desk.back_end.events += [a_message(number) for number in range(1, 9)]
    await sync(desk, 8)
    if with_snapshot:
        snapshots.take(desk.cache.path, desk.clock.now() - DAY)
    for number in range(9, 15):
        desk.back_end.happens(a_message(number, conversation="c1" if number % 2 else "c2"))
    await sync(desk, 14)
    op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann")
    await sync(desk, 15)
    table, path = root(desk.cache, "message"), desk.cache.path
    before = sorted((one.external_id, one.text) for one in desk.messages())
    desk.close()
    with path.open("r+b") as file:
        file.seek((table - 1) * PAGE)
        file.write(b"\xff" * PAGE)
    with sharing.alone(path.parent):
        done = mend(path, SystemClock(), "")
    assert done is not None
    assert (done.snapshot_at is not None) == with_snapshot
    again = SyncDesk(tmp_path, SystemClock())
    again.back_end = desk.back_end
    kept = [one.text for one in again.messages()]
    assert len(kept) == (9 if with_snapshot else 1)
    assert "Hello Ann" in kept
    await sync(again, 15)
    assert sorted((one.external_id, one.text) for one in again.messages()) == before
    assert [item["text"] for item in again.back_end.sent()] == ["Hello Ann"]
    assert again.entry(op.id).state is SendState.ACCEPTED
    assert len(again.conversations()) == 2
    again.close()
