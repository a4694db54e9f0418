"""Handing conversations on: one form, one act, one undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events

from omnitui.desk.acting.handing import handed
from omnitui.desk.acting.steps import Step
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.people import Agent
from omnitui.model.states import Status, Verb
from omnitui.store.reads import accounts
from omnitui.ui.acts import bulk
from omnitui.ui.acts.changing import leave
from omnitui.ui.desk import Desk
from omnitui.ui.doing import of_steps
from omnitui.ui.screens.form import Entry, FormScreen


class HandOffScreen(FormScreen):
    """Says what is wrong while it can still be put right."""

    def __init__(self, desk: Desk, agents: Sequence[Agent], entries: tuple[Entry, ...]) -> None:
        super().__init__(_("Hand off"), entries, done=_("hand off"))
        self._desk = desk
        self._agents = agents

    def on_key(self, event: events.Key) -> None:
        """Take it only where it makes sense."""
        if event.key == "ctrl+s":
            try:
                steps_of(self._desk, self._agents, self.values())
            except OmniError as error:
                event.stop()
                event.prevent_default()
                self.complain(f"{error.message}: {error.hint}" if error.hint else error.message)
                return
        super().on_key(event)


def steps_of(desk: Desk, agents: Sequence[Agent], values: Mapping[str, str]) -> tuple[Step, ...]:
    """What the fields say. Raises OmniError."""
    return handed(
        values["to"],
        values["note"],
        values["priority"],
        values["until"],
        agents=agents,
        now=desk.clock.now(),
        zone=desk.zone,
    )


async def hand_off(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask for note, assignee, priority and snooze, and do it all at once."""
    agents = await desk.cache.aread(accounts.agents)
    entries = (
        Entry("to", _("To (a name, me, none)")),
        Entry("note", _("Note"), long=True),
        Entry("priority", _("Priority (low, normal, high, urgent)")),
        Entry("until", _("Snooze until (2h, tomorrow 9, reply)")),
    )
    values = await desk.ask(HandOffScreen(desk, agents, entries))
    if values is None or (len(ids) == 1 and desk.shown not in ids):
        return
    wanted = steps_of(desk, agents, values)

    def begin(desk: Desk, ids: tuple[Ulid, ...]) -> None:
        if any(step.verb is Verb.SNOOZE and step.values["lead"] is None for step in wanted):
            leave(desk, ids, Status.SNOOZED)

    name = bulk.named(desk, ids)
    said = _("{name}: handed off; undo takes all of it back").format(name=name)
    await bulk.carry_out(desk, ids, of_steps(_("hand off"), *wanted, begin=begin), said)
