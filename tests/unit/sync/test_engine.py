"""The engine keeps every account in step by itself, and one account's trouble is nobody else's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import SystemClock
from omnitui.errors import ConfigError
from omnitui.model.accounts import Account
from omnitui.model.states import SendState
from omnitui.sdk import AuthFailed, Batch, Json, NotReady, RateLimited, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.store import accounts
from omnitui.store.arriving import inflow
from omnitui.store.arriving.arrivals import attachment_of
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts as account_reads
from omnitui.store.reads import ledger, search
from omnitui.sync.engine import Engine
from omnitui.sync.files import Files
from omnitui.sync.lease import Lease
from tests.support.connector import BackfillingConnector, FakeConnector, a_message
from tests.support.sync_desk import PARSER, SyncDesk, a_mail, until


@contextlib.asynccontextmanager
async def running(desk: SyncDesk, engine: Engine | None = None) -> AsyncIterator[Engine]:
    engine = engine or Engine(desk.cache, desk.connect, parser=PARSER)
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        engine.stop()
        await asyncio.wait_for(task, 20)


@pytest.fixture
def desk(tmp_path: Path) -> SyncDesk:
    return SyncDesk(tmp_path, SystemClock())


def health(desk: SyncDesk, account: Account | None = None) -> str:
    entry = desk.cache.read(ledger.entry, (account or desk.account).id)
    return entry.health if entry else ""


async def test_engine_brings_what_is_there_and_what_arrives_and_sends_what_is_written(desk: SyncDesk) -> None:
    desk.back_end.events += [a_message(1), a_message(2), a_message(3)]
    async with running(desk):
        await until(lambda: len(desk.messages()) == 3)
        desk.back_end.happens(a_message(4))
        await until(lambda: len(desk.messages()) == 4)
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann")
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)
    assert all(connector.closed for connector in desk.connectors)
    assert [item["text"] for item in desk.back_end.sent()] == ["Hello Ann"]
    desk.close()


async def test_engine_follows_accounts_that_come_pause_and_go(desk: SyncDesk) -> None:
    async with running(desk):
        await until(lambda: health(desk) == "ok")
        other = desk.add("other")
        await until(lambda: health(desk, other) == "ok")
        desk.cache.write(lambda tx: accounts.set_paused(tx, other.id, True))
        await until(lambda: health(desk, other) == "paused" and len([c for c in desk.connectors if c.closed]) == 1)
        desk.cache.write(lambda tx: accounts.set_paused(tx, other.id, False))
        await until(lambda: health(desk, other) == "ok" and len(desk.connectors) == 3)
        desk.cache.write(lambda tx: accounts.remove_account(tx, other.id))
        await until(lambda: len([c for c in desk.connectors if c.closed]) == 2)
    desk.close()


async def test_what_a_back_end_can_do_is_known_as_soon_as_it_says_so(desk: SyncDesk) -> None:
    def window() -> int | None:
        return snapshot.read(desk.cache.read(account_reads.capabilities, desk.account.id)).window

    async with running(desk):
        await until(lambda: health(desk) == "ok")
        desk.connectors[0].window = 86_400_000
        desk.back_end.happens(a_message(1))
        await until(lambda: window() == 86_400_000)
    desk.close()


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (AuthFailed("bad password"), "auth"),
        (NotReady("no route"), "offline"),
        (RateLimited("slow down", after=600_000), "limited"),
        (ValueError("bug"), "faulted"),
    ],
)
async def test_fault_changes_the_health_of_its_own_account_only(desk: SyncDesk, fault: Exception, word: str) -> None:
    broken = desk.add("broken")

    def connect(account: Account) -> FakeConnector:
        connector = desk.connect(account)
        if account.id == broken.id:
            connector.inbound_script = [fault] * 1_000
        return connector

    async with running(desk, Engine(desk.cache, connect, parser=PARSER)):
        await until(lambda: health(desk, broken) == word and health(desk) == "ok")
        desk.back_end.happens(a_message(1))
        await until(lambda: len(desk.messages()) == 1)
    entry = desk.cache.read(ledger.entry, broken.id)
    assert entry is not None
    assert (entry.retry_at is None) is (word == "auth")
    desk.close()


async def test_account_recovers_when_its_fault_is_over(desk: SyncDesk) -> None:
    desk.fake["inbound_script"] = [NotReady("no route")]
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: health(desk) == "ok" and len(desk.messages()) == 1)
    desk.close()


async def test_account_whose_connector_cannot_be_made_says_why(desk: SyncDesk) -> None:
    def connect(account: Account) -> FakeConnector:
        raise ConfigError("the password is missing")

    async with running(desk, Engine(desk.cache, connect, parser=PARSER)):
        await until(lambda: health(desk) == "auth")
    entry = desk.ledger()
    assert entry is not None
    assert entry.error == "the password is missing"
    desk.close()


async def test_engine_makes_searchable_what_an_earlier_process_left_though_no_back_end_answers(desk: SyncDesk) -> None:
    await desk.take(*(a_message(number) for number in range(1, 4)), history=True)
    desk.fake["inbound_script"] = [NotReady("no route")] * 1_000
    assert desk.cache.read(search.unsearchable) == 3
    await asyncio.wait_for(Engine(desk.cache, desk.connect, parser=PARSER).once(), 30)
    assert desk.cache.read(search.unsearchable) == 0
    desk.close()


class SlowlyIn(FakeConnector):
    """Takes a while until it hands out anything."""

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        await asyncio.sleep(0.5)
        async for batch in super().inbound(cursor):
            yield batch


async def test_reply_written_offline_is_kept_back_when_the_customer_wrote_meanwhile(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
    desk.back_end.events += [a_message(1), a_message(2)]

    def connect(account: Account) -> FakeConnector:
        return SlowlyIn(desk.back_end, desk.mark)

    await asyncio.wait_for(Engine(desk.cache, connect, parser=PARSER).once(), 30)
    assert (desk.entry(op.id).state, desk.back_end.sent()) == (SendState.BLOCKED, [])
    desk.close()


async def test_closed_way_in_is_tried_once_more_before_a_reply_leaves(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    connectors: list[FakeConnector] = []

    def connect(account: Account) -> FakeConnector:
        connectors.append(FakeConnector(desk.back_end, desk.mark, inbound_script=[NotReady("no route")] * 9))
        return connectors[0]

    async with running(desk, Engine(desk.cache, connect, parser=PARSER)):
        # By now the way in rests for seconds.
        await until(lambda: connectors and len(connectors[0].inbound_script) <= 5)
        connectors[0].inbound_script.clear()
        desk.back_end.events += [a_message(1), a_message(2)]
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.BLOCKED)
    desk.close()


async def test_reply_leaves_though_the_way_in_stays_closed(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    desk.fake["inbound_script"] = [NotReady("no route")] * 1_000
    async with running(desk):
        await until(lambda: health(desk) == "offline")
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)
    desk.close()


async def test_login_refused_on_the_way_out_stays_told_while_things_come_in(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    desk.operations.reply(desk.conversations()[0].id, "Hello")
    desk.fake["script"] = [AuthFailed("535 bad password")]
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: health(desk) == "auth")
        desk.back_end.happens(a_message(2, conversation="c2"))
        await until(lambda: len(desk.conversations()) == 2)
        await until(lambda: health(desk) == "auth")
    entry = desk.ledger()
    assert entry is not None
    assert (entry.health, entry.error) == ("auth", "535 bad password")
    desk.close()


async def test_reply_that_another_process_writes_leaves_here(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    with Cache.open(desk.cache.path.parent, state=desk.state, clock=desk.clock) as other:
        async with running(desk):
            await until(lambda: health(desk) == "ok")
            op = await asyncio.to_thread(Operations(other).reply, desk.conversations()[0].id, "from the shell")
            await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)
    desk.close()


async def test_engine_parses_mail_when_it_runs_again(desk: SyncDesk) -> None:
    engine = Engine(desk.cache, desk.connect)
    for number in (1, 2):
        desk.back_end.events.append(a_mail(number, subject=f"Matter {number}"))
        await asyncio.wait_for(engine.once(), 60)
    assert [message.subject for message in desk.messages()] == ["Matter 1", "Matter 2"]
    desk.close()


async def test_login_refused_on_the_way_out_stays_told_when_old_mail_comes_in(desk: SyncDesk) -> None:
    await desk.take(a_message(100))
    desk.operations.reply(desk.conversations()[0].id, "Hello", hold=0)
    desk.back_end.events += [a_message(100)]
    desk.back_end.older += [a_message(number) for number in range(99, 90, -1)]

    class SlowlyOld(BackfillingConnector):
        async def backfill(self, scope: str, before: Json) -> Batch:
            await asyncio.sleep(0.1)
            return await super().backfill(scope, before)

    def connect(account: Account) -> FakeConnector:
        return SlowlyOld(desk.back_end, desk.mark, script=[AuthFailed("535 bad password")])

    entries = await asyncio.wait_for(Engine(desk.cache, connect, parser=PARSER).once(), 30)
    assert len(desk.messages()) == 11
    assert [(entry.health, entry.error) for entry in entries] == [("auth", "535 bad password")]
    desk.close()


async def test_history_is_loaded_behind_live_mail_and_becomes_searchable(desk: SyncDesk) -> None:
    desk.back_end.events += [a_message(100)]
    desk.back_end.older += [a_message(number) for number in range(99, 79, -1)]

    def connect(account: Account) -> FakeConnector:
        return BackfillingConnector(desk.back_end, desk.mark)

    await asyncio.wait_for(Engine(desk.cache, connect, parser=PARSER).once(), 30)
    assert len(desk.messages()) == 21
    room = desk.ledger("room")
    assert room is not None
    assert room.complete_since == 0
    waiting = desk.cache.read(lambda db: db.execute("SELECT count(*) FROM unindexed").fetchone())
    assert waiting == (0,)
    assert desk.cache.read(inflow.cursor, desk.account.id, "backfill room")["done"] is True
    desk.close()


async def test_history_goes_on_where_it_stopped(desk: SyncDesk) -> None:
    desk.back_end.older += [a_message(number) for number in range(9, 1, -1)]
    asked: list[object] = []

    class Counting(BackfillingConnector):
        async def backfill(self, scope: str, before: object):  # type: ignore[no-untyped-def]
            asked.append(before)
            if len(asked) == 3:
                raise NotReady("gone")
            return await super().backfill(scope, before)

    def connect(account: Account) -> FakeConnector:
        return Counting(desk.back_end, desk.mark)

    for _ in range(2):
        await asyncio.wait_for(Engine(desk.cache, connect, parser=PARSER).once(), 30)
    assert len(desk.messages()) == 8
    assert asked[:4] == [None, 2, 4, 4]
    desk.close()


async def test_follower_takes_over_when_the_lease_becomes_free(desk: SyncDesk, tmp_path: Path) -> None:
    first, second = Lease(tmp_path / "lease"), Lease(tmp_path / "lease")
    assert first.acquire()
    engine = Engine(desk.cache, desk.connect, parser=PARSER)
    task = asyncio.create_task(engine.run(second))
    await asyncio.sleep(0.2)
    assert desk.connectors == []
    first.release()
    await until(lambda: health(desk) == "ok")
    engine.stop()
    await asyncio.wait_for(task, 20)
    assert not second.held
    desk.close()


async def test_due_snoozes_are_woken_by_the_op_that_services_give(desk: SyncDesk) -> None:
    woken: list[int] = []
    async with running(desk, Engine(desk.cache, desk.connect, parser=PARSER, wake_due=lambda: woken.append(1))):
        await until(lambda: woken)
    desk.close()


async def test_send_that_has_begun_may_end_when_the_engine_stops(desk: SyncDesk) -> None:
    begun = asyncio.Event()

    async def slow(op):  # type: ignore[no-untyped-def]
        begun.set()
        await asyncio.sleep(0.5)
        return await desk.connectors[0].deliver(op)

    desk.fake["script"] = [slow]
    await desk.take(a_message(1))
    op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann")
    async with running(desk):
        await asyncio.wait_for(begun.wait(), 20)
    assert desk.entry(op.id).state is SendState.ACCEPTED
    assert len(desk.back_end.sent()) == 1
    desk.close()


async def test_file_of_a_mail_is_cut_out_of_it_when_it_is_opened(desk: SyncDesk) -> None:
    from email import message_from_bytes
    from email.message import EmailMessage
    from email.policy import default

    mail = a_mail(1)
    parsed = message_from_bytes(mail.raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    parsed.add_attachment(b"old", maintype="application", subtype="zip", filename="old.zip")
    await desk.take(replace(mail, raw=parsed.as_bytes()), history=True)
    [attachment] = desk.messages()[0].attachments
    assert attachment.sha256 == ""
    sha256 = await Files(desk.cache, desk.connect, PARSER).fetch(attachment.id)
    assert desk.cache.blobs.get(sha256) == b"old"
    found = desk.cache.read(attachment_of, attachment.id)
    assert found is not None
    assert found[0].sha256 == sha256
    desk.close()
