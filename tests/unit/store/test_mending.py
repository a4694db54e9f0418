"""Damaged caches: whatever page is hit, the cache is whole again; what the agent did is kept where it is readable."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from omnitui.clock import DAY, HOUR, FrozenClock
from omnitui.errors import Refused
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind, ObjectKind, SendState, Status, Verb
from omnitui.store import drafts, sharing
from omnitui.store.cache import Cache
from omnitui.store.failpoints import EXIT_CODE
from omnitui.store.forgetting import erasure, tombstones
from omnitui.store.reads import inbox as inbox_reads
from omnitui.store.reads import merging
from omnitui.store.recovery import integrity, snapshots
from omnitui.store.recovery.mending import Mended, mend
from omnitui.store.writer import Tx
from tests.support.promises import Promise
from tests.support.store_desk import NOW, Desk, a_desk

PAGE = 4096


class World:
    """A cache with a snapshot of yesterday and a day's work after it, in a folder to be copied and damaged."""

    def __init__(self, folder: Path) -> None:
        with a_desk(folder) as desk:
            for number in range(60):
                desk.receive(text=f"before {number} " + "言葉と words " * 40, external_id=f"old-{number}")
            desk.send("Sent yesterday.", state=SendState.QUEUED)
            desk.act(Verb.PRIORITY, ObjectKind.CONVERSATION, desk.conversation_id, {"priority": "high"})
            snapshots.take(desk.cache.path, NOW)
            desk.clock.advance(DAY)
            self.other = desk.cache.write(lambda tx: desk.converse(tx, external_id="thread-2", subject="新しい"))
            for number in range(60):
                desk.receive(self.other, text=f"after {number} " + "言葉と words " * 40, external_id=f"new-{number}")
            for number in range(12):
                desk.act(Verb.LABEL, ObjectKind.CONVERSATION, desk.conversation_id, {"labels": [f"l{number}"]})
            desk.act(Verb.STATUS, ObjectKind.CONVERSATION, desk.conversation_id, {"status": "resolved"})
            self.op = desk.send("Sent today.", state=SendState.QUEUED).op_id
            draft = Draft(desk.cache.ids.new(), self.other, MessageKind.PUBLIC, "half a sentence")
            desk.cache.write(lambda tx: drafts.save(tx, draft))
            self.first, self.ops = desk.conversation_id, desk.row("SELECT count(*) FROM op")[0]
            self.roots = dict(desk.rows("SELECT name, rootpage FROM sqlite_master"))
        self.data = folder / "data"

    def copy(self, folder: Path) -> Path:
        """The cache's file in a copy of the whole."""
        shutil.copytree(self.data, folder / "data")
        return folder / "data" / "cache.sqlite3"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def spoil(path: Path, page: int, content: bytes = b"\xff" * PAGE, at: int = 0) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE + at)
        file.write(content)


def mended(path: Path) -> Mended | None:
    with sharing.alone(path.parent):
        return mend(path, FrozenClock(NOW + DAY + HOUR), "")


