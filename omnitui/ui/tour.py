"""The tour's strip above the status line: asks for one act at a time and notices by the desk when it was done."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual.timer import Timer

from omnitui.desk.tour import STEPS, Facts, step_of
from omnitui.i18n import _
from omnitui.model.operations import Op
from omnitui.model.states import Verb
from omnitui.services.session import Session
from omnitui.store.reads import oplog
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain
from omnitui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from omnitui.ui.screens.main import MainScreen

LOOK_SECONDS = 0.3
DONE_SECONDS = 12.0
MOST_OPS = 200
DONE = "done"


def kept(session: Session) -> Path:
    """The file that says how far the tour has come."""
    return session.profile.state / "tour"


class Tour:
    """A tour that is under way. Where it was left, it goes on."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._strip = Lines(id="tour")
        self._timer: Timer | None = None
        self._looking = False
        self._before: Facts | None = None
        self._since = self._newest = ""
        self._at = step_of(self._kept())

    @property
    def running(self) -> bool:
        """Whether the strip is on the screen."""
        return self._timer is not None

    def begin(self) -> None:
        """Show the strip, at the act where the tour was left."""
        screen = self._desk.screen
        self._at = step_of(self._kept())
        self._before = None
        self._since = self._newest = ""
        self._keep()
        screen.mount(self._strip, before=screen.captions.status)
        # Only while it is under way: an idle console does not wake up.
        self._timer = screen.set_interval(LOOK_SECONDS, self._look)
        self._look()

    def leave(self) -> None:
        """Take the strip away; the palette takes the tour up again."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._strip.remove()
            self._strip = Lines(id="tour")

    def _end(self) -> None:
        """All was done; a dialog in front may hide the strip that says so."""
        if self._desk.screen.is_current:
            self.leave()
        else:
            self._desk.screen.set_timer(DONE_SECONDS, self._end)

    def toggle(self) -> None:
        """Leave the tour, or take it up."""
        if self.running:
            self.leave()
            self._desk.say(_("the tour waits in the palette"))
        else:
            self.begin()

    def _look(self) -> None:
        if not self._looking:
            self._looking = True
            self._desk.spawn(self._compare())

    async def _compare(self) -> None:
        try:
            ops = await self._desk.cache.aread(oplog.log, limit=MOST_OPS)
        finally:
            self._looking = False
        if not self.running or self._at >= len(STEPS):
            return
        newest = ops[0].id if ops else "0"
        since = self._since or newest
        facts = _facts(self._desk, [op for op in ops if op.id > since])
        if self._before is None:
            self._before, self._since = facts, since
        if STEPS[self._at].done(self._before, facts):
            # What was done right after the act was done counts for the next one: from the last look on.
            self._before, self._since = facts, self._newest or since
            self._at += 1
            self._keep()
            if self._at == len(STEPS):
                self._desk.screen.set_timer(DONE_SECONDS, self._end)
        self._newest = newest
        self._draw()

    def _draw(self) -> None:
        width = max(self._desk.screen.size.width, 20)
        keymap = self._desk.screen.keyboard.keymap
        leave = keymap.key_of("app.tour")
        if self._at < len(STEPS):
            step = STEPS[self._at]
            keys = {name: keymap.key_of(action) or _("(in the palette)") for name, action in step.keys.items()}
            head, text = f" {self._at + 1}/{len(STEPS)} ", _(step.ask).format(**keys)
            tail = " " + _("({key} leaves the tour)").format(key=leave) if leave else ""
        else:
            head, text = " ✓ ", _("That was the tour. ? names the keys of every pane; have a good day.")
            tail = ""
        lines = wrap(plain(text + tail), width - len(head) - 2)[:2]
        self._strip.show(
            [((head if not at else " " * len(head), "chosen"), (f" {line}", "strong")) for at, line in enumerate(lines)]
        )

    def _kept(self) -> str:
        with suppress(OSError, ValueError):
            return kept(self._desk.session).read_text("utf-8").strip()
        return ""

    def _keep(self) -> None:
        with suppress(OSError):
            kept(self._desk.session).write_text(STEPS[self._at].id if self._at < len(STEPS) else DONE, "utf-8")


def _facts(desk: Desk, ops: list[Op]) -> Facts:
    screen: MainScreen = desk.screen
    deeds = {
        "reply": sum(op.verb in (Verb.REPLY, Verb.NEW) and not op.undoes for op in ops),
        "undone": sum(bool(op.undoes) for op in ops),
        "note": sum(op.verb is Verb.NOTE and not op.undoes for op in ops),
        "resolved": sum(op.after.get("status") == "resolved" and not op.undoes for op in ops),
    }
    return Facts(
        selected=screen.queue.selected or "",
        reading=screen.history.has_focus,
        deeds=deeds,
        searches=desk.memory.kept["searches"],
        searched=next(iter(desk.memory.recall("searches")), ""),
        latest=tuple(desk.memory.recall("palette")[:2]),
    )
