"""A fault of our own, wherever it strikes, shows no customer's words: not on the screen, not in a file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store import accounts
from tests.support.console import able
from tests.support.desk import a_conversation, an_account
from tests.support.promises import Promise
from tests.support.provoked_console import SECRET
from tests.support.terminal import Terminal

START = 60.0
ROOT = Path(__file__).parents[2]
SILENT = "When omnitui itself fails, no word of a customer is shown or written down."


def long(where: str) -> object:
    return pytest.param(where, marks=pytest.mark.torture)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    with Session.open(profile("default")) as session:
        able(session.cache)
        account = replace(an_account(session.cache), paused=True)
        session.cache.write(lambda tx: accounts.put_account(tx, account))
        a_conversation(session.cache, "Where is my parcel?", contact="Ann")
    return tmp_path


def provoked(home: Path, where: str) -> Terminal:
    return Terminal(
        [sys.executable, ROOT / "tests/support/provoked_console.py", where],
        columns=120,
        lines=30,
        cwd=ROOT,
        env={"OMNITUI_HOME": str(home), "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}"},
    )


def files(home: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize("where", ["start", long("handler"), "handler, later", "renderer"])
def test_a_fault_ends_with_what_to_do_and_no_word_of_a_customer(home: Path, where: str, promise: Promise) -> None:
    with provoked(home, where) as terminal:
        if where not in ("start", "renderer"):
            terminal.wait_for("Where is my parcel", timeout=START)
        if where.startswith("handler"):
            terminal.send("?")
        assert terminal.wait_end(START) == 1
        assert b"Provoked" in terminal.raw
        assert b"crash-" in terminal.raw
        assert SECRET.encode() not in terminal.raw
        assert b"Traceback" not in terminal.raw
    [crash] = home.rglob("crash-*.txt")
    text = crash.read_text("utf-8")
    assert "tests/support/provoked_console.py" in text or "support/provoked_console.py" in text
    assert "Provoked" in text
    assert crash.stat().st_mode & 0o077 == 0
    assert SECRET.encode() not in files(home)
    promise(SILENT, f"crashed in the {where}: 0 words of a message on the screen, in the log or in the crash file")


@pytest.mark.parametrize("where", ["thread", "task", long("ignored"), long("callback"), long("sync")])
def test_a_fault_behind_the_screen_is_kept_without_words(home: Path, where: str, promise: Promise) -> None:
    with provoked(home, where) as terminal:
        terminal.wait_for("Where is my parcel", timeout=START)
        if where != "sync":
            # Any key shows that somebody is there; only then does looking count as reading.
            terminal.send("k" if where == "callback" else "?")
        if where == "sync":
            assert terminal.wait_end(START) == 1
        else:
            terminal.wait_for("Provoked", timeout=START)
            terminal.send("ctrl+q")
            assert terminal.wait_end(START) == 0
        assert SECRET.encode() not in terminal.raw
        assert b"Traceback" not in terminal.raw
    assert SECRET.encode() not in files(home)
    assert b"Provoked" in files(home), "somebody has to hear of it"
    promise(SILENT, f"a fault in the {where}: 0 words of a message on the screen, in the log or in the crash file")


@pytest.mark.torture
def test_a_writer_that_fails_says_so_without_words(home: Path) -> None:
    with provoked(home, "writer") as terminal:
        terminal.wait_for("Where is my parcel", timeout=START)
        terminal.send("d", "d")
        terminal.wait_quiet(0.5)
        if terminal.process.poll() is None:
            terminal.send("ctrl+q")
        terminal.wait_end(START)
        assert SECRET.encode() not in terminal.raw
        assert b"Traceback" not in terminal.raw
    assert SECRET.encode() not in files(home)