def look(path: Path) -> Cache:
    """The mended cache, opened, whole and with its rows in step."""
    snapshots.prove(path)
    cache = Cache.open(path.parent, clock=FrozenClock(NOW + DAY + HOUR))
    assert cache.read(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []
    counts = cache.read(lambda db: dict(db.execute("SELECT view, n FROM counter").fetchall()))
    assert counts["inbox"] == cache.read(lambda db: db.execute("SELECT sum(is_open) FROM conversation").fetchone())[0]
    return cache


def one(cache: Cache, query: str) -> object:
    return cache.read(lambda db: db.execute(query).fetchone())[0]


def pages(path: Path, name: str) -> list[int]:
    """Pages of a table or an index below its root, as far as one level goes."""
    with closing(sqlite3.connect(path)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    content = path.read_bytes()
    page = content[(root - 1) * PAGE : root * PAGE]
    if page[0] not in (2, 5):
        return [root]
    count = int.from_bytes(page[3:5], "big")
    cells = [int.from_bytes(page[12 + 2 * n : 14 + 2 * n], "big") for n in range(count)]
    return [int.from_bytes(page[cell : cell + 4], "big") for cell in cells] + [int.from_bytes(page[8:12], "big")]


def test_a_whole_cache_is_left_as_it_is(world: World, tmp_path: Path) -> None:
    path = world.copy(tmp_path)
    integrity.note(path.parent, integrity.Damage(NOW, "a rumour"))
    before = path.read_bytes()
    assert mended(path) is None
    assert path.read_bytes() == before
    assert integrity.noted(path.parent) is None


@pytest.mark.parametrize("index", ["ix_message_conversation", "uq_conversation_id", "message_fts_data"])
def test_a_damaged_index_is_built_anew_and_no_row_is_lost(world: World, tmp_path: Path, index: str) -> None:
    path = world.copy(tmp_path)
    name = "sqlite_autoindex_conversation_1" if index == "uq_conversation_id" else index
    for page in pages(path, name)[-2:]:
        spoil(path, page, b"\x00" * (PAGE - 200), at=200)
    done = mended(path)
    assert done is not None
    assert done.tally is None
    with look(path) as cache:
        assert one(cache, "SELECT count(*) FROM message WHERE deleted_at IS NULL") == 122
        assert one(cache, "SELECT count(*) FROM op") == world.ops
        unindexed = one(cache, "SELECT count(*) FROM unindexed")
        assert unindexed == (122 if index == "message_fts_data" else 0)


def test_damaged_messages_come_from_the_snapshot_and_the_days_work_is_kept(world: World, tmp_path: Path) -> None:
    path = world.copy(tmp_path)
    leaves = pages(path, "message")
    for page in (leaves[0], leaves[1], leaves[-3]):
        spoil(path, page)
    done = mended(path)
    assert done is not None
    assert done.snapshot_at == NOW // 1000 * 1000
    assert done.tally is not None
    assert done.tally.gaps == ("message",)
    with look(path) as cache:
        # The first two pages were in the snapshot; of the third the back end sends its messages again.
        assert one(cache, "SELECT count(*) FROM message WHERE external_id LIKE 'old-%'") == 60
        assert 40 < int(str(one(cache, "SELECT count(*) FROM message WHERE external_id LIKE 'new-%'"))) < 60
        assert one(cache, "SELECT count(*) FROM op") == world.ops
        assert one(cache, "SELECT text FROM draft WHERE deleted_at IS NULL") == "half a sentence"
        first = cache.read(inbox_reads.conversation, world.first)
        assert first is not None
        assert first.status is Status.RESOLVED
        assert first.labels == ("l11",)
        assert cache.read(inbox_reads.conversation, world.other) is not None
    assert (path.parent / done.kept_as).stat().st_size > 0


def test_what_may_have_left_is_not_sent_again(world: World, tmp_path: Path) -> None:
    path = world.copy(tmp_path)
    for page in pages(path, "outbox"):
        spoil(path, page)
    done = mended(path)
    assert done is not None
    assert done.tally is not None
    assert done.tally.doubtful == 1
    with look(path) as cache:
        states = cache.read(lambda db: db.execute("SELECT state FROM outbox").fetchall())
        assert states == [("unknown",)]
        assert one(cache, "SELECT state FROM message WHERE text = 'Sent yesterday.'") == "unknown"


def test_what_left_is_not_sent_again_where_its_row_is_not_believed(world: World, tmp_path: Path) -> None:
    path = world.copy(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE outbox SET state = 'accepted', payload = substr(payload, 2)")
        db.commit()
    spoil(path, pages(path, "message")[0])
    done = mended(path)
    assert done is not None
    assert done.tally is not None
    assert done.tally.doubtful == 1
    with look(path) as cache:
        assert cache.read(lambda db: db.execute("SELECT state, marked FROM outbox").fetchall()) == [("unknown", 1)]


def test_what_is_readable_in_the_outbox_stays_queued(world: World, tmp_path: Path) -> None:
    path = world.copy(tmp_path)
    spoil(path, pages(path, "message")[0])
    mended(path)
    with look(path) as cache:
        assert cache.read(lambda db: db.execute("SELECT state FROM outbox").fetchall()) == [("queued",), ("queued",)]


@pytest.mark.parametrize("whole", [True, False])
def test_a_damaged_header_costs_nothing_where_a_snapshot_knows_the_schema(
    world: World, tmp_path: Path, whole: bool
) -> None:
    path = world.copy(tmp_path)
    spoil(path, 1, b"\xff" * (PAGE if whole else 100))
    done = mended(path)
    assert done is not None
    assert done.tally is not None
    with look(path) as cache:
        assert one(cache, "SELECT count(*) FROM message WHERE external_id LIKE 'new-%'") == 60
        assert one(cache, "SELECT count(*) FROM op") == world.ops
        assert one(cache, "SELECT count(*) FROM outbox WHERE state = 'queued'") == 2


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_what_was_erased_stays_so_in_the_mended_cache(tmp_path: Path, with_snapshot: bool) -> None:
    with a_desk(tmp_path) as desk:
        for number in range(60):
            desk.receive(text=f"{number} " + "words " * 80, external_id=f"old-{number}")
        other = desk.cache.ids.new()
        desk.cache.write(lambda tx: tombstones.set_retention(tx, other, 7))
        if with_snapshot:
            snapshots.take(desk.cache.path, NOW)

        def work(tx: Tx) -> None:
            tombstones.put(tx, desk.account_id, ["message old-1"], NOW)
            tombstones.set_retention(tx, desk.account_id, 90)
            tombstones.set_retention(tx, other, None)
            erasure.owe_sweep(tx)

        desk.cache.write(work)
        path = desk.cache.path
    spoil(path, pages(path, "message")[1])
    done = mended(path)
    assert done is not None
    assert done.tally is not None
    assert "meta" not in done.tally.gaps
    with look(path) as cache:
        assert cache.write(lambda tx: tombstones.Tombstones(tx).at(desk.account_id, "message old-1")) == NOW
        assert cache.read(tombstones.retention, desk.account_id) == 90
        assert cache.read(tombstones.retention, other) is None
        assert cache.read(erasure.owes_sweep)


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_what_is_shown_as_a_part_stays_so_or_is_shown_by_itself(tmp_path: Path, with_snapshot: bool) -> None:
    with a_desk(tmp_path) as desk:
        desk.receive(text="first", external_id="1")
        part, due = desk.conversation_id, NOW + DAY
        if with_snapshot:
            snapshots.take(desk.cache.path, NOW)
        head = desk.cache.write(lambda tx: desk.converse(tx, external_id="head"))
        gone = desk.cache.write(lambda tx: desk.converse(tx, external_id="gone"))
        lost = desk.cache.write(lambda tx: desk.converse(tx, external_id="lost"))
        for number, own in enumerate((head, gone, lost)):
            desk.receive(own, text=f"text {number}", external_id=f"new {number}")
        for own, into in ((part, head), (lost, gone)):
            desk.act(Verb.MERGE, ObjectKind.CONVERSATION, own, {"merged_into": into})
        task = {"exists": True, "conversation_id": part, "kind": "call_back", "text": "ring", "due_at": due}
        desk.act(Verb.TASK, ObjectKind.TASK, desk.cache.ids.new(), {**task, "assignee_id": None})
    path = desk.cache.path
    with closing(sqlite3.connect(path)) as db:
        # A row that is not believed: its status is none.
        db.execute("UPDATE conversation SET status = 'odd' WHERE id = ?", (gone,))
        db.commit()
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_conversation_contact'").fetchone()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(path, root)
    assert mended(path) is not None
    with look(path) as cache:
        assert cache.read(merging.parts, head) == [part]
        shown = cache.read(inbox_reads.conversation, head)
        assert shown is not None
        assert shown.task_due_at == due
        alone = cache.read(inbox_reads.conversation, lost)
        assert alone is not None
        assert alone.flags == frozenset()


def test_without_a_snapshot_all_that_is_readable_is_kept(world: World, tmp_path: Path) -> None:
    path = world.copy(tmp_path)
    shutil.rmtree(path.parent / snapshots.FOLDER)
    spoil(path, pages(path, "message")[1])
    done = mended(path)
    assert done is not None
    assert done.snapshot_at is None
    assert done.tally is not None
    with look(path) as cache:
        assert cache.origin
        assert int(str(one(cache, "SELECT count(*) FROM message"))) > 100
        assert one(cache, "SELECT count(*) FROM op") == world.ops
        assert one(cache, "SELECT count(*) FROM cursor") == 0


def test_a_file_that_is_no_database_any_more_ends_as_the_snapshot(world: World, tmp_path: Path) -> None:
    path = world.copy(tmp_path)
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))
    done = mended(path)
    assert done is not None
    assert done.snapshot_at is not None
    with look(path) as cache:
        assert one(cache, "SELECT count(*) FROM message WHERE external_id LIKE 'old-%'") == 60
        assert one(cache, "SELECT state FROM outbox") == "unknown"


def test_a_damaged_snapshot_is_passed_over(world: World, tmp_path: Path) -> None:
    path = world.copy(tmp_path)
    (newest,) = snapshots.snapshots(path.parent)
    older = newest.path.with_name(f"cache-{snapshots.stamp(NOW - DAY)}.sqlite3")
    shutil.copyfile(newest.path, older)
    spoil(newest.path, pages(newest.path, "message")[0])
    spoil(path, pages(path, "message")[0])
    done = mended(path)
    assert done is not None
    assert done.snapshot_at == (NOW - DAY) // 1000 * 1000


@pytest.mark.parametrize("seed", range(12))
def test_pages_damaged_at_random_end_in_a_whole_cache(
    world: World, tmp_path: Path, seed: int, promise: Promise
) -> None:
    path = world.copy(tmp_path)
    dice = random.Random(seed)
    for _hit in range(dice.choice([1, 3, 12])):
        page = dice.randrange(1, path.stat().st_size // PAGE + 1)
        kind: Callable[[], tuple[bytes, int]] = dice.choice(
            [
                lambda: (b"\x00" * PAGE, 0),
                lambda: (dice.randbytes(PAGE), 0),
                lambda: (dice.randbytes(8), dice.randrange(PAGE - 8)),
                lambda: (path.read_bytes()[dice.randrange(40) * PAGE :][:PAGE], 0),
            ]
        )
        content, at = kind()
        spoil(path, page, content, at)
    mended(path)
    with look(path) as cache:
        assert one(cache, "SELECT count(*) FROM message WHERE external_id LIKE 'old-%'") == 60
        assert cache.read(inbox_reads.conversation, world.first) is not None
    promise(
        "A damaged cache is made whole, with every message that its last snapshot had.",
        "1 cache with 1 to 12 pages damaged at random: 60 of 60 messages there",
    )


def test_a_damaged_log_loses_only_what_it_held(world: World, tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.receive(text="in the file")
        snapshots.take(desk.cache.path, NOW)
        copy = tmp_path / "copy"
        desk.receive(text="in the log")
        (copy / "data").mkdir(parents=True)
        for suffix in ("", "-wal"):
            shutil.copy(f"{desk.cache.path}{suffix}", copy / "data" / f"cache.sqlite3{suffix}")
    path = copy / "data" / "cache.sqlite3"
    spoil(path.with_name("cache.sqlite3-wal"), 1, random.Random(2).randbytes(600), at=3000)
    mended(path)
    with Cache.open(path.parent) as cache:
        assert one(cache, "SELECT count(*) FROM message") in (0, 1, 2)
    snapshots.prove(path)


def test_a_cache_that_somebody_has_open_is_not_replaced(desk: Desk) -> None:
    with pytest.raises(Refused), sharing.alone(desk.cache.path.parent):
        pass
    desk.cache.close()
    with sharing.alone(desk.cache.path.parent):
        pass
    desk.cache = Cache.open(desk.cache.path.parent)


def killed(path: Path, place: str) -> int:
    code = (
        "import sys; from pathlib import Path; from omnitui.clock import FrozenClock; from"
        f" omnitui.store.recovery.mending import mend; mend(Path(sys.argv[1]), FrozenClock({NOW + DAY}), '')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], env={"OMNITUI_FAILPOINT": place}, timeout=120, check=False
    )
    return ran.returncode


@pytest.mark.parametrize("place", ["swap.begun", "swap.log", "swap.aside", "swap.done"])
def test_a_kill_between_two_steps_of_the_swap_leaves_a_whole_cache(world: World, tmp_path: Path, place: str) -> None:
    path = world.copy(tmp_path)
    integrity.note(path.parent, integrity.Damage(NOW, "damaged"))
    spoil(path, pages(path, "message")[0])
    assert killed(path, place) == EXIT_CODE
    with Cache.open(path.parent) as cache:
        assert one(cache, "SELECT count(*) FROM op") == world.ops
    snapshots.prove(path)
    assert integrity.noted(path.parent) is None
    assert [one.name for one in path.parent.glob("cache.swap*")] == []
    assert len(snapshots.aside(path.parent)) == 1
