"""Messages made to freeze: the event loop goes on, the text is cut with a word about it, and "show raw" has the rest.

Held is how long the loop itself worked between two beats, and how long it stood still while this process worked, as
when a thread holds the interpreter: what a machine's other work takes does not count.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from omnitui.clock import FrozenClock
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind
from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store import accounts
from omnitui.store.arriving import inflow
from omnitui.text.links import find_links
from omnitui.text.quoting.quotes import split_reply
from omnitui.text.safe import safe
from omnitui.text.web.html import html_links
from omnitui.text.widths import cell_width, wrap
from omnitui.ui.acts.messages import LONGEST_LINE, MOST_QUOTED, quoted
from tests.support.console import able
from tests.support.desk import a_conversation, a_message, an_account
from tests.support.promises import Promise
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
START = 60.0
GENEROUS = 0.5
"""Seconds of the loop's own work at once that fail the short form, on any machine."""

BOMBS = {
    "one line": "x" * 10_000_000,
    "words": "word " * 200_000,
    "marks": "Z" + "\u0301\u0316" * 25_000,
    "emoji": "👨\u200d" * 20_000 + "👨",
    "wide": "語" * 200_000,
    "brackets": "[" * 100_000,
    "tags": "<b>" * 100_000,
    "backslashes": "\\" * 100_000,
    "links": " ".join(f"https://evil.example/{number}" for number in range(20_000)),
    "lines": "\n" * 300_000,
    "short lines": "a\n" * 100_000,
    "tabs": "\t" * 200_000,
    "bidi": "\u202e" * 200_000,
    "escapes": "\x1b[31m" * 50_000,
    "skin tones": "👍" + "\U0001f3fd" * 60_000,
    "viramas": "क" + "\u094d" * 60_000 + "\u200d",
    "joiners": "a\u200d" * 60_000,
    "selectors": "❤" + "\ufe0f" * 60_000,
    "table": "\n".join("| " + "cell | " * 40 for _ in range(5_000)),
}


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    with Session.open(profile("default")) as opened:
        able(opened.cache)
        account = replace(an_account(opened.cache), paused=True)
        opened.cache.write(lambda tx: accounts.put_account(tx, account))
        yield opened


def fill(session: Session, names: list[str]) -> None:
    for name in names:
        found = a_conversation(session.cache, "Hello", contact=f"Bomb {name}", subject=BOMBS[name][:300_000])
        message = a_message(session.cache, found.id, BOMBS[name])
        long = replace(message, id=session.cache.ids.new(), text="see below", quoted=BOMBS[name], signature=BOMBS[name])
        session.cache.write(lambda tx, long=long: inflow.put_message(tx, long))  # type: ignore[misc]


def watched(session: Session, keys: tuple[str, ...], tmp_path: Path) -> dict[str, float]:
    """Walk over every conversation with these keys; what the loop took at most."""
    told = tmp_path / "watch.json"
    env = {
        "OMNITUI_HOME": str(session.profile.data.parent.parent),
        "OMNITUI_WATCH": str(told),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}",
        "SSH_TTY": "/dev/pts/9",
    }
    argv: list[str | Path] = [sys.executable, ROOT / "tests/support/provoked_console.py", "watch"]
    with Terminal(argv, columns=120, lines=30, cwd=ROOT, env=env) as terminal:
        terminal.wait_for("Bomb", timeout=START)
        time.sleep(3)
        for name in keys:
            terminal.send(name)
            terminal.wait_quiet(0.04)
        # Right behind Escape, a key is read as one with Alt where the machine is slow.
        terminal.wait_quiet(1)
        terminal.send("ctrl+q")
        assert terminal.wait_end(60) == 0
    found: dict[str, float] = json.loads(told.read_text("utf-8"))
    assert found["beats"] > 20
    return found


def told(found: dict[str, float]) -> str:
    return f"busy for {found['busy'] * 1000:.0f} ms at most, standing still for {found['stalled'] * 1000:.0f} ms"


READ = (
    *("enter", "f", "k", "k", "pageup", "space", "f"),
    *("v", "G", "escape"),
    *("W", "down", "escape", "w", "pagedown", "escape", "y", "y", "H", "escape"),
    *("T", "T", "Q", "escape", "escape"),
    *("/", "bomb", "down", "escape", ":", "show", "enter", "G", "escape"),
    *("&", "bomb", "escape", "ctrl+p", "bomb", "escape"),
)
"""Opened and unfolded, shown raw, its links, its reasons, copied, its log, in a timeline, quoted in a reply, searched,
printed, filtered and found by the palette."""
SHORT = ["marks", "links"]
MESSAGE = Message("M", "C", "A", Direction.INCOMING, MessageKind.PUBLIC, None, "", "P", 0, 1, "")
FLUID = "No message holds the console up for a time that is felt."


def test_messages_made_to_freeze_hold_the_loop_up_for_no_time_that_is_felt(
    session: Session, tmp_path: Path, promise: Promise
) -> None:
    fill(session, SHORT)
    found = watched(session, (*READ, "j") * len(SHORT), tmp_path)
    assert max(found["busy"], found["stalled"]) < GENEROUS, found
    promise(FLUID, f"{len(SHORT)} messages made to freeze it: {told(found)}")


@pytest.mark.torture
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", BOMBS)
def test_the_loop_stalls_less_than_a_tenth_of_a_second(
    session: Session, tmp_path: Path, name: str, promise: Promise
) -> None:
    fill(session, [name])
    found = watched(session, READ, tmp_path)
    assert max(found["busy"], found["stalled"]) < 0.1, found
    promise(FLUID, f"a message made to freeze it ({name}): {told(found)}")


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_cut_and_says_so(name: str) -> None:
    began = time.process_time()
    clean = safe(BOMBS[name])
    lines = wrap(clean, 80)
    find_links(BOMBS[name][:262_144])
    split_reply(BOMBS[name][:262_144])
    assert time.process_time() - began < 5
    assert len(clean) <= 262_144
    assert len(lines) <= 262_144 // 20
    assert clean.truncated or len(BOMBS[name]) <= 262_144 or "bidi" in clean.badges
    assert len(html_links("<a href='https://evil.example'>x</a>" * 2_000)) > 0


@pytest.mark.parametrize("name", BOMBS)
def test_a_quote_of_a_bomb_is_small_enough_to_write_below_it(name: str) -> None:
    desk: Any = SimpleNamespace(clock=FrozenClock(), zone=UTC)
    message = replace(MESSAGE, text=BOMBS[name], author=BOMBS[name])
    head, *lines, _blank, _end = quoted(desk, message).split("\n")
    assert len(lines) <= MOST_QUOTED + 1
    assert max(map(cell_width, lines)) <= LONGEST_LINE + 2
    assert len(head) < LONGEST_LINE * 2
    assert lines[-1] == ("> […]" if BOMBS[name].strip("\n") else ">")
