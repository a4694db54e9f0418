"""The line by line face, for screen readers and braille: no boxes, no redraw; each change one line, each verb a line.

It takes the shell's verbs and a few short words; conversations are numbered as they were last listed.
"""

from __future__ import annotations

import asyncio
import shlex
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from omnitui.bus import Changed
from omnitui.desk.naming import PRIORITY, SEND, STATUS, channel_word
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.states import Direction, MessageKind, ObjectKind, Priority, SendState, Status
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown

if TYPE_CHECKING:
    import sqlite3

    from omnitui.services.session import Session
    from omnitui.sync.engine import Engine

PROMPT: Final = "> "
PAGE: Final = 10
STOP_SECONDS: Final = 3.0
LATEST: Final = 5
"""Messages that `open` reads out; `show` gives all."""
SHORT: Final = {
    "l": "list", "o": "open", "n": "next", "p": "previous", "r": "reply", "m": "more", "d": "resolve", "u": "undo",
    "?": "help", "q": "quit", "exit": "quit",
}  # fmt: skip
ON_CURRENT: Final = ("resolve", "reopen", "close", "assign", "label", "priority", "snooze", "read", "unread", "show")
"""Verbs that mean the conversation that is open where none is named."""

NUMBERED: Final = (*ON_CURRENT, "task add", "csat ask", "merge", "split", "call", "blame", "handoff")
"""Verbs behind which a number of the list needs no #."""


