"""The disk is full, cannot be written or fails: reading goes on, what is typed survives, and no restart is needed."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.bus import Stuck
from omnitui.errors import OmniError
from omnitui.logs import open_log
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind
from omnitui.services.session import Session
from omnitui.store import faults
from omnitui.store.cache import Cache
from omnitui.store.reads import drafts
from omnitui.store.reads.brief import brief
from omnitui.ui.drafts.drafting import Drafting
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation
from tests.support.filling import fill, mounted
from tests.support.preload import shim
from tests.support.promises import Promise
from tests.support.store_desk import Desk, a_desk
from tests.support.sync_desk import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    with mounted(tmp_path / "disk", 4) as place:
        yield place


def lock(disk: Path) -> None:
    """Have it refuse to be written."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def put(desk: Desk, name: str) -> None:
    desk.cache.write(lambda tx: tx.db.execute("INSERT INTO meta VALUES (?, ?)", (name, name * 3_000)).rowcount)


def test_full_disk_is_read_from_and_written_again_once_there_is_room(small_disk: Path, promise: Promise) -> None:
    with a_desk(small_disk) as desk:
        told: list[OmniError | None] = []
        desk.cache.bus.subscribe(Stuck, lambda event: told.append(event.error))
        filler = fill(small_disk)
        for _try in range(3):
            with pytest.raises(faults.CacheFull):
                put(desk, "lost")
        with pytest.raises(faults.CacheFull):
            desk.cache.blobs.put(bytes(100_000))
        found: list[int] = []
        thread = threading.Thread(target=lambda: found.append(desk.row("SELECT count(*) FROM conversation")[0]))
        thread.start()
        thread.join()
        assert found == [1]
        assert isinstance(told[0], faults.CacheFull)
        filler.unlink()
        put(desk, "kept")
        assert told[-1] is None
        assert desk.rows("SELECT name FROM meta WHERE name IN ('kept', 'lost')") == [("kept",)]
        assert desk.cache.blobs.get(desk.cache.blobs.put(bytes(100_000)))
        assert not list((small_disk / "data" / "blobs").rglob(".part-*"))
    promise(
        "On a full disk reading goes on, and writing too as soon as there is room, without a restart.",
        "4 writes refused on a disk without a byte left, 1 read meanwhile, all written after 1 file was removed",
    )


async def test_what_is_typed_on_a_full_disk_is_saved_once_there_is_room(small_disk: Path, promise: Promise) -> None:
    with a_desk(small_disk) as desk:
        drafting = Drafting(desk.cache)
        filler = fill(small_disk)
        draft = Draft(desk.cache.ids.new(), desk.conversation_id, MessageKind.PUBLIC, "typed in vain? " * 900)
        drafting.keep(draft)
        with pytest.raises(faults.CacheFull):
            await drafting.flush()
        filler.unlink()
        await until(lambda: desk.cache.read(drafts.drafts, desk.conversation_id))
        await drafting.flush()
        [kept] = desk.cache.read(drafts.drafts, desk.conversation_id)
        assert kept.text == draft.text
    promise(
        "What is typed while the disk is full is not lost.",
        f"{len(draft.text):,} characters typed on a full disk, 0 lost once there was room",
    )


async def test_what_is_typed_is_in_a_file_when_the_disk_is_full_to_the_end(small_disk: Path, tmp_path: Path) -> None:
    with a_desk(small_disk) as desk:
        drafting = Drafting(desk.cache)
        filler = fill(small_disk)
        text = "nowhere to go " * 900
        drafting.keep(Draft(desk.cache.ids.new(), desk.conversation_id, MessageKind.PUBLIC, text))
        with pytest.raises(faults.CacheFull):
            await drafting.flush()
        rescued = drafting.rescue(small_disk)
        assert rescued is not None
        assert rescued.parent != small_disk
        assert rescued.read_text().strip() == text.strip()
        assert rescued.stat().st_mode & 0o777 == 0o600
        rescued.unlink()
        assert not any(name.startswith("omnitui-unsaved") for name in os.listdir(small_disk))
        filler.unlink()
        await asyncio.sleep(0)


