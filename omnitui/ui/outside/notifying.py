"""Notices by the terminal: which sequence it understands, and when the console writes one."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from omnitui.bus import Changed
from omnitui.clock import Millis
from omnitui.environment import inherited
from omnitui.ids import Ulid, encode
from omnitui.model.states import ObjectKind, SendState
from omnitui.services.notices import Event, Notices, Occasion, occasion
from omnitui.text.safe import strip_controls
from omnitui.text.widths import crop

if TYPE_CHECKING:
    import sqlite3

    from omnitui.config.settings import Notify
    from omnitui.ui.app import ConsoleApp

BELL = "\x07"
WIDTH = 120
"""Cells of a notice."""
FRESH = 10 * 60_000
"""Milliseconds after which a message that arrives is old history, as is all that came before the console began."""
SETTLED = 60_000
"""Milliseconds after which an account that is in step has brought what came before: the newest that comes in then is
news, though the back end says that it is old. Its clock may be behind."""
BEHIND = 24 * 3_600_000
"""Milliseconds that a back end's clock may be behind."""
LATER = 0.3
"""Seconds after a change until it is looked at."""
MOST = 50
"""Messages of one change that are looked at: more of them are a backfill."""
_LOUD = (SendState.FAILED, SendState.BLOCKED, SendState.UNKNOWN)


NAMED = {"kitty": "osc99", "foot": "osc777", "wezterm": "osc9", "iterm2": "osc9", "ghostty": "osc9"}
"""Terminals by how the names begin that they give themselves when they are asked: also through SSH."""


def understood(environ: Mapping[str, str], name: str = "") -> str:
    """The notice that a terminal shows: "osc99" (kitty), "osc777" (foot, urxvt, VTE), "osc9", or "bell".

    `name` is what it calls itself.
    """
    told = [kind for begin, kind in NAMED.items() if name.lower().startswith(begin)]
    if told:
        return told[0]
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if "kitty" in term or environ.get("KITTY_WINDOW_ID"):
        return "osc99"
    if term.startswith(("foot", "rxvt")) or environ.get("VTE_VERSION"):
        return "osc777"
    if program in ("iTerm.app", "WezTerm", "ghostty") or "ghostty" in term:
        return "osc9"
    return "bell"


