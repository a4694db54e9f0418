"""The command as a process, in a real terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omnitui.paths import profile
from omnitui.sync.lease import Lease
from tests.support.terminal import Terminal

OMNITUI = [sys.executable, "-m", "omnitui"]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A profile in a folder of its own, for this process and those it starts."""
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path / "home"))
    for name in ("OMNITUI_PROFILE", "OMNITUI_VAULT_PASSPHRASE", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def run(*words: str, env: dict[str, str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*OMNITUI, *words], input=stdin, capture_output=True, text=True, env=env, timeout=100, check=False
    )


ADD = ("account", "add", "email", "--name", "Shop", "--address", "shop@example.com", "--imap-host", "127.0.0.1")
DEAD = ("--imap-port", "9", "--smtp-host", "127.0.0.1", "--smtp-port", "9", "--no-check")


def test_secret_and_passphrase_are_asked_for_on_the_terminal_and_never_shown(environment: dict[str, str]) -> None:
    with Terminal([*OMNITUI, *ADD, *DEAD, "--secrets", "vault"], env=environment) as terminal:
        terminal.wait_for("assword")
        terminal.type("geheim-77\r")
        terminal.wait_for("New passphrase")
        terminal.type("correct horse\r")
        terminal.wait_for("The same again")
        terminal.type("correct horse\r")
        assert terminal.wait_end() == 0
        assert b"geheim" not in terminal.raw
        assert b"horse" not in terminal.raw
    listed = run("account", "list", env=environment)
    assert "vault" in listed.stdout
    checked = run("account", "check", env=environment)
    assert checked.returncode == 3
    assert "OMNITUI_VAULT_PASSPHRASE_COMMAND" in checked.stderr


def test_two_different_passphrases_add_nothing(environment: dict[str, str]) -> None:
    with Terminal([*OMNITUI, *ADD, *DEAD, "--secrets", "vault"], env=environment) as terminal:
        terminal.wait_for("assword")
        terminal.type("geheim-77\r")
        terminal.wait_for("New passphrase")
        terminal.type("one\r")
        terminal.wait_for("The same again")
        terminal.type("two\r")
        assert terminal.wait_end() == 3
    assert run("account", "list", "--jsonl", env=environment).stdout == ""


def test_console_asks_for_the_passphrase_before_it_takes_the_screen(environment: dict[str, str]) -> None:
    added = run(
        *ADD,
        *DEAD,
        "--secrets",
        "vault",
        "--password-stdin",
        env={**environment, "OMNITUI_VAULT_PASSPHRASE": "p p"},
        stdin="x",
    )
    assert added.returncode == 0, added.stderr
    with Terminal(OMNITUI, env=environment) as terminal:
        terminal.wait_for("Passphrase of the vault")
        terminal.type("wrong\r")
        assert terminal.wait_end() == 3
        assert "passphrase" in terminal.screen()
    with Terminal(OMNITUI, env=environment) as terminal:
        terminal.wait_for("Passphrase of the vault")
        terminal.type("p p\r")
        terminal.wait_for("Inbox")
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sync_that_watches_ends_in_order_on_a_signal(environment: dict[str, str], number: signal.Signals) -> None:
    assert run("account", "add", "demo", "--name", "World", env=environment).returncode == 0
    process = subprocess.Popen([*OMNITUI, "sync", "--watch"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        lease = Lease(profile().state)
        deadline = time.monotonic() + 60
        while '"World"' not in run("ls", "--jsonl", "-n", "1", env=environment).stdout:
            assert time.monotonic() < deadline
        assert lease.holder() is not None
        assert lease.holder().pid == process.pid  # type: ignore[union-attr]
        process.send_signal(number)
        _out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in err
    assert Lease(profile().state).holder() is None


def test_whole_day_in_the_shell_on_the_embedded_world(environment: dict[str, str]) -> None:
    assert run("account", "add", "demo", "--name", "World", "--hold", "0", env=environment).returncode == 0
    assert run("sync", env=environment).returncode == 0
    ids = run("ls", "is:open", "channel:email", "-n", "1", env=environment).stdout.split()
    op_id = run("reply", ids[0], "-", env=environment, stdin="ご連絡ありがとうございます。\n").stdout.strip()
    waiting = run("outbox", env=environment)
    assert op_id in waiting.stdout
    assert run("sync", "--once", env=environment).returncode == 0
    assert run("outbox", env=environment).stdout == ""
    assert "ありがとうございます" in run("search", "ありがとうございます", env=environment).stdout
    undone = run("undo", op_id, env=environment)
    assert undone.returncode == 1
    assert "accepted" in undone.stderr
