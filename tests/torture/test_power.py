"""The power fails at a thousand moments: what was acknowledged is there, and nothing is damaged."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnitui.errors import OmniError
from omnitui.ids import Ulid
from omnitui.model.states import SendState
from omnitui.store import outbox
from omnitui.store.blobs import Blobs
from omnitui.store.cache import Cache
from omnitui.store.reads import drafts, oplog
from tests.support.power import Disk, Step, steps
from tests.support.power_day import CUSTOMERS, SERVER, Day, blob_of
from tests.support.preload import shim
from tests.support.promises import Promise

ROOT = Path(__file__).resolve().parents[2]
GO_ON = 6
"""After every so many cuts the day is lived on: the sync brings in and sends the rest."""
LONG = pytest.param(240, 1_000, marks=[pytest.mark.torture, pytest.mark.timeout(1_200)])


Records = Callable[[int], tuple[Path, list[Step]]]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """What a process that did so many acts wrote and synced, and its folder."""

    @functools.cache
    def record(count: int) -> tuple[Path, list[Step]]:
        folder = tmp_path_factory.mktemp("record")
        return folder, list(steps(recorded(folder, count)))

    return record


def recorded(folder: Path, count: int) -> bytes:
    """The log of a process that did `count` acts."""
    log = folder / "log"
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim()),
        "TRACE_FILE": str(log),
        "TRACE_ROOT": str(folder / "disk"),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}",
        "SQLITE_TMPDIR": str(folder),
    }
    argv = [sys.executable, "-m", "tests.support.power_day", str(folder / "disk"), str(count)]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return log.read_bytes()


@pytest.mark.parametrize(("acts", "cuts"), [(40, 30), LONG])
def test_power_cut_loses_nothing_acknowledged(
    tmp_path: Path, records: Records, acts: int, cuts: int, promise: Promise
) -> None:
    folder, told = records(acts)
    root, acknowledged, server = (str(folder / "disk" / name) for name in ("", "acknowledged", SERVER))
    first = next(number for number, step in enumerate(told) if step.path == acknowledged and step.kind == "w")
    chance = random.Random(20)
    moments = sorted(chance.randrange(first, len(told) + 1) for _ in range(cuts))
    disk, said, done, held, sent = Disk(root, now={root: None}, certain={root: None}), b"", 0, 0, b""
    for number, moment in enumerate(moments):
        for step in told[done:moment]:
            disk.take(step)
            said += step.data if step.path == acknowledged else b""
            sent += step.data if step.path == server else b""
        done = moment
        left = tmp_path / "left"
        disk.cut(left, chance)
        (left / SERVER).write_bytes(sent)
        held += checked(left, said.splitlines(), go_on=number % GO_ON == 0)
        shutil.rmtree(left)
    assert held
    replies = len(sent.splitlines())
    promise(
        "When the power fails, nothing acknowledged is lost, nothing is sent twice, and the cache is whole.",
        f"{cuts:,} power cuts in {len(told):,} writes and syncs of {acts:,} acts with {replies} sent:"
        f" {held:,} acknowledged acts looked for, 0 lost, 0 sent twice, 0 shown as sent that were not",
    )


def test_power_cut_is_noticed_where_nothing_was_synced(tmp_path: Path, records: Records) -> None:
    folder, told = records(40)
    root = str(folder / "disk")
    disk, said = Disk(root, now={root: None}, certain={root: None}), b""
    for step in told:
        if step.kind == "s":
            continue
        disk.take(step)
        said += step.data if step.path.endswith("acknowledged") else b""
    left = tmp_path / "left"
    left.mkdir()
    disk.cut(left, random.Random(1))
    with pytest.raises((AssertionError, KeyError, OmniError, StopIteration)):
        checked(left, said.splitlines(), go_on=False)


def checked(left: Path, lines: list[bytes], *, go_on: bool) -> int:
    """Open what is left with the real store, and live on where `go_on` says so; how many acts were looked for."""
    told = [json.loads(line) for line in lines]
    day = Day(left)
    desk, cache = day.desk, day.desk.cache
    try:
        assert cache.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
        assert cache.read(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []
        assert cache.read(oplog.verify_chain)
        kept(day, told)
        honest(day)
        # What the cursor passed is there, once.
        arrived = Counter(one.external_id for one in desk.messages() if one.text.startswith("from a customer"))
        assert set(arrived.values()) <= {1}
        (cursor,) = cache.read(lambda db: db.execute("SELECT max(CAST(value AS INTEGER)) FROM cursor").fetchone())
        passed = int(cursor or 0)
        assert {f"m{number}" for number in range(passed)} <= set(arrived), "the cursor is ahead of the messages"
        if go_on:
            day.sync()
            honest(day)
            sent = Counter(item["text"] for item in desk.back_end.sent() if item["verb"] == "reply")
            assert set(sent.values()) <= {1}, "a customer got something twice"
            assert {act["text"] for act in told if act["kind"] == "reply"} <= set(sent), "an answer never left"
            assert not any(text.startswith("held") for text in sent), "what was to wait was sent"
            arrived = Counter(one.external_id for one in desk.messages() if one.text.startswith("from a customer"))
            assert arrived == Counter(f"m{number}" for number in range(CUSTOMERS))
    finally:
        day.close()
    return len(told)


def taken_back(cache: Cache, op_id: Ulid) -> bool:
    """Whether an op was canceled in the outbox, or undone."""
    entry = cache.read(outbox.entry, op_id)
    return (entry is not None and entry.state is SendState.CANCELED) or cache.read(oplog.undone, op_id)


def kept(day: Day, told: list[dict[str, Any]]) -> None:
    """Every acknowledged act is there."""
    cache = day.desk.cache
    texts = Counter(message.text for message in day.desk.messages())
    undone = {act["op"] for act in told if act["kind"] == "undo"}
    unsaid: list[Ulid] = []
    for act in told:
        if "op" in act:
            cache.read(oplog.op, act["op"])  # raises where it is lost
        match act["kind"]:
            case "reply" | "note":
                assert texts[act["text"]] == 1, f"{act['text'][:20]} is shown {texts[act['text']]} times"
            case "held":
                gone = act["op"] in undone
                if not gone and taken_back(cache, act["op"]):
                    gone = True
                    unsaid.append(act["op"])
                assert texts[act["text"]] == (not gone)
            case "undo":
                assert taken_back(cache, act["op"]), "what was undone is not"
            case "blob":
                assert cache.blobs.get(act["sha256"]) == blob_of(act["number"])
    assert len(unsaid) <= 1, "the power can fail between one undo and its acknowledgement"
    written = max((act["number"] for act in told if act["kind"] == "draft"), default=None)
    if written is not None:
        (draft,) = cache.read(drafts.drafts, day.place("words"))
        assert int(draft.text.split()[0]) >= written, "a draft is older than what was saved"


def honest(day: Day) -> None:
    """What is shown as sent was sent; what was sent does not wait to be sent."""
    sent = {item["text"] for item in day.desk.back_end.sent() if item["verb"] == "reply"}
    shown = {one.text: one for one in day.desk.messages() if one.text.startswith("answer")}
    assert sent <= set(shown), "what was sent is not shown"
    for text, message in shown.items():
        if message.state in (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ):
            assert text in sent, "shown as sent, but it never arrived"
        elif text in sent and message.op_id:
            entry = day.desk.entry(message.op_id)
            assert entry.marked, "it was sent, and would be sent again"


def test_file_that_a_power_cut_left_empty_is_healed_when_it_comes_again(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha256 = blobs.put(b"whole", durable=False)
    blobs.path(sha256).write_bytes(bytes(5))
    assert blobs.put(b"whole") == sha256 == hashlib.sha256(b"whole").hexdigest()
    assert blobs.get(sha256) == b"whole"
