"""Rules of one profile under two processes: each event fires once, also where the one that fires is killed."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from omnitui.sync.lease import Lease
from tests.support import shop
from tests.support.mail_console import START, console, environment
from tests.support.promises import Promise
from tests.support.terminal import Terminal

PEOPLE = 20
EACH = 4
RULES = """
[seen]
on = "message"
enabled = true
do = [{note = "seen"}, {label = "seen"}]

[lift]
on = "labelled:seen"
enabled = true
do = [{priority = "high"}]

[thanks]
on = "message"
once = true
enabled = true
do = [{reply = "thank you"}]

[later]
on = "1s after begun"
enabled = true
do = [{label = "later"}]
"""
FIRINGS = {"seen": EACH * PEOPLE, "lift": PEOPLE, "thanks": PEOPLE, "later": PEOPLE}


def begin(home: Path, folder: Path) -> None:
    """A profile with rules whose account is a program."""
    folder.mkdir()
    command = shlex.join([sys.executable, shop.__file__, str(folder)])
    made = [sys.executable, "-m", "omnitui", "account", "add", "command", "--name", "Shop", "--command", command]
    subprocess.run([*made, "--hold", "0"], env={**os.environ, **environment(home)}, timeout=60, check=True)
    config = home / "default" / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "rules.toml").write_text(RULES, "utf-8")


def storm(folder: Path, numbers: range) -> None:
    """Messages of all customers; each number stands for one of each of them."""
    at = time.time_ns() // 1_000_000
    lines = [
        {"type": "message", "id": f"{who}-{number}", "text": f"{number}?", "at": at, "contact": {"address": f"c{who}"}}
        for number in numbers
        for who in range(PEOPLE)
    ]
    with (folder / shop.SAID).open("a", encoding="utf-8") as said:
        said.write("".join(json.dumps(line) + "\n" for line in lines))


def read(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{home}/default/data/cache.sqlite3?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def leads(home: Path, terminal: Terminal) -> bool:
    holder = Lease(home / "default" / "state").holder()
    return holder is not None and holder.pid == terminal.process.pid


@pytest.mark.parametrize("other", ["sync --watch", pytest.param("console", marks=pytest.mark.torture)])
def test_rules_of_two_processes_fire_once_for_each_event_also_when_the_one_that_fires_is_killed(
    tmp_path: Path, other: str, promise: Promise
) -> None:
    home, folder = tmp_path / "home", tmp_path / "shop"
    begin(home, folder)
    sent = folder / shop.SENT
    argv = [sys.executable, "-m", "omnitui", *(other.split() if other != "console" else ())]
    with console(home, 80, 24) as first, Terminal(argv, columns=140, lines=40, env=environment(home)) as second:
        first.wait_until(lambda: Lease(home / "default" / "state").holder(), "one that syncs", timeout=START)
        if leads(home, second):
            first, second = second, first
        first.wait_until(lambda: leads(home, first), "one that syncs", timeout=START)
        first.wait_until(
            lambda: len(read(home, "SELECT 1 FROM rule_state WHERE since_at IS NOT NULL")) == len(FIRINGS),
            "rules in force",
        )
        storm(folder, range(EACH // 2))
        first.wait_until(lambda: len(read(home, "SELECT 1 FROM rule_firing")) >= PEOPLE // 2, "rules that fire")
        os.kill(first.process.pid, signal.SIGSTOP)
        done = len(read(home, "SELECT 1 FROM rule_firing"))
        storm(folder, range(EACH // 2, EACH))
        os.kill(first.process.pid, signal.SIGKILL)
        at = time.monotonic()
        second.wait_until(lambda: leads(home, second), "the other to take over", timeout=START)
        second.wait_until(
            lambda: len(read(home, "SELECT 1 FROM rule_firing")) >= sum(FIRINGS.values()), "all firings", timeout=START
        )
        took = time.monotonic() - at
        second.wait_until(lambda: not read(home, "SELECT 1 FROM rule_event"), "nothing that waits")
        second.wait_until(lambda: len(sent.read_text("utf-8").splitlines()) >= PEOPLE, "replies that left")
    each = "SELECT name, count(*) FROM rule_firing GROUP BY name, conversation_pk"
    assert Counter(read(home, each)) == {(name, count // PEOPLE): PEOPLE for name, count in FIRINGS.items()}
    assert read(home, "SELECT count(*) FROM message WHERE kind = 'note'") == [(FIRINGS["seen"],)]
    assert read(home, "SELECT count(*) FROM conversation WHERE priority = 2") == [(PEOPLE,)]
    told = [json.loads(line)["to"] for line in sent.read_text("utf-8").splitlines()]
    assert sorted(told) == sorted(f"c{who}" for who in range(PEOPLE))
    promise(
        "Rules fire once for each event, whichever of two processes has the sync; when that one is killed in a storm,"
        " the other goes on, and no firing is lost or done twice.",
        f"{sum(FIRINGS.values())} firings, {done} of them before a kill -9; the others within {took:.1f} s",
    )
