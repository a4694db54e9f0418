"""The disk fills or fails under the real console: what is typed is kept, reading goes on, and no restart is needed."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.filling import Filler, mounted
from tests.support.preload import shim
from tests.support.promises import Promise
from tests.support.terminal import Terminal

START = 90.0
FULL = "The disk is full"
FAILED = "The disk failed"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of twelve megabytes."""
    with mounted(tmp_path / "disk", 12) as place:
        yield place


def console(home: Path, **env: str) -> Terminal:
    argv = [sys.executable, "-m", "omnitui", "demo", "--speed", "0"]
    return Terminal(argv, columns=110, lines=30, env={"OMNITUI_HOME": str(home), **env})


def drafts(home: Path) -> list[str]:
    """The drafts in the cache, looked at from outside."""
    (cache,) = home.rglob("cache.sqlite3")
    with closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True)) as db:
        return [text for (text,) in db.execute("SELECT text FROM draft WHERE deleted_at IS NULL")]


def fold(home: Path) -> None:
    """Have the write-ahead log take no room."""
    (cache,) = home.rglob("cache.sqlite3")
    with closing(sqlite3.connect(cache)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def bad_hour(terminal: Terminal, home: Path, fail: Callable[[], object], mend: Callable[[], object], says: str) -> str:
    """Write, read and send while the disk takes nothing, then after it does again; what was typed."""
    terminal.wait_for("in step", timeout=START)
    terminal.send("j", "j")
    terminal.wait_for("法人ギフト")
    terminal.send("r")
    terminal.wait_for("REPLY")
    terminal.type("Typed before. ")
    terminal.wait_for("Typed before.")
    terminal.wait_until(lambda: "Typed before. " in drafts(home), "a draft")
    fail()
    terminal.type("Typed meanwhile. ")
    terminal.wait_for(says)
    # It cannot be sent, and stays where it is.
    terminal.send("ctrl+s")
    terminal.type("And on. ")
    terminal.wait_for("Typed before. Typed meanwhile. And on.")
    # Other conversations are read meanwhile, and what is typed is there again.
    terminal.send("escape", "escape")
    terminal.wait_for("▌Inbox")
    terminal.send("k")
    terminal.wait_for("matcha set")
    terminal.send("j")
    terminal.wait_for("matcha set", gone=True)
    terminal.send("r")
    terminal.wait_for("Typed before. Typed meanwhile. And on.")
    mend()
    terminal.wait_for(says, gone=True)
    whole = "Typed before. Typed meanwhile. And on. "
    terminal.wait_until(lambda: whole in drafts(home), "all of it in the cache")
    terminal.send("ctrl+s")
    terminal.wait_for(re.compile("held, leaves in"))
    terminal.send("ctrl+q")
    assert terminal.wait_end() == 0
    return whole


def test_full_disk_costs_nothing_that_is_typed_and_is_over_once_there_is_room(
    world: Path, small_disk: Path, promise: Promise
) -> None:
    home = Path(shutil.copytree(world, small_disk / "home"))
    with console(home) as terminal:
        fillers: list[Filler] = []

        def run_full() -> None:
            fold(home)  # else there is room in the log
            fillers.append(Filler(small_disk))

        typed = bad_hour(terminal, home, run_full, lambda: fillers.pop().remove(), FULL)
    promise(
        "In the console what is typed while the disk is full or fails is kept, and no restart is needed.",
        f"{len(typed)} characters typed before and on a full disk and sent after, 0 lost, 1 process",
    )


def test_disk_that_fails_costs_nothing_that_is_typed_and_is_over_once_it_works(
    home: Path, tmp_path: Path, promise: Promise
) -> None:
    fault = tmp_path / "fault"
    env = {"LD_PRELOAD": str(shim()), "TRACE_ROOT": str(home), "FAULT_FILE": str(fault)}
    with console(home, **env) as terminal:
        typed = bad_hour(terminal, home, lambda: fault.write_text("s"), fault.unlink, FAILED)
    promise(
        "In the console what is typed while the disk is full or fails is kept, and no restart is needed.",
        f"{len(typed)} characters typed before and while no sync succeeded and sent after, 0 lost, 1 process",
    )


def test_console_on_a_read_only_disk_shows_what_is_there_and_rescues_what_is_typed(
    world: Path, small_disk: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(world, small_disk / "home"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    (tmp_path / "runtime").mkdir()
    with console(home, XDG_RUNTIME_DIR=str(tmp_path / "runtime")) as terminal:
        terminal.wait_for("法人ギフト", timeout=START)
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("Nowhere to go.")
        terminal.wait_for("cannot be written")
        terminal.send("ctrl+q")
        terminal.wait_end()
        (rescued,) = (tmp_path / "runtime").glob("omnitui-unsaved-*")
        assert rescued.read_text() == "Nowhere to go.\n"
        assert rescued.name in terminal.screen().replace("\n", "")
    assert os.stat(rescued).st_mode & 0o777 == 0o600
