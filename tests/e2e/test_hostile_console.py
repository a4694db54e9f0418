"""The console in a real pty on a cache that strangers filled, with an agent who types faster than it reads."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.model.conversations import Draft
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store import accounts, drafts, outbox
from omnitui.store.reads import drafts as draft_reads
from omnitui.store.reads import history, inbox
from tests.support.console import able
from tests.support.desk import a_conversation, a_message, an_account
from tests.support.terminal import Terminal

START = 60.0
CONTROLS = (
    "M1\x1b]0;pwned\x07\x1b]52;c;cHduZWQ=\x07\x1b]8;;http://evil\x1b\\lnk\x1b]8;;\x1b\\\x1b[2J\x1b[31mred\x9b31m\x9d0;t\x9c"
    "\x90q\x9c\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\\x1bc\x08\x7f\x0e\x0f\x05\x85\u2028\t"
)
MARKUP = "[@click=app.quit]q[/] [/] [a=' [ @click=app.bell] [B @click=app.exit(1)] {x} %s $name"
UNICODE = (
    "\u202egnp.exe\u202c \u2066x\u2069\U000e0041 שלום \u0301Z"
    + "\u0301" * 40
    + "👨‍👩‍👧‍👦🇯🇵🇺🇳🇦❤️👍🏽\U0001f3ff\u200d ﾊﾝｶｸﾞ㍻①㈱\u3164"
)
HOSTILE = f"{CONTROLS} {MARKUP} {UNICODE}"
OWN = re.compile(
    rb"\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]|\x1b\[\?(?:2026|2048)\$p"
    rb"|\x1b\[J|\x1b\[[0-9;]*[CGHKXm]|\x1b\[>[0-9]+u|\x1b\[<u|\x1b\]22;[a-z]*\x07|\r"
    rb"|\x1b\[>0q|\x1b\](?:1[01]|4;8);\?\x1b\\|\x1b\[c"
)
JOINERS = "\u200c\u200d"
"""Kept where scripts and emoji need them."""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    # A notice would ring the bell: every bell that is heard here is a stranger's.
    settings = profile("default").settings_file
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[notify]\nvia = "off"\n', "utf-8")
    settings.chmod(0o600)
    with Session.open(profile("default")) as opened:
        able(opened.cache)
        account = replace(an_account(opened.cache), paused=True)
        opened.cache.write(lambda tx: accounts.put_account(tx, account))
        yield opened


def console(session: Session, columns: int = 130, lines: int = 36, **env: str) -> Terminal:
    home = str(session.profile.data.parent.parent)
    return Terminal(
        [sys.executable, "-m", "omnitui"],
        columns=columns,
        lines=lines,
        env={"OMNITUI_HOME": home, "TZ": "Asia/Tokyo", "EDITOR": "/bin/false", **env},
    )


def foreign(terminal: Terminal) -> list[str]:
    text = OWN.sub(b"", terminal.raw).decode("utf-8")
    return sorted({char for char in text if not char.isprintable() and char not in JOINERS})


def fill(session: Session) -> None:
    cache = session.cache
    a_conversation(cache, "x" * 250_000, "❤️" * 60_000, contact="Bomber", subject="[" * 3_000)
    found = a_conversation(cache, HOSTILE, contact=f"Mallory {HOSTILE}", subject=HOSTILE, labels=(MARKUP, CONTROLS))
    a_message(cache, found.id, HOSTILE, author=HOSTILE, files=(CONTROLS, MARKUP, UNICODE))
    a_message(cache, found.id, HOSTILE, author=HOSTILE, kind=MessageKind.RAW)
    a_message(cache, found.id, HOSTILE, direction=Direction.OUTGOING, kind=MessageKind.NOTE)
    op = session.operations.reply(found.id, HOSTILE, hold=0)
    cache.write(lambda tx: outbox.move(tx, op.id, SendState.SENDING))
    cache.write(lambda tx: outbox.move(tx, op.id, SendState.FAILED, reason=f"550 {HOSTILE}"))
    session.operations.set_contact(found.contact_id, {"about": HOSTILE, "segment": HOSTILE})
    # No act brings that in; what others wrote, or an older omnitui, may hold it.
    cache.write(lambda tx: tx.db.execute("UPDATE contact SET time_zone = '../etc'"))
    name = CONTROLS.replace("/", "")
    draft = Draft(cache.ids.new(), found.id, MessageKind.NOTE, HOSTILE, attachments=(f"/tmp/{name}",))
    cache.write(lambda tx: drafts.save(tx, draft))


@pytest.mark.parametrize(("columns", "lines"), [(140, 40), (60, 20)])
def test_no_screen_lets_a_strangers_bytes_through(session: Session, columns: int, lines: int) -> None:
    fill(session)
    with console(session, columns, lines) as terminal:
        terminal.wait_for("Mallory", timeout=START)
        for keys in (
            ("j", "k", "enter", "f", "w", "escape", "v", "G", "escape", "J", "J", "escape"),
            ("?", "escape", "ctrl+p", "escape", "g", "h", "escape", "g", "b", "escape", "g", "o", "down", "escape"),
            ("E", "escape", "L", "escape", "l", "escape", "a", "escape", "n", "escape", "escape", "i", "escape"),
        ):
            for name in keys:
                terminal.send(name)
                terminal.wait_quiet(0.06)
        terminal.click(6, 3)
        terminal.click(6, 3)
        terminal.resize(20, 5)
        terminal.wait_quiet(0.2)
        terminal.resize(columns, lines)
        terminal.type("/")
        terminal.wait_for("Search all messages")
        terminal.paste(f"pwned {HOSTILE}")
        terminal.wait_quiet(0.3)
        terminal.send("escape")
        terminal.wait_for("Search all messages", gone=True)
        borders = {row.index("│") for row in terminal.rows()[1:-2] if "│" in row}
        assert len(borders) <= 1 or columns > 80
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        assert foreign(terminal) == []
        assert b"Traceback" not in terminal.raw


def test_keys_typed_before_the_list_is_up_mean_its_first_conversation(session: Session) -> None:
    found = a_conversation(session.cache, "Hello?", contact="Ann")
    with console(session) as terminal:
        terminal.type("rhello, what can e do")  # "e" on the list opens the editor
        terminal.wait_for("REPLY", timeout=START)
        terminal.wait_for("hello, what can e do")
        terminal.send("escape")
        terminal.wait_for("REPLY", gone=True)
    [kept] = session.cache.read(draft_reads.drafts, found.id)
    assert kept.text == "hello, what can e do"


def test_keys_in_one_burst_wait_for_what_the_first_of_them_opens(session: Session) -> None:
    for name in ("Third", "Second", "First"):
        a_conversation(session.cache, f"{name} matter about dd and r", contact=name)
    with console(session) as terminal:
        terminal.wait_for("First matter", timeout=START)
        terminal.wait_quiet()
        terminal.type("/Third matter\r")
        terminal.wait_for("▌Third · ")
        terminal.type("gijrdd, dear Second\x1b")
        terminal.wait_for(re.compile(r"Second.*✎"))
        terminal.type("\x10")  # the palette: Enter takes what fits the whole text, not what was listed before
        terminal.wait_for("What to do")
        terminal.type("conversation.snooze_week\r")
        terminal.wait_for("snoozed until")
        terminal.paste("dd\r\x13gg\x1b[A")  # nothing that is pasted is a key
        terminal.wait_quiet(0.3)
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
    counts = session.cache.read(inbox.counts)
    assert counts.get("resolved", 0) == 0
    assert counts.get("snoozed", 0) == 1
    (row,) = session.cache.read(inbox.page, session.query("is:all has:draft"))
    [draft] = session.cache.read(draft_reads.drafts, row.id)
    assert draft.text == "dd, dear Second"


def test_a_paste_is_text_and_sends_nothing(session: Session) -> None:
    found = a_conversation(session.cache, "Hello?", contact="Ann")
    with console(session) as terminal:
        terminal.wait_for("Hello?", timeout=START)
        terminal.paste("dd\rr")
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.paste(f"one\r\n{CONTROLS}\x13two")
        terminal.wait_for("two")
        terminal.send("escape")
        terminal.wait_for("REPLY", gone=True)
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        assert foreign(terminal) == []
    [kept] = session.cache.read(draft_reads.drafts, found.id)
    assert kept.text.startswith("one\nM1")
    assert "\x1b" not in kept.text
    assert len(session.cache.read(history.page, found.id)) == 1


def test_mail_that_arrives_moves_nothing_under_the_selection(session: Session) -> None:
    for number in range(4):
        a_conversation(session.cache, "Hello?", contact=f"Person {number}")
    with console(session) as terminal:
        terminal.wait_for("Person 3", timeout=START)
        terminal.wait_quiet()
        before = terminal.rows()[1:9]
        assert before[0].startswith(">")
        # Until the first key, what arrives shows itself.
        terminal.send("j")
        terminal.wait_until(lambda: terminal.rows()[3].startswith(">"), "the second one selected")
        terminal.send("k")
        terminal.wait_until(lambda: terminal.rows()[1].startswith(">"), "the first one selected")
        a_conversation(session.cache, "News!", contact="Newcomer")
        terminal.wait_for("1 new ↑")
        after = terminal.rows()[1:9]
        # But for the sign of what is unread: by now the selected one may count as read.
        assert [row[0] + row[2:20] for row in after] == [row[0] + row[2:20] for row in before]
        assert "Newcomer" not in terminal.screen()
        terminal.send("g", "g")
        terminal.wait_for("Newcomer")
        terminal.wait_for("1 new", gone=True)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_the_last_words_are_kept_and_the_terminal_restored_when_the_session_ends(
    session: Session, number: signal.Signals
) -> None:
    found = a_conversation(session.cache, "Hello?", contact="Ann")
    with console(session) as terminal:
        terminal.type("rlast words")
        terminal.wait_for("REPLY", timeout=START)
        terminal.wait_for("last words")
        os.kill(terminal.process.pid, number)
        assert terminal.wait_end() == 128 + number
        assert terminal.attributes() == terminal.before
        assert b"\x1b[?1049l" in terminal.raw
    [kept] = session.cache.read(draft_reads.drafts, found.id)
    assert kept.text == "last words"


def test_a_terminal_that_cannot_place_its_cursor_gets_one_screen_as_text(session: Session) -> None:
    a_conversation(session.cache, "Hello?", contact="Ann")
    with console(session, TERM="dumb", COLUMNS="100", LINES="30") as terminal:
        assert terminal.wait_end(START) == 0
        assert b"Ann" in terminal.raw
        assert b"\x1b" not in terminal.raw
