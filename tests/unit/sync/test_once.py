"""A sync that ends: what it waits for, what it takes in first, and what it leaves behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import SystemClock
from omnitui.model.accounts import Account
from omnitui.model.states import SendState
from omnitui.sdk import AuthFailed, Batch, Json, NotReady
from omnitui.store import accounts
from omnitui.store.reads import ledger
from omnitui.sync import standing
from omnitui.sync.engine import Engine
from omnitui.sync.ledger import note_health
from tests.support.connector import FakeConnector, a_message
from tests.support.sync_desk import PARSER, SyncDesk


@pytest.fixture
def desk(tmp_path: Path) -> SyncDesk:
    return SyncDesk(tmp_path, SystemClock())


def health(desk: SyncDesk, account: Account | None = None) -> str:
    entry = desk.cache.read(ledger.entry, (account or desk.account).id)
    return entry.health if entry else ""


async def test_once_ends_when_all_has_come_in_and_gone_out(desk: SyncDesk) -> None:
    desk.back_end.events += [a_message(number) for number in range(1, 8)]
    await desk.take(a_message(1))
    op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=700)
    later = desk.operations.note(desk.conversations()[0].id, "local")
    entries = await asyncio.wait_for(Engine(desk.cache, desk.connect, parser=PARSER).once(), 30)
    assert [entry.health for entry in entries] == ["ok"]
    assert len(desk.messages()) == 9
    assert desk.entry(op.id).state is SendState.BLOCKED
    assert desk.cache.read(lambda db: db.execute("SELECT count(*) FROM outbox").fetchone()) == (1,)
    assert later.id
    desk.close()


async def test_once_waits_for_a_short_hold_and_not_for_a_long_one(desk: SyncDesk) -> None:
    await desk.take(a_message(1), a_message(2, conversation="c2"))
    first, second = (one.id for one in desk.conversations())
    short = desk.operations.reply(first, "soon", hold=700)
    long = desk.operations.reply(second, "later", hold=3_600_000)
    await asyncio.wait_for(Engine(desk.cache, desk.connect, parser=PARSER).once(), 30)
    assert (desk.entry(short.id).state, desk.entry(long.id).state) == (SendState.ACCEPTED, SendState.HELD)
    desk.close()


async def test_once_takes_everything_in_when_nothing_can_leave(desk: SyncDesk) -> None:
    await desk.take(a_message(1), a_message(2, conversation="c2"))
    first, second = (desk.operations.reply(one.id, "Hello") for one in desk.conversations())
    desk.fake["script"] = [NotReady("no route")] * 100
    desk.fake["size"] = 1
    desk.back_end.events += [a_message(number, conversation=f"c{number}") for number in range(1, 40)]
    entries = await asyncio.wait_for(Engine(desk.cache, desk.connect, parser=PARSER).once(), 30)
    assert [entry.health for entry in entries] == ["ok"]
    assert len(desk.conversations()) == 39
    assert {desk.entry(op.id).state for op in (first, second)} <= {SendState.DEFERRED, SendState.QUEUED}
    desk.close()


class Silent(FakeConnector):
    """Never hands out anything."""

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        await asyncio.Event().wait()
        async for batch in super().inbound(cursor):
            yield batch


async def test_once_ends_with_the_fault_in_the_ledger_when_an_account_is_down(desk: SyncDesk) -> None:
    desk.fake["inbound_script"] = [NotReady("no route")] * 100
    entries = await asyncio.wait_for(Engine(desk.cache, desk.connect, parser=PARSER).once(), 30)
    assert [(entry.health, entry.error) for entry in entries] == [("offline", "no route")]
    desk.close()


async def test_once_tells_of_a_refused_login_however_long_the_disk_takes(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*given: Any, **named: Any) -> str:
        time.sleep(0.5)
        return note_health(*given, **named)

    monkeypatch.setattr(standing, "note_health", slowly)
    desk.fake["inbound_script"] = [AuthFailed("bad password")]
    entries = await asyncio.wait_for(Engine(desk.cache, desk.connect, parser=PARSER).once(), 30)
    assert [(entry.health, entry.error) for entry in entries] == [("auth", "bad password")]
    desk.close()


async def test_once_goes_on_with_an_account_whose_settings_change_meanwhile(desk: SyncDesk) -> None:
    desk.back_end.events.append(a_message(1))

    def connect(account: Account) -> FakeConnector:
        if account.settings:
            return desk.connect(account)
        changed = replace(account, settings={"port": "993"})
        desk.cache.write(lambda tx: accounts.put_account(tx, changed))
        return Silent(desk.back_end, desk.mark)

    entries = await asyncio.wait_for(Engine(desk.cache, connect, parser=PARSER).once(), 30)
    assert [entry.health for entry in entries] == ["ok"]
    assert len(desk.messages()) == 1
    desk.close()
