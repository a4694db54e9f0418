"""What comes in by the terminal and is no key: pastes, and answers to questions somebody asked, in every place.

Nothing of them presses a key, closes what is open, puts a letter into what is typed, or sends.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from omnitui.model.states import MessageKind, Verb
from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store import accounts
from omnitui.store.reads import drafts, history, inbox, oplog, outbox
from omnitui.text.safe import strip_controls
from omnitui.text.surrogates import mended
from tests.support.console import able
from tests.support.desk import a_conversation, an_account
from tests.support.hostile_walk import Walker
from tests.support.payloads import PAYLOADS
from tests.support.promises import Promise
from tests.support.terminal import Terminal

START = 60.0
ANSWERS = {
    "attributes": "\x1b[?64;1;2;6;9;15c",
    "attributes, second": "\x1b[>41;390;0c",
    "attributes, third": "\x1bP!|00000000\x1b\\",
    "mode": "\x1b[?2026;2$y",
    "cursor": "\x1b[12;40R",
    "status": "\x1b[0n",
    "colours changed": "\x1b[?997;1n",
    "keyboard": "\x1b[?0u",
    "size": "\x1b[8;24;80t",
    "background": "\x1b]11;rgb:dddd/dddd/dddd\x1b\\",
    "foreground": "\x1b]10;rgb:dddd/dddd/dddd\x07",
    "palette": "\x1b]4;8;rgb:dd/dd/dd\x1b\\",
    "clipboard": "\x1b]52;c;ZGRkZA==\x07",
    "version": "\x1bP>|XTerm(390)\x1b\\",
    "setting": "\x1bP1$r0m\x1b\\",
    "capability": "\x1bP1+r544e=787465726d\x1b\\",
    "graphics": "\x1b_Gi=31;OK\x1b\\",
    "mouse without 1006": "\x1b[Mdrd",
    "mouse of rxvt": "\x1b[32;100;100M",
}
PASTED = "dd\r\x13\x1b[A\x1b\rgg:qy\x11" + "\n".join(mended(text) for text in PAYLOADS.values())
NO_KEY = "Nothing that is pasted presses a key or is sent, and no answer of the terminal's is taken for a key."


class Place(NamedTuple):
    """Somewhere in the console where input may go."""

    name: str
    keys: tuple[str, ...]
    shows: str
    """What is on the screen as long as this is open."""
    typed: tuple[str, str] = ("ab", "cd")
    """What is typed before and after; empty where there is no field."""


NO_FIELD = ("", "")
PLACES = (
    Place("list", (), "▌Inbox", NO_FIELD),
    Place("history", ("enter",), "▌Subject", NO_FIELD),
    Place("composer", ("r",), "REPLY"),
    Place("note", ("n",), "INTERNAL NOTE"),
    Place("search", ("/",), "Search all messages"),
    Place("palette", ("ctrl+p",), "What to do"),
    Place("command line", (":",), "Command"),
    Place("filter", ("&",), "ctrl\\+p palette"),
    Place("form", ("E",), "Edit the contact"),
    Place("picker", ("s", "z"), "Snooze until"),
    Place("confirm", ("d", "c"), "╭──"),
    Place("pipe", ("|",), "no shell"),
    Place("new conversation", ("c",), "NEW CONVERSATION"),
)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    with Session.open(profile("default")) as opened:
        able(opened.cache)
        account = replace(an_account(opened.cache), paused=True)
        opened.cache.write(lambda tx: accounts.put_account(tx, account))
        yield opened


def console(session: Session, delay: float) -> Terminal:
    """`delay`: seconds until a lone ESC is the Escape key."""
    home = str(session.profile.data.parent.parent)
    env = {"OMNITUI_HOME": home, "EDITOR": "/bin/false", "SSH_TTY": "/dev/pts/9", "ESCDELAY": f"{delay * 1000:.0f}"}
    return Terminal([sys.executable, "-m", "omnitui"], columns=130, lines=36, env=env)


def cuts(answer: str, turn: int, every: bool) -> list[int]:
    """Where an answer is cut in two: everywhere; or whole and at one place, another each time.

    Not where its beginning may be a key while the machine stands still, unless Escape waits for long.
    """
    inner = range(1, len(answer)) if every else range(3, len(answer))
    return [0, *inner] if every else [0, inner[turn % len(inner)]]


def attacked(terminal: Terminal, delay: float, *, every: bool) -> int:
    """Answers and pastes in every place; how many answers there were."""
    walker = Walker(terminal)
    sent = 0
    terminal.wait_for("Hello there", timeout=START)
    terminal.wait_quiet(0.3)
    for turn, place in enumerate(PLACES):
        before, after = place.typed
        walker.press(*place.keys)
        terminal.wait_for(re.compile(place.shows))
        if before:
            terminal.type(before)
            terminal.wait_for(before)
        for answer in ANSWERS.values():
            for cut in cuts(answer, turn, every):
                terminal.type(answer[:cut])
                time.sleep(0.001)
                terminal.type(answer[cut:])
                sent += 1
        if after:
            # What was typed behind the answers is there: all of them have been taken in.
            terminal.type(after)
            terminal.wait_for(before + after)
        else:
            terminal.wait_quiet(0.1)
        assert re.search(place.shows, terminal.screen()), (place.name, terminal.screen())
        terminal.paste(PASTED)
        if before:
            terminal.wait_for("u001b" if place.name in ("composer", "note") else "dd")
        terminal.wait_quiet(0.1)
        assert terminal.process.poll() is None, place.name
        assert re.search(place.shows, terminal.screen()), (place.name, terminal.screen())
        out(walker, place, delay)
    return sent


def out(walker: Walker, place: Place, delay: float) -> None:
    """Leave the place by Escape, which counts once nothing follows it for a while."""
    terminal = walker.terminal
    for _depth in range(6):
        if at_home(terminal):
            return
        sent = terminal.send("escape")
        while not at_home(terminal) and min(time.perf_counter() - sent, terminal.at_rest) < delay + 0.3:
            time.sleep(0.01)
        if time.perf_counter() - sent < delay:
            # That was the Escape before this one; a key right behind the new one would be read as one with Alt.
            terminal.wait_quiet(delay + 0.3)
    raise AssertionError(f"no way back from {place.name}:\n{terminal.screen()}")


def at_home(terminal: Terminal) -> bool:
    """Whether the list has the focus, with nothing over it."""
    rows = terminal.rows()
    return rows[0].startswith("▌Inbox") and not any("╭" in row for row in rows) and "Hello there" in "\n".join(rows)


def nothing_was_done(session: Session) -> None:
    """No key was pressed: what was pasted into answers is a draft, without anything that is obeyed."""
    cache = session.cache
    assert {op.verb for op in cache.read(oplog.log)} <= {Verb.READ}, "opening it marks it as read, and nothing more"
    assert cache.read(outbox.entries) == []
    [found] = cache.read(inbox.page, session.query("is:all"))
    assert found.status.value == "open"
    [message] = cache.read(history.page, found.id)
    assert message.text == "Hello there"
    kept = cache.read(drafts.drafts, found.id)
    assert {draft.kind for draft in kept} == {MessageKind.PUBLIC, MessageKind.NOTE}
    for draft in kept:
        assert draft.text.startswith("abcddd\n")
        assert strip_controls(draft.text) == draft.text


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=[pytest.mark.torture, pytest.mark.timeout(600)])])
def test_pastes_and_answers_are_no_keys_wherever_they_come(session: Session, every: bool, promise: Promise) -> None:
    a_conversation(session.cache, "Hello there", contact="Ann", subject="Subject")
    delay = 0.8 if every else 0.1
    with console(session, delay) as terminal:
        sent = attacked(terminal, delay, every=every)
        terminal.send("ctrl+q")
        assert terminal.wait_end(60) == 0
    nothing_was_done(session)
    figure = (
        f"{len(PAYLOADS)} payloads pasted and {sent:,} answers, whole and cut in two, in each of {len(PLACES)} places"
    )
    promise(NO_KEY, f"{figure}: 0 keys, 0 messages sent")
