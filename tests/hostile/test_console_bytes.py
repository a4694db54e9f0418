"""The byte oracle: the real console in a real terminal on a cache full of the catalogue, every screen, every row."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.model.conversations import Draft
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store import accounts, drafts, outbox
from omnitui.store.reads import accounts as account_reads
from omnitui.store.reads import inbox
from omnitui.text.surrogates import mended
from tests.support.console import able
from tests.support.desk import a_conversation, a_message, an_account
from tests.support.payloads import PAYLOADS
from tests.support.promises import Promise
from tests.support.terminal import Terminal

START = 90.0
SCREENS = Path(__file__).parents[2] / "omnitui/ui/screens"
OWN = re.compile(
    rb"\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]|\x1b\[\?(?:2026|2048)\$p"
    rb"|\x1b\[(?:[0-9]+(?:;[0-9]+)?)?[CGHKX]|\x1b\[(?:[0-9]+(?:;[0-9]+)*)?m|\x1b\[>[0-9]+u|\x1b\[<u|\x1b\]22;[a-z]*\x07"
    rb"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\r|\x1b\[>0q|\x1b\](?:1[01]|4;8);\?\x1b\\|\x1b\[c"
)
"""What may leave: colours, the cursor, erasing, our modes, the pointer's shape, copies, our questions."""
PROMISE = (
    "Whatever strangers write, the console sends the terminal nothing but its own colours, cursor moves and modes."
)
INK = re.compile(rb"\x1b\[([0-9;]*)m")
COLOUR = re.compile(rb"[34]8;(?:5;[0-9]+|2;[0-9]+;[0-9]+;[0-9]+)")
ACTING = ("Cc", "Cf", "Cs", "Zl", "Zp")
JOINERS = "\u200c\u200d"
"""Kept where scripts and emoji need them."""

WALK: Mapping[str, tuple[str, ...]] = {
    "main": ("b", "i", "i", "b", "tab", "tab", "tab", "escape", "=", "=", "z", "z", "x", "V", "j", "V", "*", "*"),
    "help": ("?", "pagedown", "escape"),
    "palette": ("ctrl+p", "2", "down", "escape"),
    "commandline": (":", "l", "a", "b", "2", "l", " ", "+", "tab", "escape", "escape"),
    "leader": (",", "escape"),
    "search": ("/", "2", "down", "down", "escape"),
    "oplog": ("g", "h", "down", "pagedown", "escape"),
    "outbox": ("g", "o", "down", "enter", "escape", "escape"),
    "ledger": ("g", "b", "G", "escape"),
    "themes": ("g", "t", "down", "escape"),
    "contact": ("E", "escape"),
    "form": ("E", "down", "enter", "escape", "escape"),
    "pickers": ("a", "down", "escape", "l", "down", "escape", "p", "escape", "L", "down", "escape", "s", "z", "escape"),
    "picker": ("M", "escape"),
    "offers": ("&", "2", "escape"),
    "new": ("c", "tab", "2", "escape", "escape"),
    "confirm": ("d", "c", "escape"),
    "why": ("enter", "w", "pagedown", "escape", "escape"),
    "raw": ("enter", "v", "pagedown", "G", "escape", "escape"),
    "page": ("enter", "f", "K", "v", "escape", "escape"),
    "links": ("enter", "W", "down", "escape", "escape"),
    "preview": ("enter", "O", "enter", "escape", "escape", "escape"),
    "files": ("r", "f2", "down", "escape", "escape"),
    "writing": ("r", "f4", "down", "escape", "f8", "escape", "escape", "n", "escape"),
    "pipe": ("enter", "|", "escape", "escape"),
    "setting": (":", "s", "2", "t", " ", "tab", "escape", "escape"),
}
"""The keys that open each module of ui/screens: one that is added must be added here.

What is typed into them is a figure: where a dialog does not open, an "e" would open an editor, and while that has the
terminal, keys are echoed by the terminal itself.
"""
OURS = {"mended"}
"""Screens that hold no text of a stranger's and that no key opens."""
KEYS = {"f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS", "f8": "\x1b[19~"}


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    with Session.open(profile("default")) as opened:
        able(opened.cache)
        name = PAYLOADS["osc-title"] + PAYLOADS["markup-click"] + PAYLOADS["bidi-override"]
        account = replace(an_account(opened.cache), paused=True, name=name)
        opened.cache.write(lambda tx: accounts.put_account(tx, account))
        assert opened.cache.read(account_reads.accounts)[0].name == name
        yield opened


