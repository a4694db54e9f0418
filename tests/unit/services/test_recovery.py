"""A damaged cache is mended as a session begins, nothing of that is silent, and snapshots are taken to mend it from."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from omnitui.bus import Bus, Stuck
from omnitui.clock import DAY, HOUR, FrozenClock
from omnitui.config.settings import Snapshots
from omnitui.errors import OmniError
from omnitui.paths import Profile
from omnitui.services.doctor import examine
from omnitui.services.recovery import inspection
from omnitui.services.recovery import mended as recovery
from omnitui.services.recovery.inspection import Inspection
from omnitui.services.recovery.safekeeping import KEPT_ASIDE, Safekeeping
from omnitui.services.session import Session
from omnitui.store.cache import Cache
from omnitui.store.faults import CacheDamaged
from omnitui.store.recovery import integrity, snapshots
from tests.support.promises import Promise
from tests.support.store_desk import NOW, a_desk
from tests.support.sync_desk import until

PAGE = 4096


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """A profile with a cache, a snapshot of it, and a message after that."""
    with a_desk(tmp_path) as desk:
        desk.receive(text="in the snapshot")
        snapshots.take(desk.cache.path, NOW)
        desk.receive(text="after it")
    return Profile("default", tmp_path / "config", tmp_path / "data", tmp_path / "state")


def spoil(path: Path, table: str) -> None:
    """Write nonsense over the root of a table, in a file that is closed."""
    with Cache.open(path.parent) as cache:
        root = cache.read(
            lambda db: db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        )
    with path.open("r+b") as file:
        file.seek((root[0] - 1) * PAGE)
        file.write(b"\xff" * PAGE)


def texts(session: Session) -> list[str]:
    return session.cache.read(lambda db: [row[0] for row in db.execute("SELECT text FROM message ORDER BY pk")])


def test_a_session_begins_on_a_whole_cache_and_says_what_was_done(profile: Profile) -> None:
    with Session.open(profile) as session:
        assert session.mended is None
    spoil(profile.cache_file, "message")
    with Session.open(profile) as session, pytest.raises(CacheDamaged):
        texts(session)
    assert integrity.noted(profile.data) is not None
    with Session.open(profile) as session:
        assert texts(session) == ["in the snapshot"]
        assert session.mended is not None
        told = recovery.told(session.mended, session.zone)
        assert any("message" in line for line in told)
    with Session.open(profile) as session:
        assert session.mended is None
    found = {finding.check: finding for finding in examine(profile)}
    assert told[0] in found["recovery"].message
    assert found["snapshots"].message.startswith("1 ")


def test_a_header_that_is_gone_is_noticed_as_the_cache_is_opened(profile: Profile) -> None:
    with profile.cache_file.open("r+b") as file:
        file.write(b"\x00" * 100)
    with Session.open(profile) as session:
        assert texts(session) == ["in the snapshot", "after it"]
        assert session.mended is not None


def test_a_cache_that_another_process_has_open_is_not_mended_under_it(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "WAIT_SECONDS", 0.1)
    with Session.open(profile):
        integrity.note(profile.data, integrity.Damage(NOW, "damaged"))
        with pytest.raises(CacheDamaged) as caught:
            Session.open(profile)
        assert caught.value.hint


def test_damage_that_a_read_comes_upon_is_told_on_the_bus(profile: Profile) -> None:
    spoil(profile.cache_file, "message")
    told: list[OmniError | None] = []
    with Session.open(profile) as session:
        session.bus.subscribe(Stuck, lambda event: told.append(event.error))
        with pytest.raises(CacheDamaged):
            texts(session)
    assert [type(error) for error in told] == [CacheDamaged]


def keeper(profile: Profile, at: int, bus: Bus | None = None, wanted: Snapshots | None = None) -> Safekeeping:
    return Safekeeping(profile.cache_file, FrozenClock(at), bus or Bus(), lambda: wanted or Snapshots())


def test_one_snapshot_a_day_is_due(profile: Profile) -> None:
    assert not keeper(profile, NOW + HOUR).due()
    assert keeper(profile, NOW + DAY + HOUR).due()
    assert keeper(profile, NOW - HOUR).due()
    assert not keeper(profile, NOW + DAY + HOUR, wanted=Snapshots(0, 0)).due()


def test_a_days_snapshot_is_taken_beside_the_loop_and_old_ones_go(profile: Profile) -> None:
    old = profile.data / f"cache.damaged-{snapshots.stamp(NOW - KEPT_ASIDE)}.sqlite3"
    old.touch()
    asyncio.run(keeper(profile, NOW + DAY + HOUR, wanted=Snapshots(1, 0)).look())
    (kept,) = snapshots.snapshots(profile.data)
    assert kept.taken_at == (NOW + DAY + HOUR) // 1000 * 1000
    assert snapshots.copies(profile.data) == [kept.path]


def test_what_was_put_aside_goes_after_two_weeks_without_snapshots_too(profile: Profile) -> None:
    old, young = (profile.data / f"cache.damaged-{snapshots.stamp(at)}.sqlite3" for at in (NOW - KEPT_ASIDE, NOW))
    for path in (old, young):
        path.touch()
    asyncio.run(keeper(profile, NOW + HOUR, wanted=Snapshots(0, 0)).look())
    assert snapshots.aside(profile.data) == [young]


def test_damage_that_nobody_came_upon_is_found_by_the_days_snapshot(profile: Profile) -> None:
    spoil(profile.cache_file, "ix_message_contact")
    bus, told = Bus(), list[OmniError | None]()
    bus.subscribe(Stuck, lambda event: told.append(event.error))
    asyncio.run(keeper(profile, NOW + DAY + HOUR, bus).look())
    assert [type(error) for error in told] == [CacheDamaged]
    assert integrity.noted(profile.data) is not None
    with Session.open(profile) as session:
        assert texts(session) == ["in the snapshot", "after it"]
        assert session.mended is not None


@pytest.mark.parametrize("index", ["ix_message_contact", "message_fts_data"])
async def test_damage_that_nobody_came_upon_is_found_beside_a_writer_after_the_start(
    profile: Profile, monkeypatch: pytest.MonkeyPatch, index: str, promise: Promise
) -> None:
    monkeypatch.setattr(inspection, "START_AFTER", 0.0)
    told: list[OmniError | None] = []
    spoil(profile.cache_file, index)
    with Session.open(profile) as session:
        session.bus.subscribe(Stuck, lambda event: told.append(event.error))
        held = threading.Event()
        writing = session.cache.submit(lambda tx: held.wait(60) and tx.db.execute("SELECT 1").fetchone())
        async with asyncio.timeout(60):
            await session.inspection.run()
        assert {type(error) for error in told} == {CacheDamaged}
        held.set()
        writing.result(60)
    with Session.open(profile) as session:
        assert session.mended is not None
        assert texts(session) == ["in the snapshot", "after it"]
    promise(
        "Damage that nobody came upon is found after each start, beside all that goes on.",
        "1 page damaged of an index that nothing reads, found while a write was under way",
    )


def test_a_schema_that_is_garbled_while_omnitui_runs_is_found(profile: Profile) -> None:
    with profile.cache_file.open("r+b") as file:
        file.write(b"\xff" * PAGE)
    Inspection(profile.cache_file, FrozenClock(NOW), Bus()).look(threading.Event())
    assert integrity.noted(profile.data) is not None


async def test_a_whole_cache_is_looked_through_once_and_what_another_process_finds_is_told(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "START_AFTER", 0.0)
    monkeypatch.setattr(inspection, "NOTED_EVERY", 0.01)
    bus, told = Bus(), list[OmniError | None]()
    bus.subscribe(Stuck, lambda event: told.append(event.error))
    looked: list[threading.Event] = []
    watch = Inspection(profile.cache_file, FrozenClock(NOW), bus)
    look = watch.look

    def counted(stop: threading.Event) -> None:
        looked.append(stop)
        look(stop)

    monkeypatch.setattr(watch, "look", counted)
    first = asyncio.create_task(watch.run())
    async with asyncio.timeout(60):
        await until(lambda: looked and looked[0].is_set())
        await watch.run()  # runs already
        first.cancel()
        await asyncio.wait([first])
        assert not told
        integrity.note(profile.data, integrity.Damage(NOW, "found elsewhere"))
        await watch.run()
    assert len(looked) == 1
    assert [error.message for error in told if error] == ["The cache is damaged: found elsewhere."]


def test_a_sync_that_ends_does_not_wait_for_a_snapshot(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, release = threading.Event(), threading.Event()

    def slow(*_args: object, stop: threading.Event, **_options: object) -> None:
        begun.set()
        release.wait(60)
        assert stop.is_set()

    monkeypatch.setattr("omnitui.services.recovery.safekeeping.snapshots.take", slow)

    async def run() -> None:
        task = asyncio.create_task(keeper(profile, NOW + DAY + HOUR).look())
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(run())
    release.set()
