"""A day in a real terminal: start, read, answer, resolve, undo, search in Japanese, quit; and the ends of bad days."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omnitui.model.states import MessageKind
from omnitui.paths import profile
from omnitui.services.demo.profile import open_demo
from omnitui.store.reads import drafts, inbox
from tests.support.terminal import Terminal

START = 60.0


def demo(home: Path, columns: int = 140, lines: int = 40, **env: str) -> Terminal:
    return Terminal(
        [sys.executable, "-m", "omnitui", "demo", "--speed", "0"],
        columns=columns,
        lines=lines,
        env={"OMNITUI_HOME": str(home), "TZ": "Asia/Tokyo", **env},
    )


def written() -> list[str]:
    """The drafts in the cache, looked at from outside."""
    cache = profile("demo").data / "cache.sqlite3"
    with closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True)) as db:
        return [text for (text,) in db.execute("SELECT text FROM draft")]


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (140, 40)])
def test_day_by_keys(tmp_path: Path, columns: int, lines: int) -> None:
    with demo(tmp_path, columns, lines) as terminal:
        terminal.wait_for("Inbox", timeout=START)
        terminal.wait_for("in step", timeout=START)
        terminal.wait_for("佐藤", timeout=START)

        # Read: the conversation under the cursor is beside the list, Enter goes into it.
        terminal.send("j", "j")
        terminal.wait_for("法人ギフト")
        terminal.send("enter")
        terminal.wait_for("▌法人ギフト")
        terminal.wait_for("NOTE, only agents see it")

        # Answer, with Japanese typed and pasted; Enter breaks the line.
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("承知しました。")
        terminal.send("enter")
        terminal.paste("80箱を12月4日に\n発送いたします。")
        terminal.wait_for("発送いたします。")
        terminal.send("ctrl+s")
        terminal.wait_for(re.compile(r"held, leaves in \d s"))
        terminal.wait_for("u takes it back")

        # Changed my mind: the text comes back as a draft.
        terminal.send("u")
        terminal.wait_for("undone: reply")
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.wait_for("承知しました。")
        terminal.send("escape")
        terminal.wait_for("REPLY", gone=True)
        terminal.send("escape")
        terminal.wait_for("▌Inbox")

        # Resolve and undo.
        terminal.send("d", "d")
        terminal.wait_for("resolved")
        terminal.send("u")
        terminal.wait_for("undone: status")

        # Search in Japanese.
        terminal.send("/")
        terminal.wait_for("Search all messages")
        terminal.type("返金")
        terminal.wait_for("山田 花子")
        terminal.send("enter")
        terminal.wait_for("返金のお願い")

        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        after = terminal.attributes()
        assert after == terminal.before or after[3] & 8  # cooked again: ECHO is on
        assert "Traceback" not in terminal.screen()


def test_nothing_is_lost_when_the_process_is_killed_while_one_writes(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNITUI_HOME", str(home))
    with demo(home) as terminal:
        terminal.wait_for("in step", timeout=START)
        terminal.wait_for("佐藤")
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("these words shall live")
        terminal.wait_for("these words shall live")
        terminal.wait_until(lambda: written() == ["these words shall live"], "the words in the cache")
        os.killpg(terminal.process.pid, signal.SIGKILL)
        terminal.wait_end()
    with demo(home) as terminal:
        terminal.wait_for("✎", timeout=START)
        terminal.send("r")
        terminal.wait_for("these words shall live")


def test_draft_is_whole_when_the_terminal_goes_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with demo(home) as terminal:
        terminal.wait_for("in step", timeout=START)
        terminal.wait_for("佐藤")
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("to the last letter")
        terminal.wait_for("to the last letter")
        os.close(terminal._master)
        terminal._master = os.open(os.devnull, os.O_RDWR)
        terminal.process.wait(START)
    monkeypatch.setenv("OMNITUI_HOME", str(home))
    with open_demo(speed=0) as session:
        rows = session.cache.read(inbox.page, session.query("is:all has:draft"))
        kept = [one for row in rows for one in session.cache.read(drafts.drafts, row.id)]
        assert [(one.kind, one.text) for one in kept] == [(MessageKind.PUBLIC, "to the last letter")]


def test_editor_takes_the_terminal_and_gives_the_text_back(home: Path, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nread -p "EDITING " line\nprintf "%s from the editor\\n" "$line" >> "$1"\n')
    editor.chmod(0o700)
    with demo(home, EDITOR=str(editor)) as terminal:
        terminal.wait_for("in step", timeout=START)
        terminal.wait_for("佐藤")
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("begun here, ")
        terminal.wait_for("begun here,")
        terminal.send("ctrl+g")
        terminal.wait_for("EDITING")
        terminal.type("gone on\r")
        terminal.wait_for("begun here, gone on from the editor")
        terminal.send("ctrl+s")
        terminal.wait_for("held, leaves in")


def test_without_a_terminal_one_screen_is_printed(home: Path) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "omnitui", "demo", "--speed", "0"],
        env={**os.environ, "OMNITUI_HOME": str(home), "COLUMNS": "120", "LINES": "36", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr.decode()
    assert "Inbox" in text
    assert "佐藤" in text
    assert "Customer" in text
    assert "\x1b" not in text
