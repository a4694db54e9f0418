"""One process asks another that syncs how things stand now, and gets an answer that holds from then on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import HOUR, SystemClock
from omnitui.errors import ConfigError
from omnitui.model.accounts import Account
from omnitui.sdk import AuthFailed, Batch, Json, NotReady, RateLimited
from omnitui.store import progress
from omnitui.sync.engine import Engine
from tests.support.connector import FakeConnector, a_message
from tests.support.sync_desk import PARSER, SyncDesk, until


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path, SystemClock())
    yield made
    made.close()


@asynccontextmanager
async def running(desk: SyncDesk, engine: Engine | None = None) -> AsyncIterator[None]:
    engine = engine or Engine(desk.cache, desk.connect, parser=PARSER)
    task = asyncio.create_task(engine.run())
    try:
        yield
    finally:
        engine.stop()
        await asyncio.wait_for(task, 20)


def ask(desk: SyncDesk, account: Account | None = None) -> int:
    return desk.cache.write(lambda tx: progress.ask(tx, (account or desk.account).id))


def answered(desk: SyncDesk) -> int:
    return desk.cache.read(progress.answered, desk.account.id)


def health(desk: SyncDesk) -> str:
    entry = desk.ledger()
    return entry.health if entry else ""


async def test_question_is_answered_when_all_that_was_there_has_come_in(desk: SyncDesk) -> None:
    async with running(desk):
        await until(lambda: health(desk) == "ok")
        # The back end tells no news by itself: only who asks hears of them.
        desk.back_end.events += [a_message(number) for number in range(1, 6)]
        number = ask(desk)
        await until(lambda: answered(desk) >= number)
        assert len(desk.messages()) == 5
        desk.back_end.events.append(a_message(6))
        assert ask(desk) == number + 1
        await until(lambda: answered(desk) == number + 1)
        assert len(desk.messages()) == 6
    assert len(desk.connectors) == 1


async def test_question_that_was_asked_while_nobody_synced_is_answered_by_whoever_begins(desk: SyncDesk) -> None:
    desk.back_end.events.append(a_message(1))
    number = ask(desk)
    assert answered(desk) == 0
    async with running(desk):
        await until(lambda: answered(desk) == number)
        assert len(desk.messages()) == 1


async def test_question_ends_the_rest_after_a_fault(desk: SyncDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnitui.sync.supervisor.rest_of", lambda fault, backoff: HOUR)
    desk.fake["inbound_script"] = [NotReady("no route")]
    desk.back_end.events.append(a_message(1))
    async with running(desk):
        await until(lambda: health(desk) == "offline")
        number = ask(desk)
        await until(lambda: answered(desk) == number)
        assert (health(desk), len(desk.messages())) == ("ok", 1)


async def test_question_is_answered_by_the_fault_that_is_met_again(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnitui.sync.supervisor.rest_of", lambda fault, backoff: HOUR)
    desk.fake["inbound_script"] = [NotReady("no route"), *[NotReady("still none")] * 5]
    async with running(desk):
        await until(lambda: health(desk) == "offline")
        number = ask(desk)
        await until(lambda: answered(desk) == number)
        entry = desk.ledger()
        assert entry is not None
        assert (entry.health, entry.error) == ("offline", "still none")


@pytest.mark.parametrize(
    ("fault", "word"), [(AuthFailed("bad password"), "auth"), (RateLimited("slow down", after=600_000), "limited")]
)
async def test_question_hurries_nothing_that_was_refused_or_asked_to_rest(
    desk: SyncDesk, fault: AuthFailed | RateLimited, word: str
) -> None:
    desk.fake["inbound_script"] = [fault, NotReady("asked again")]
    async with running(desk):
        await until(lambda: health(desk) == word)
        number = ask(desk)
        await until(lambda: answered(desk) == number)
        assert health(desk) == word
    assert len(desk.connectors[0].inbound_script) == 1


async def test_question_to_an_account_that_cannot_be_connected_is_answered(desk: SyncDesk) -> None:
    def connect(account: Account) -> FakeConnector:
        raise ConfigError("the password is missing")

    async with running(desk, Engine(desk.cache, connect, parser=PARSER)):
        await until(lambda: health(desk) == "auth")
        number = ask(desk)
        await until(lambda: answered(desk) == number)


async def test_question_that_is_asked_before_or_while_an_account_is_connected_in_vain_is_answered(
    desk: SyncDesk,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def connect(account: Account) -> FakeConnector:
        begun.set()
        assert go_on.wait(30)
        raise ConfigError("the password is missing")

    engine = Engine(desk.cache, connect, parser=PARSER)
    try:
        async with running(desk, engine):
            await until(begun.is_set)
            later = ask(desk)
            await until(lambda: engine._asked[desk.account.id] == later)
            go_on.set()
            await until(lambda: answered(desk) == later)
            assert health(desk) == "auth"
    finally:
        go_on.set()
    number = ask(desk)
    async with running(desk, Engine(desk.cache, connect, parser=PARSER)):
        await until(lambda: answered(desk) == number)


async def test_question_after_question_does_not_keep_an_account_from_catching_up(desk: SyncDesk) -> None:
    class Far(FakeConnector):
        """Far behind, with a cursor only at the end; somebody asks at every page."""

        async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
            async for batch in super().inbound(cursor):
                if not batch.caught_up:
                    number = await desk.cache.awrite(lambda tx: progress.ask(tx, desk.account.id))
                    await until(lambda number=number: engine._asked.get(desk.account.id, 0) >= number)  # type: ignore[misc]
                yield batch if batch.caught_up else replace(batch, cursor=None)

    desk.back_end.events += [a_message(number) for number in range(1, 21)]
    engine = Engine(desk.cache, lambda _account: Far(desk.back_end, desk.mark), parser=PARSER)
    async with running(desk, engine):
        await until(lambda: answered(desk) >= 9)
        assert len(desk.messages()) == 20