def fill(session: Session) -> None:
    """Every payload as a name, a subject, a body, a file, a label, a link, a note, the reason of a failure."""
    cache = session.cache
    account = cache.read(account_reads.accounts)[0]
    texts = [mended(text) for text in PAYLOADS.values()]
    count = len(texts)
    for index, text in enumerate(texts):
        subject, name, label = texts[(index + 1) % count], texts[(index + 2) % count], texts[(index + 3) % count]
        found = a_conversation(
            cache,
            f"{text}\nhttps://evil.example/{index}?{text} {name}",
            contact=f"N{index} {name}"[:500],
            address=f"n{index}@example.com",
            subject=subject[:500],
            labels=(label[:60],),
            account=account,
        )
        if index % 12 == 0:
            a_message(cache, found.id, text, author=name, files=(subject, label, text), kind=MessageKind.RAW)
            a_message(cache, found.id, text, direction=Direction.OUTGOING, kind=MessageKind.NOTE, author=subject)
            session.operations.set_contact(found.contact_id, {"about": text, "segment": name[:80], "time_zone": text})
            op = session.operations.reply(found.id, text or "x", hold=0)
            cache.write(lambda tx, op=op: outbox.move(tx, op.id, SendState.SENDING))  # type: ignore[misc]
            cache.write(
                lambda tx, op=op, text=text: outbox.move(tx, op.id, SendState.FAILED, reason=f"550 {text}")  # type: ignore[misc]
            )
            draft = Draft(cache.ids.new(), found.id, MessageKind.NOTE, text, attachments=("/tmp/" + name[:80],))
            cache.write(lambda tx, draft=draft: drafts.save(tx, draft))  # type: ignore[misc]
    session.profile.config.mkdir(parents=True, exist_ok=True)
    settings = session.profile.config / "config.toml"
    settings.write_text('[notify]\nvia = "off"\n', "utf-8")
    settings.chmod(0o600)
    keys = session.profile.keys_file
    keys.write_text(f'[keys]\n"list.down" = ["{"x" * 40}"]\n"pwned\\u001b]0;x\\u0007[/]" = ["q"]\n', "utf-8")
    keys.chmod(0o600)


def console(session: Session, columns: int, lines: int) -> Terminal:
    home = str(session.profile.data.parent.parent)
    return Terminal(
        [sys.executable, "-m", "omnitui"],
        columns=columns,
        lines=lines,
        env={"OMNITUI_HOME": home, "TZ": "Asia/Tokyo", "EDITOR": "/bin/false", "SSH_TTY": "/dev/pts/9"},
    )


def press(terminal: Terminal, keys: tuple[str, ...]) -> None:
    for name in keys:
        if name in KEYS:
            terminal.type(KEYS[name])
        else:
            terminal.send(name)
        terminal.wait_quiet(0.025)


def foreign(terminal: Terminal) -> list[str]:
    text = OWN.sub(b"", terminal.raw).decode("utf-8")
    return sorted({char for char in text if unicodedata.category(char) in ACTING and char not in JOINERS})


def test_every_screen_is_walked() -> None:
    modules = {path.stem for path in SCREENS.glob("*.py")} - {"__init__"}
    assert modules - OURS <= set(WALK), "say how each screen is opened, so that the byte oracle sees it"


def walk(terminal: Terminal, session: Session, pages: int) -> None:
    terminal.wait_for(re.compile(r"N\d+"), timeout=START)
    terminal.wait_quiet(0.3)
    for keys in WALK.values():
        press(terminal, keys)
        press(terminal, ("escape", "escape", "g", "i"))
    press(terminal, ("g", "a"))
    for _page in range(pages):
        for y in range(1, terminal.lines - 3):
            terminal.click(min(12, terminal.columns - 2), y)
            terminal.wait_quiet(0.02)
        press(terminal, ("escape", "pagedown"))
    press(terminal, ("g", "i", "enter", "J", "y", "y", "escape"))
    for x in range(2, terminal.columns, 9):
        for y in range(0, terminal.lines, 5):
            terminal.click(x, y)
        terminal.wait_quiet(0.02)
    press(terminal, ("escape", "escape"))
    terminal.resize(20, 5)
    terminal.wait_quiet(0.2)
    terminal.resize(140, 40)
    terminal.wait_quiet(0.3)


def judge(terminal: Terminal) -> None:
    assert foreign(terminal) == []
    attributes = {one for ink in INK.findall(terminal.raw) for one in COLOUR.sub(b"", ink).split(b";")}
    assert not attributes & {b"5", b"6", b"8"}, "nobody may hide or flash text"
    assert b"Traceback" not in terminal.raw
    assert b"pwned\x07" not in terminal.raw


def figure(terminal: Terminal) -> str:
    return (
        f"{len(PAYLOADS)} payloads in a cache, the keys of {len(WALK)} screens pressed and rows clicked at "
        f"{terminal.columns}×{terminal.lines}: {len(terminal.raw) // 1024:,} KiB written, 0 other characters that act"
    )


@pytest.mark.parametrize(("columns", "lines"), [(140, 40)])
def test_only_sequences_of_ours_leave_whatever_is_shown_and_clicked(
    session: Session, columns: int, lines: int, promise: Promise
) -> None:
    fill(session)
    with console(session, columns, lines) as terminal:
        walk(terminal, session, 1)
        assert terminal.process.poll() is None, terminal.screen()
        terminal.paste("\n".join(map(mended, PAYLOADS.values())))
        terminal.wait_quiet(0.3)
        terminal.send("ctrl+q")
        assert terminal.wait_end(60) == 0
        judge(terminal)
    assert session.cache.read(inbox.counts).get("resolved", 0) == 0, "no text has pressed a key"
    promise(PROMISE, figure(terminal))


@pytest.mark.torture
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("columns", "lines"), [(140, 40), (80, 24), (60, 20)])
def test_every_row_clicked_and_every_size(session: Session, columns: int, lines: int, promise: Promise) -> None:
    fill(session)
    with console(session, columns, lines) as terminal:
        walk(terminal, session, 14)
        terminal.send("ctrl+q")
        assert terminal.wait_end(60) == 0
        judge(terminal)
    promise(PROMISE, figure(terminal))
