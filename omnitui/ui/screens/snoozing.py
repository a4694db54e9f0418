"""Until when a conversation is to sleep, and what becomes of its clocks by then, said before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Input

from omnitui.clock import Millis
from omnitui.desk.acting.grammar import is_length
from omnitui.desk.naming import CLOCK
from omnitui.desk.promises.urgency import Cause, Standing
from omnitui.desk.times.until import Until
from omnitui.errors import OmniError
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.states import Status
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.screens.picker import PickerScreen, Source
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    from omnitui.desk.promises.sla import Clock
    from omnitui.services.triage.agreements import Prospect

MOST = 100
"""Of more conversations nothing is foretold."""


class SnoozeScreen(PickerScreen):
    """Takes a length of time as soon as its unit is typed: 2d, 3h, 1w. Below the field stands what would be then."""

    def __init__(self, title: str, source: Source, desk: Desk, ids: Sequence[Ulid], *, hint: str) -> None:
        super().__init__(title, source, hint=hint, small=True)
        self._desk = desk
        self._ids = ids
        self._prospects: Sequence[Prospect] = ()

    def on_mount(self) -> None:
        """The dialog is there at once, and what it foretells as soon as it is read."""
        self.run_worker(self._read())

    async def _read(self) -> None:
        self._prospects = await _prospects(self._desk, self._ids)
        if self.is_open:
            self._foretell()

    def on_input_changed(self, event: Input.Changed) -> None:
        """A keystroke."""
        if is_length(event.value):
            event.stop()
            self.dismiss(Choice(event.value, ()))
        else:
            super().on_input_changed(event)

    def on_key(self, event: events.Key) -> None:
        """A key that may move the cursor."""
        super().on_key(event)
        if self.is_open:
            self._foretell()

    def _show(self, text: str, found: Sequence[Choice]) -> None:
        super()._show(text, found)
        if self.is_open:
            self._foretell()

    def _foretell(self) -> None:
        chosen = self.choices.current
        if chosen is None or not self._prospects:
            return
        said, late = foretold(self._prospects, chosen.value, self._desk.clock.now())
        self.below(((said, "warn" if late else "text"),) if said else ())


async def _prospects(desk: Desk, ids: Sequence[Ulid]) -> list[Prospect]:
    """How the clocks of these conversations go on, where they have any; none of very many."""
    from omnitui.services.triage.agreements import prospect

    if len(ids) > MOST:
        return []
    now = desk.clock.now()
    found = await desk.cache.aread(lambda db: [prospect(db, own, now) for own in ids])
    return [one for one in found if one is not None]


def foretold(found: Sequence[Prospect], until: object, now: Millis) -> tuple[str, bool]:
    """What the clocks say when conversations wake up; and whether something is late then. "" where there is nothing."""
    if not isinstance(until, Until):
        return "", False
    ends: list[tuple[Prospect, Millis]] = []
    for one in found:
        try:
            at = until.moment(one.conversation, now)
        except OmniError:
            continue
        if at is not None:
            ends.append((one, at))
    if len(ends) > 1:
        late = sum(one.late(Status.SNOOZED, at) for one, at in ends)
        return ngettext("By then {n} of them is late.", "By then {n} of them are late.", late).format(n=late), late > 0
    if not ends:
        return "", False
    one, at = ends[0]
    parts = [_clock(clock, at) for clock in one.clocks(Status.SNOOZED, at)]
    if one.window_closed(at):
        parts.append(_("the reply window is closed"))
    return (_("By then: {clocks}").format(clocks=" · ".join(parts)) if parts else ""), one.late(Status.SNOOZED, at)


def _clock(clock: Clock, at: Millis) -> str:
    name = _(CLOCK[Cause(clock.target.value)])
    if clock.standing is Standing.BREACHED and clock.due_at is not None:
        return _("{clock} {span} late").format(clock=name, span=phrases.countdown(max(at - clock.due_at, 0)))
    return _("{clock}: {span} left").format(clock=name, span=phrases.countdown(clock.left))
