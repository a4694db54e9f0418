"""Snapshots: whole, of one moment, beside a writer, and no more of them than wanted."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from omnitui.clock import DAY
from omnitui.store.faults import CacheDamaged, CacheFull
from omnitui.store.recovery import snapshots
from omnitui.store.recovery.snapshots import FOLDER, Stopped, aside, copies, rotate, take
from tests.support.store_desk import NOW, Desk

PARTS = (("cache-a", ""), ("cache-a", "-journal"), ("cache-b", ""))


def held(path: Path, query: str = "SELECT text FROM message ORDER BY pk") -> list[str]:
    db = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)
    try:
        return [row[0] for row in db.execute(query)]
    finally:
        db.close()


def named(data: Path, *days_ago: float, before: int | None = None) -> None:
    """Files that only have the names of snapshots."""
    (data / FOLDER).mkdir(exist_ok=True)
    for days in days_ago:
        suffix = f"-before-{before}" if before else ""
        (data / FOLDER / f"cache-{snapshots.stamp(NOW - round(days * DAY))}{suffix}.sqlite3").touch()


def test_a_snapshot_is_one_closed_file_with_what_was_committed(desk: Desk) -> None:
    desk.receive(text="one")
    taken = take(desk.cache.path, NOW)
    desk.receive(text="two")
    assert held(taken.path) == ["one"]
    assert stat.S_IMODE(taken.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(taken.path.parent.stat().st_mode) == 0o700
    assert copies(desk.cache.path.parent) == [taken.path]
    assert snapshots.snapshots(desk.cache.path.parent) == [taken]


def test_a_snapshot_beside_a_writer_ends_and_is_of_one_moment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        desk.receive(text=f"{number} " + "word " * 400)
    before = len(desk.rows("SELECT pk FROM message"))
    monkeypatch.setattr(snapshots, "PAGES", 4)
    # A commit between any two steps: a copy that began anew each time would never end.
    monkeypatch.setattr("omnitui.store.recovery.snapshots.time.sleep", lambda _seconds: desk.receive(text="meanwhile"))
    taken = take(desk.cache.path, NOW)
    assert len(desk.rows("SELECT pk FROM message")) > before + 5
    assert len(held(taken.path)) == before
    assert "meanwhile" not in held(taken.path)


def test_a_damaged_cache_makes_no_snapshot_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.receive(text="word " * 3000)
    data, path = desk.cache.path.parent, desk.cache.path
    root = desk.row("SELECT rootpage FROM sqlite_master WHERE name = 'ix_message_conversation'")[0]
    desk.cache.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(CacheDamaged):
        take(path, NOW)
    assert copies(data) == []
    # Bring the desk back for its own closing checks.
    desk.cache = type(desk.cache).open(data)


def test_no_room_is_said_before_anything_is_copied(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("omnitui.store.recovery.snapshots.shutil.disk_usage", lambda _path: usage)
    with pytest.raises(CacheFull):
        take(desk.cache.path, NOW)
    assert copies(desk.cache.path.parent) == []


def test_a_snapshot_that_nobody_waits_for_leaves_nothing(desk: Desk) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        take(desk.cache.path, NOW, stop=stop)
    assert copies(desk.cache.path.parent) == []


@pytest.mark.parametrize(
    ("taken", "kept"),
    [
        ((0, 1, 2, 3, 4), {0, 1, 2, 3}),
        ((0, 0.01, 0.02), {0}),
        ((0, 1, 2, 9, 16, 23, 30), {0, 1, 2, 9, 16}),
        ((40, 41), {40, 41}),
    ],
)
def test_rotation_keeps_three_days_and_two_weeks(tmp_path: Path, taken: tuple[float, ...], kept: set[float]) -> None:
    named(tmp_path, *taken)
    gone = rotate(tmp_path, daily=3, weekly=2)
    assert {round((NOW - one.taken_at) / DAY, 2) for one in snapshots.snapshots(tmp_path)} == kept
    assert len(gone) == len(taken) - len(kept)


def test_rotation_keeps_the_newest_one_from_before_a_change_of_the_schema(tmp_path: Path) -> None:
    named(tmp_path, 0, 1, 2, 3)
    named(tmp_path, 90, before=3)
    named(tmp_path, 50, before=4)
    rotate(tmp_path, daily=2, weekly=0)
    assert [one.before for one in snapshots.snapshots(tmp_path)] == [None, None, 4]


def test_rotation_removes_what_a_crash_left_half_made_and_nothing_that_is_being_made(tmp_path: Path) -> None:
    named(tmp_path, 0)
    (whole,) = snapshots.snapshots(tmp_path)
    old, journal, young = (whole.path.with_name(f"{name}.sqlite3.part{more}") for name, more in PARTS)
    for path in (old, journal, young):
        path.touch()
    for path in (whole.path, old, journal):
        os.utime(path, (1, 1))
    assert rotate(tmp_path, daily=3, weekly=2) == []
    assert copies(tmp_path) == [whole.path, young]


def test_what_was_put_aside_is_a_copy_too(tmp_path: Path) -> None:
    (tmp_path / "cache.damaged-20260101T000000Z.sqlite3-wal").touch()
    (tmp_path / "cache.sqlite3").touch()
    assert [path.name for path in copies(tmp_path)] == ["cache.damaged-20260101T000000Z.sqlite3-wal"]
    assert aside(tmp_path) == copies(tmp_path)
