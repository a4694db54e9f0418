"""A rule tried on the whole history: how far it has got, then how often and where it would have fired."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.desk.acting.telling import Words
from omnitui.desk.rules.rule import Rule
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.services.background import in_background
from omnitui.services.rules import trials
from omnitui.services.rules.trials import Example, Tried
from omnitui.ui.desk import Desk
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.foreseen import words_of
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice
from omnitui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from omnitui.services.session import Session

LISTED = 300
"""Firings that are listed, the newest."""
_ANSWERS = (False, True)
"""Values of choices; those of firings begin with 2."""


class _TryingScreen(LastHopModal[Tried | OmniError | None]):
    """How far the trial has got; Escape gives it up."""

    def __init__(self, session: Session, rule: Rule) -> None:
        super().__init__()
        self._session = session
        self._rule = rule
        self._work: asyncio.Task[None] | None = None
        self._found: Tried | OmniError | None = None

    def compose(self) -> ComposeResult:
        """What is tried, how far, the key."""
        with Vertical(classes="dialog picker -small"):
            yield Lines(classes="title")
            yield Lines(classes="below")
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Begin."""
        title = _("Try {rule} on all that has happened").format(rule=plain(self._rule.title))
        self.query_one(".title", Lines).show([((title, "title"),)])
        self.query_one(".hint", Lines).show([((_("nothing is done; Esc gives it up"), "muted"),)])
        self._work = asyncio.create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()

        def progress(done: int, of: int) -> None:
            loop.call_soon_threadsafe(self._tell, done, of)

        def work(stop: threading.Event) -> None:
            try:
                self._found = trials.attempt(self._session, self._rule, limit=LISTED, progress=progress, stop=stop)
            except OmniError as error:
                self._found = error

        await in_background("trial", work)
        if self.is_attached:
            self.dismiss(self._found)

    def _tell(self, done: int, of: int) -> None:
        if self.is_attached:
            said = _("{done} of {of} conversations").format(done=f"{done:,}", of=f"{of:,}")
            self.query_one(".below", Lines).show([((said, "text"),)])

    def on_key(self, event: events.Key) -> None:
        """Escape gives it up."""
        event.stop()
        event.prevent_default()
        if event.key in ("escape", "q", "ctrl+q"):
            self.dismiss(None)

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        if self._work is not None:
            self._work.cancel()


class TriedScreen(PickerScreen):
    """What came of it; where it asks, no and yes stand first."""

    HINT_LINES = 6

    def take(self, chosen: Choice) -> None:
        """An answer, or a firing whose conversation is wanted."""
        if chosen.value is None:
            self.say(_("there are more than are listed: omnitui rule try has --before"), "warn")
        else:
            self.dismiss(chosen)


async def attempt(desk: Desk, rule: Rule) -> Tried | OmniError | None:
    """Try a rule; None where it was given up."""
    return await desk.ask(_TryingScreen(desk.session, rule))


async def show(desk: Desk, tried: Tried, *, ask: str = "") -> bool | None:
    """Show what came of a trial.

    Returns:
        Whether it was agreed to, where something is asked. None: a firing's conversation was wanted, and is shown.
    """
    words = await words_of(desk)
    title = f"{tried.rule.title}: {trials.summary(tried)}"
    answers = [Choice(False, ((_("no, leave it off"), "text"),)), Choice(True, ((ask, "bad"),))] if ask else []
    mixed = len(tried.rule.on) > 1
    listed = [_choice(number, one, words, desk, mixed=mixed) for number, one in enumerate(tried.examples, 2)]
    if left := tried.fired - len(tried.examples):
        more = _("… and {n} more").format(n=f"{left:,}")
        listed.append(Choice(None, ((more, "muted"),), words=more))
    hint = "; ".join(trials.facts(tried, words)) or _("Enter shows the conversation")
    chosen = await desk.ask(TriedScreen(title, among([*answers, *listed]), hint=hint))
    if chosen is None:
        return False
    if chosen.value in _ANSWERS:
        return chosen.value is True
    desk.go(tried.examples[chosen.value - 2].foreseen.conversation.id)
    desk.screen.layouts.read()
    return None


def _choice(number: int, one: Example, words: Words, desk: Desk, *, mixed: bool) -> Choice:
    told = plain(words.changes(one.foreseen))
    theirs = any(change.field in ("note", "reply") for change in one.foreseen.changes)
    role = "bad" if one.foreseen.why_not else "theirs" if theirs else "good"
    left: Line = (
        (f"{phrases.moment(one.at, desk.clock.now(), desk.zone)}  ", "muted"),
        ("" if one.sure else "? ", "warn"),
        (plain(one.foreseen.conversation.contact or one.foreseen.conversation.subject), "theirs"),
        ("  ", ""),
        (told, role),
    )
    # Where one thing alone sets it off, why is the same for all.
    right = plain(one.why)[:24] if mixed else ""
    return Choice(number, left, ((right, "muted"),), words=told)
