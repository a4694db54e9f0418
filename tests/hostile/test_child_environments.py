"""No program that omnitui starts finds a secret in its environment, whatever it is started for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from omnitui import environment
from omnitui.services.programs import running as programs
from omnitui.services.secrecy.passphrase import output_of
from omnitui.services.session import Session
from omnitui.text.mail.worker import ParseWorker
from omnitui.ui.drafts import editor, spelling
from omnitui.ui.outside import clipboard, notifying, opening
from tests.support.console import a_profile
from tests.support.desk import a_conversation
from tests.support.promises import Promise
from tests.support.sync_desk import until

CANARY = "canary-Environment+55"
HIDDEN = ("MAIL_PASSWORD", "CHAT_TOKEN", "OMNITUI_SUPPORT_PASSWORD", "OMNITUI_VAULT_PASSPHRASE", "OMNITUI_FUTURE")
SPY = """#!/bin/sh
env > "$SPY_INTO.part" && mv "$SPY_INTO.part" "$SPY_INTO"
echo said
"""


@pytest.fixture
def spy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program that writes down its environment, in a session of the user's that is full of secrets."""
    monkeypatch.setattr(environment, "_secret", set())
    for name in HIDDEN:
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("PASSWORD_STORE_DIR", "/kept")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setenv("XDG_STATE_HOME", "/elsewhere")
    monkeypatch.setenv("NIX_LD", "/nix/ld")
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("spy", "xdg-open", "tmux"):
        # The place is written into the program: most ways pass only what is known to be harmless.
        (folder / name).write_text(SPY.replace("$SPY_INTO", str(tmp_path / "seen")))
        (folder / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    refs = '{"password": "env:MAIL_PASSWORD", "token": "env:CHAT_TOKEN"}'
    with Session.open(a_profile(tmp_path)) as session:
        account = a_conversation(session.cache).account_id
        session.cache.write(lambda tx: tx.db.execute("UPDATE account SET secret_ref = ? WHERE id = ?", (refs, account)))
        # What a sync, and every verb on accounts, begins with.
        assert session.accounts is not None
        yield folder / "spy"


class Screen:
    """A terminal that an editor may have."""

    def suspend(self) -> Any:
        return nullcontext()


def of_process(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text().replace("\0", "\n")


async def seen(folder: Path) -> str:
    """What the spy saw, once it has written it."""
    await until((folder / "seen").exists)
    found = (folder / "seen").read_text()
    (folder / "seen").unlink()
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc shows the processes")
async def test_no_child_sees_a_secret_in_its_environment(tmp_path: Path, spy: Path, promise: Promise) -> None:
    told: dict[str, str] = {}
    await programs.run([str(spy)], seconds=30, profile="test")
    told["a hook, a command, a pipe"] = await seen(tmp_path)
    await spelling.misspelt([str(spy)], "text")
    told["the spelling command"] = await seen(tmp_path)
    assert output_of([str(spy)]) == "said"
    told["the command that prints a secret"] = await seen(tmp_path)
    await editor._run(Screen(), [str(spy)])  # type: ignore[arg-type]
    told["the editor"] = await seen(tmp_path)
    await opening.open_outside("https://example.com")
    told["the opener of links"] = await seen(tmp_path)
    assert clipboard.handed(clipboard.Way("spy", (str(spy),)), "text")
    told["the clipboard"] = await seen(tmp_path)
    notifying.behind_tmux()
    told["tmux"] = await seen(tmp_path)
    with ParseWorker() as worker:
        await worker.parse(b"Subject: x\r\n\r\ntext")
        assert worker._process is not None
        told["the parser"] = of_process(worker._process.pid)
    assert [(who, line) for who, found in told.items() for line in found.splitlines() if CANARY in line] == []
    assert all("PATH=" in env for env in told.values())
    # A password manager finds what the user's session says; a hook knows which desk it belongs to.
    assert "PASSWORD_STORE_DIR=/kept" in told["the command that prints a secret"]
    assert "OMNITUI_PROFILE=test" in told["a hook, a command, a pipe"]
    assert "XDG_STATE_HOME=/elsewhere" in told["a hook, a command, a pipe"]
    assert "PASSWORD_STORE_DIR" not in told["a hook, a command, a pipe"]
    assert "NIX_LD=/nix/ld" in told["the parser"]
    promise(
        "No program that omnitui starts finds a secret in its environment.",
        f"{len(told)} kinds of programs, {len(HIDDEN)} variables with a secret: found in none",
    )