def behind_tmux() -> str:
    """What the terminal behind tmux shows, as far as tmux lets us through to it. Asks tmux: not for the event loop."""
    try:
        asked = subprocess.run(
            ("tmux", "display-message", "-p", "#{client_termname} #{allow-passthrough}"),
            capture_output=True,
            timeout=2,
            text=True,
            check=False,
            env=inherited(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return "bell"
    term, _space, passes = asked.stdout.strip().partition(" ")
    return understood({"TERM": term}) if passes in ("1", "on", "all", "2") else "bell"


def sequence(kind: str, text: str, *, tmux: bool = False) -> str:
    """The bytes of a notice."""
    clean = crop(strip_controls(text).replace("\n", " ").replace(";", ","), WIDTH)
    # To some terminals a number first is a command of theirs: a progress bar, a pause.
    worded = f"omnitui: {clean}" if clean[:1].isdigit() else clean
    made = {
        "osc9": f"\x1b]9;{worded}\x07",
        "osc777": f"\x1b]777;notify;omnitui;{clean}\x07",
        "osc99": f"\x1b]99;;{clean}\x07",
    }.get(kind)
    if made is None:
        return BELL if kind == "bell" else ""
    return "\x1bPtmux;" + made.replace("\x1b", "\x1b\x1b") + "\x1b\\" if tmux else made


class Notifier:
    """Follows the cache's changes and gives notices while nobody looks at the console."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self.begin(app.session.settings.notify)
        self._failed: set[Ulid] | None = None
        self._began = app.session.cache.clock.now()
        self._in_step: dict[Ulid, Millis] = {}
        """Since when, as far as was looked, each account has been in step."""
        self._seen: set[Ulid] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._blurs = False
        """Whether the terminal tells when it loses the focus."""

    def begin(self, settings: Notify) -> None:
        """Give notices as these settings say, from now on."""
        self._settings = settings
        self._notices = Notices(settings, self._app.session.zone)

    async def follow(self) -> None:
        """Follow the changes of the cache until cancelled."""
        self._failures()
        async for changed in self._app.session.bus.listen(every=1.0):
            await asyncio.sleep(LATER)  # the desk reads first how it stands
            await self.changed(changed)

    def tell(self, events: Iterable[Event]) -> None:
        """Something else has happened that may be worth a notice."""
        if self._settings.via != "off" and not (self._blurs and self._app.app_focus):
            self._notices.add(events, self._app.session.cache.clock.now())
            self._schedule()

    def blurred(self) -> None:
        """The terminal has told that another window has the focus."""
        self._blurs = True

    async def changed(self, changed: Changed) -> None:
        """Something changed in the cache."""
        self._look_who_is_in_step()
        if self._settings.via == "off":
            self._failures()
            return
        ids = [one.object_id for one in changed.changes if one.kind is ObjectKind.MESSAGE]
        fresh = [one for one in ids if one not in self._seen]
        events: list[Event] = []
        if 0 < len(fresh) <= MOST:
            self._app.session.cache.me()
            events += await self._app.session.cache.aread(self._arrivals, fresh)
        self._seen = set(ids[-1_000:]) | (self._seen if len(self._seen) < 5_000 else set())
        events += self._failures()
        now = self._app.session.cache.clock.now()
        if not (self._blurs and self._app.app_focus):
            self._notices.add(events, now)
        self._schedule()

    def _look_who_is_in_step(self) -> None:
        now = self._app.session.cache.clock.now()
        whole = [entry for entry in self._app.main.desk.standing.ledger if not entry.scope]
        well = {entry.account_id for entry in whole if entry.health == "ok"}
        self._in_step = {account_id: self._in_step.get(account_id, now) for account_id in well}

    def _arrivals(self, db: sqlite3.Connection, ids: Iterable[Ulid]) -> list[Event]:
        from omnitui.store.reads import history, inbox
        from omnitui.store.reads.happenings import is_newest

        ids = list(ids)
        cache = self._app.session.cache
        me, now = cache.me(), cache.clock.now()
        found: list[Event] = []
        for one in ids:
            message = history.message(db, one)
            if message is None:
                continue
            timely = now - message.received_at <= FRESH and message.received_at >= self._began
            settled = now - self._in_step.get(message.account_id, now) >= SETTLED
            late = settled and one >= encode(self._began, 0) and now - message.received_at <= BEHIND
            if not timely and not (late and is_newest(db, one, ids)):
                continue
            conversation = inbox.conversation(db, message.conversation_id)
            why = occasion(message, conversation, me.id, me.name) if conversation is not None else None
            if why is not None:
                found.append(Event(why, f"{message.author}: {message.text[:400]}"))
        return found

    def _failures(self) -> list[Event]:
        failed = {one.op_id for one in self._app.main.desk.standing.outbox if one.state in _LOUD}
        before, self._failed = self._failed, failed
        return [] if before is None else [Event(Occasion.FAILED) for _one in failed - before]

    def _schedule(self) -> None:
        due = self._notices.due(self._app.session.cache.clock.now())
        if due is not None and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(due / 1000, lambda: self._app.main.desk.spawn(self._give()))

    async def _give(self) -> None:
        self._timer = None
        text = self._notices.take(self._app.session.cache.clock.now(), veiled=self._app.veiled)
        tmux = bool(os.environ.get("TMUX"))
        kind: str = self._settings.via
        if kind == "auto":
            kind = await asyncio.to_thread(behind_tmux) if tmux else understood(os.environ, self._app.terminal.name)
        self._app.write_sequence(sequence(kind, text, tmux=tmux))