class Linear:
    """One session, line by line."""

    def __init__(self, session: Session, verb: Callable[[list[str]], int]) -> None:
        """`verb` runs a verb of the shell on this session's profile and returns its exit code."""
        self._session = session
        self._verb = verb
        self._listed: list[Ulid] = []
        self._query = "is:open"
        self._at = -1
        self._open: Ulid | None = None
        self._told: set[tuple[Ulid, str]] = set()

    def run(self) -> int:
        """Read lines until the end; returns the exit code."""
        unsubscribe = self._session.bus.subscribe(Changed, self._changed)
        self._session.cache.watch()
        self._say(_("omnitui, line by line. “help” names what can be typed, “quit” ends."))
        self._list([])
        try:
            while True:
                try:
                    line = input(PROMPT)
                except EOFError:
                    return 0
                if not self.take(line):
                    return 0
        finally:
            unsubscribe()

    def take(self, line: str) -> bool:
        """Do what a line says; False where it ends the session."""
        try:
            words = shlex.split(line)
        except ValueError:
            words = line.split()
        if not words:
            return True
        first = SHORT.get(words[0], words[0])
        if first.removeprefix("#").isdigit():
            first, words = "open", ["open", first]
        steps: dict[str, Callable[[list[str]], None]] = {
            "list": self._list, "ls": self._list, "more": self._more, "open": self._read, "next": self._next,
            "previous": self._previous, "reply": self._write, "note": self._write, "help": self._help,
        }  # fmt: skip
        if first == "quit":
            return False
        try:
            if first in steps:
                steps[first](words[1:] if first != "note" and first != "reply" else [first, *words[1:]])
            else:
                words = _numbered([first, *words[1:]])
                rest = [self._named(word) for word in words[1:]]
                if first in ON_CURRENT and self._open is not None and not self._names_one(words[1:]):
                    rest.insert(0, self._open)
                self._verb([first, *rest])
        except OmniError as error:
            self._say(f"{error.message}" + (f" ({error.hint})" if error.hint else ""))
        return True

    def _say(self, text: str) -> None:
        print(shown(safe(text, multiline=False)), flush=True)

    def _names_one(self, words: Sequence[str]) -> bool:
        return any(self._named(word) != word or len(word) >= 20 for word in words)

    def _named(self, word: str) -> str:
        number = word.removeprefix("#")
        if word.startswith("#") and number.isdigit() and 0 < int(number) <= len(self._listed):
            return self._listed[int(number) - 1]
        return word

    def _list(self, words: list[str]) -> None:
        from omnitui.store.reads import inbox

        self._query = " ".join(words) or "is:open"
        found = self._session.cache.read(inbox.page, self._session.query(self._query), limit=100)
        self._listed = [one.id for one in found]
        self._at = -1
        self._say(_("{n} conversations: {query}").format(n=len(found), query=self._query))
        self._first = 0
        self._more([])

    def _more(self, _words: list[str]) -> None:
        from omnitui.store.reads import inbox

        part = self._listed[self._first : self._first + PAGE]
        for number, one in enumerate(part, self._first + 1):
            found = self._session.cache.read(inbox.conversation, one)
            if found is None:
                continue
            marks = [
                _("{n} unread").format(n=found.unread) if found.unread else "",
                _(PRIORITY[found.priority]) if found.priority in (Priority.HIGH, Priority.URGENT) else "",
                _(STATUS[found.status]) if found.status is not Status.OPEN else "",
                _("a message that failed") if found.send_state is SendState.FAILED else "",
                found.assignee or _("nobody"),
            ]
            about = ", ".join(
                [found.contact, channel_word(found.channel), found.subject or found.snippet, *filter(None, marks)]
            )
            self._say(f"{number}. {' '.join(about.split())}")
        self._first += len(part)
        left = len(self._listed) - self._first
        if left > 0:
            self._say(_("{n} more: “more”").format(n=left))

    def _next(self, _words: list[str]) -> None:
        self._go(self._at + 1)

    def _previous(self, _words: list[str]) -> None:
        self._go(self._at - 1)

    def _read(self, words: list[str]) -> None:
        if words and words[0].removeprefix("#").isdigit():
            self._go(int(words[0].removeprefix("#")) - 1)
        elif words:
            from omnitui.store.reads.inbox import resolve_ref

            self._show(self._session.cache.read(resolve_ref, words[0], ObjectKind.CONVERSATION))
        elif self._open is not None:
            self._show(self._open)

    def _go(self, at: int) -> None:
        if not 0 <= at < len(self._listed):
            self._say(_("there is no further conversation in the list"))
            return
        self._at = at
        self._show(self._listed[at])

    def _show(self, conversation_id: Ulid) -> None:
        from omnitui.store.reads import history, inbox

        found = self._session.cache.read(inbox.conversation, conversation_id)
        if found is None:
            return
        self._open = conversation_id
        where = (channel_word(found.channel), _(STATUS[found.status]))
        self._say(", ".join((found.subject or found.snippet, found.contact, *where)))
        for message in self._session.cache.read(history.page, conversation_id, limit=LATEST):
            kind = _("note by") if message.kind is MessageKind.NOTE else ""
            out = _("we, ") if message.direction is Direction.OUTGOING and not kind else ""
            state = f", {_(SEND[message.state])}" if message.state is not None else ""
            self._say(f"{kind} {out}{message.author}{state}:".strip())
            for line in islice(shown(safe(message.text)).splitlines(), 200):
                self._say(line)
        if found.unread:
            self._session.operations.mark_read([conversation_id])

    def _write(self, words: list[str]) -> None:
        verb, text = words[0], " ".join(words[1:])
        if self._open is None:
            self._say(_("no conversation is open: “open 1”"))
            return
        if not text:
            self._say(_("Write; a line with a dot alone ends it, an empty text drops it."))
            lines: list[str] = []
            with suppress(EOFError):
                while (line := input()) != ".":
                    lines.append(line)
            text = "\n".join(lines).strip()
        if text:
            self._verb([verb, self._open, "--text", text])
        else:
            self._say(_("dropped"))

    def _help(self, _words: list[str]) -> None:
        self._say(_("list [QUERY], more, open N (or only N), next, previous, reply [TEXT], note [TEXT], undo, quit"))
        self._say(
            _("and every verb of the shell: resolve, snooze 2h, label +x, search …; #N means number N of the list")
        )

    # What happens meanwhile

    def _changed(self, changed: Changed) -> None:
        # On the writer's thread: reading there would wait for itself.
        ids = [one.object_id for one in changed.changes if one.kind is ObjectKind.MESSAGE]
        if 0 < len(ids) <= 20:
            threading.Thread(target=self._tell, args=(ids,), daemon=True).start()

    def _tell(self, ids: list[Ulid]) -> None:
        with suppress(Exception):
            for line in self._session.cache.read(self._news, ids):
                print(f"\r{shown(safe(line, multiline=False))}\n{PROMPT}", end="", flush=True)

    def _news(self, db: sqlite3.Connection, ids: Sequence[Ulid]) -> list[str]:
        from omnitui.store.reads import history, inbox

        lines: list[str] = []
        for one in ids:
            message = history.message(db, one)
            if message is None or self._session.cache.clock.now() - message.received_at > 600_000:
                continue
            state = message.state.value if message.state is not None else "new"
            if (one, state) in self._told or message.kind is MessageKind.ACTIVITY:
                continue
            self._told.add((one, state))
            found = inbox.conversation(db, message.conversation_id)
            if found is None:
                continue
            if message.direction is Direction.INCOMING:
                lines.append(_("New message from {name}: {subject}").format(name=found.contact, subject=found.subject))
            elif message.state is not None:
                lines.append(_("Message to {name}: {state}").format(name=found.contact, state=_(SEND[message.state])))
        return lines


def run_linear(session: Session, verb: Callable[[list[str]], int]) -> int:
    """Run the line by line face, with the connectors beside it where no other process runs them."""
    from omnitui.sync.lease import Lease

    lease = Lease(session.profile.state)
    engine = None
    thread = None
    loop = asyncio.new_event_loop()

    def sync(engine: Engine) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(engine.run(lease))

    if not session.locked and lease.acquire():
        engine = session.engine()
        thread = threading.Thread(target=sync, args=(engine,), daemon=True)
        thread.start()
    try:
        return Linear(session, verb).run()
    except KeyboardInterrupt:
        return 0
    finally:
        if engine is not None and thread is not None:
            with suppress(RuntimeError):  # it has ended
                loop.call_soon_threadsafe(engine.stop)
            thread.join(STOP_SECONDS)
        lease.release()
        sys.stdout.flush()


def _numbered(words: list[str]) -> list[str]:
    """Words with # before the numbers that a verb begins with: they mean rows of the list."""
    for verb in NUMBERED:
        at = len(parts := verb.split())
        if words[:at] == parts:
            while words[at : at + 1] and words[at].isdigit():
                words[at] = f"#{words[at]}"
                at += 1 if verb not in ON_CURRENT else len(words)
    return words
