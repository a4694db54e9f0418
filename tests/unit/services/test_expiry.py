"""What accounts keep no longer goes by itself, once a day, in the process that syncs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import DAY, HOUR, FrozenClock
from omnitui.config.settings import Privacy
from omnitui.ids import Ulid
from omnitui.model.accounts import Account
from omnitui.services.privacy import expiry, retention
from omnitui.services.privacy.expiry import Expiry
from omnitui.services.session import Session
from omnitui.store import accounts
from omnitui.store.faults import CacheError
from omnitui.store.reads import ledger, oplog
from omnitui.store.writer import Tx
from tests.support.console import a_profile
from tests.support.desk import a_conversation, a_message

WORDS = "zqxvcanary"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def session(tmp_path: Path, clock: FrozenClock) -> Iterator[Session]:
    with Session.open(a_profile(tmp_path / "home"), clock=clock) as opened:
        yield opened


def with_an_old_message(session: Session) -> Ulid:
    """An account that keeps 30 days, with one message that is older; the account."""
    talk = a_conversation(session.cache)
    a_message(session.cache, talk.id, f"{WORDS} old", at=session.cache.clock.now() - 40 * DAY)
    retention.keep(session.cache, talk.account_id, 30)
    return talk.account_id


def words(session: Session) -> list[str]:
    """The files in which the old message still stands."""
    files = (path for path in session.profile.data.parent.rglob("*") if path.is_file())
    return [path.name for path in files if WORDS.encode() in path.read_bytes()]


def told(session: Session, account_id: Ulid) -> str:
    entry = session.cache.read(lambda db: ledger.entry(db, account_id, "retention"))
    return entry.budget if entry else ""


def test_what_is_due_is_erased_once_a_day_and_told(
    session: Session, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    account_id, chore = with_an_old_message(session), Expiry(session)
    assert words(session)
    with caplog.at_level("INFO", logger="omnitui"):
        asyncio.run(chore.look())
    assert words(session) == []
    assert "1 were erased" in told(session, account_id)
    assert any("1 messages erased" in record.getMessage() for record in caplog.records)
    assert WORDS not in caplog.text
    (done,) = [op for op in session.cache.read(oplog.log) if op.verb == "erase"]
    assert done.object_id == account_id
    assert not chore.due()
    clock.advance(23 * HOUR)
    assert not Expiry(session).due()  # another process knows it too
    clock.advance(HOUR)
    assert chore.due()
    clock.advance(-30 * DAY)
    assert chore.due()


def test_nothing_is_erased_where_it_is_left_to_people_or_everything_is_kept(session: Session) -> None:
    account_id = with_an_old_message(session)
    session.settings = replace(session.settings, privacy=Privacy(retention="by hand"))
    asyncio.run(Expiry(session).look())
    session.settings = replace(session.settings, privacy=Privacy())
    assert Expiry(session).due()
    retention.keep(session.cache, account_id, None)
    asyncio.run(Expiry(session).look())
    assert words(session)
    assert told(session, account_id) == ""


def test_an_account_that_keeps_everything_again_has_no_line_in_the_ledger(session: Session) -> None:
    account_id = with_an_old_message(session)
    asyncio.run(Expiry(session).look())
    assert told(session, account_id)
    retention.keep(session.cache, account_id, None)
    assert told(session, account_id) == ""


def test_erasing_that_is_stopped_goes_on_at_the_next_look(session: Session) -> None:
    account_id = with_an_old_message(session)
    stop = threading.Event()
    stop.set()
    retention.run(session, retention.due(session.cache), stop=stop)
    assert words(session)
    assert told(session, account_id) == ""
    asyncio.run(Expiry(session).look())
    assert words(session) == []


def test_an_account_that_cannot_be_erased_is_told_and_hinders_no_other_one(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = with_an_old_message(session)
    cache = session.cache
    second = Account(cache.ids.new(), "demo", "Second")
    cache.write(lambda tx: accounts.put_account(tx, second))
    retention.keep(cache, second.id, 30)
    found = retention.due(cache)
    assert {one.account.id for one in found} == {first, second.id}
    some = retention._some

    def fails(tx: Tx, one: retention.Due) -> object:
        if one.account.id == broken:
            raise error
        return some(tx, one)

    monkeypatch.setattr(retention, "_some", fails)
    broken, error = second.id, Exception()
    for broken, other, error in (  # noqa: B007
        (first, second.id, CacheError("this row cannot be read")),
        (second.id, first, ZeroDivisionError()),
    ):
        swept = retention.run(session, found)
        assert len(swept.faults) == 1
        assert told(session, other)
        assert not told(session, broken) or other == first
    assert "ZeroDivisionError" in caplog.text
    assert words(session) == []


async def test_the_process_that_syncs_looks_by_itself(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "START_AFTER", 0)
    account_id = with_an_old_message(session)
    engine = session.engine()
    running = asyncio.create_task(engine.run())
    async with asyncio.timeout(60):
        while not told(session, account_id):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    engine.stop()
    await running


def test_a_cache_that_cannot_be_read_lets_no_error_out_and_is_looked_at_later(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    account_id, chore = with_an_old_message(session), Expiry(session)

    def fails(*_args: object, **_options: object) -> None:
        raise CacheError("the disk fails")

    with monkeypatch.context() as disk, caplog.at_level("WARNING", logger="omnitui"):
        disk.setattr(session.cache, "read", fails)
        asyncio.run(chore.look())
    assert "the disk fails" in caplog.text
    asyncio.run(chore.look())
    assert "1 were erased" in told(session, account_id)