async def test_console_on_a_disk_that_is_read_only_starts_and_shows_what_is_there(small_disk: Path) -> None:
    with a_session(small_disk) as session:
        a_conversation(session.cache, "Where is my parcel?")
    lock(small_disk)
    counts = brief(str(session.profile.cache_file))
    assert counts is not None
    assert counts["inbox"] == 1
    with Session.open(session.profile) as session:
        open_log(session.profile.log_file)
        async with a_console(session) as person:
            await person.sees("Where is my parcel?")


def test_cache_on_a_disk_that_is_read_only_can_be_read(small_disk: Path) -> None:
    with a_desk(small_disk) as desk:
        put(desk, "kept")
    lock(small_disk)
    with Cache.open(small_disk / "data", state=small_disk / "state") as cache:
        assert cache.read(lambda db: db.execute("SELECT count(*) FROM meta WHERE name = 'kept'").fetchone()) == (1,)
        with pytest.raises(faults.CacheReadOnly):
            cache.write(lambda tx: tx.db.execute("DELETE FROM meta").rowcount)


FAILING = """
import os, sys
from pathlib import Path
from omnitui.store import faults
from omnitui.store.cache import Cache
folder, fault = Path(sys.argv[1]), Path(sys.argv[1]) / "fault"
cache = Cache.open(folder / "disk" / "data")
def add(name):
    return cache.write(lambda tx: tx.db.execute("INSERT INTO meta VALUES (?, '')", (name,)).rowcount)
add("before")
for kind in ("s", "w"):
    fault.write_text(kind)
    for number in range(2):
        try:
            add(f"{kind}{number}")
        except faults.CacheError as error:
            print("refused", flush=True)
    assert cache.read(lambda db: db.execute("SELECT count(*) FROM meta WHERE name = 'before'").fetchone()) == (1,)
    if len(sys.argv) > 2:
        os._exit(9)
    fault.unlink()
    add(f"after {kind}")
    folded = (folder / "disk" / "data" / "cache.sqlite3-wal").stat().st_size
    print("wal", folded, flush=True)
print(sorted(name for (name,) in cache.read(lambda db: db.execute("SELECT name FROM meta").fetchall())))
os._exit(9)
"""


def failing(folder: Path, *more: str) -> list[str]:
    """What a process tells whose disk fails for a while."""
    (folder / "disk").mkdir()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim()),
        "TRACE_ROOT": str(folder / "disk"),
        "FAULT_FILE": str(folder / "fault"),
    }
    done = subprocess.run(
        [sys.executable, "-c", FAILING, str(folder), *more],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 9, done.stderr
    return done.stdout.splitlines()


def names(folder: Path) -> list[str]:
    with Cache.open(folder / "disk" / "data") as cache:
        rows = cache.read(lambda db: db.execute("SELECT name FROM meta").fetchall())
    return sorted(name for (name,) in rows if re.fullmatch(r"before|after .|.\d", name))


def test_disk_that_fails_for_a_while_keeps_what_was_acknowledged_and_nothing_else(
    tmp_path: Path, promise: Promise
) -> None:
    told = failing(tmp_path)
    assert told.count("refused") == 4
    # After the failure the log was folded and begun anew: it holds one commit, not those that may be lost.
    assert [line for line in told if line.startswith("wal")]
    assert all(int(line.split()[1]) < 40_000 for line in told if line.startswith("wal"))
    assert names(tmp_path) == ["after s", "after w", "before"]
    promise(
        "When the disk fails for a while, what was acknowledged is kept, and nothing else.",
        f"{told.count('refused')} writes refused while syncing and writing failed, 0 of them kept, 0 others lost",
    )


def test_disk_that_fails_to_the_end_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    assert failing(tmp_path, "to the end").count("refused") == 2
    found = names(tmp_path)
    assert "before" in found
    assert "s0" not in found
