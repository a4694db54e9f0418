"""Handing a conversation on in one step: note, assignee, priority and snooze, from what was typed for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from omnitui.clock import Millis
from omnitui.desk.acting import steps
from omnitui.desk.acting.steps import Step
from omnitui.desk.naming import PRIORITY
from omnitui.desk.querying.matching import fold
from omnitui.desk.times.until import until
from omnitui.errors import NotFound, UsageError
from omnitui.i18n import _
from omnitui.model.people import Agent
from omnitui.model.states import Priority


def handed(
    to: str, note: str, priority: str, rest: str, *, agents: Sequence[Agent], now: Millis, zone: tzinfo
) -> tuple[Step, ...]:
    """The steps of a hand-off; what is empty stays as it is.

    Raises:
        OmniError: Nothing is asked for, or one of the values makes no sense.
    """
    made: list[Step] = []
    if note.strip():
        made.append(steps.note(note.strip()))
    if to.strip():
        made.append(steps.assign(agent_called(agents, to)))
    if priority.strip():
        made.append(steps.priority(priority_called(priority)))
    if rest.strip():
        made.append(steps.snooze(until(rest, now=now, zone=zone)))
    if not made:
        raise UsageError(_("nothing is to change"))
    return tuple(made)


def agent_called(agents: Sequence[Agent], text: str) -> str | None:
    """The id of the agent called so: "me", a name, the beginning of one, an address or an id; None for "none".

    Raises:
        NotFound: Nobody is, or several are.
    """
    wanted = text.strip().casefold().removeprefix("@")
    if wanted == "none":
        return None
    if wanted == "me":
        return next(one.id for one in agents if one.me)
    found = [
        one.id
        for one in agents
        if wanted in (one.name.casefold(), one.id.casefold(), *(address.casefold() for address in one.addresses))
    ]
    if not found:
        found = [one.id for one in agents if any(part.startswith(wanted) for part in one.name.casefold().split())]
    if len(found) != 1:
        names = ", ".join(one.name for one in agents)
        said = _("several agents are called “{name}”") if found else _("there is no agent called “{name}”")
        raise NotFound(said.format(name=text), hint=_("me, none, or one of: {names}").format(names=names))
    return found[0]


def priority_called(text: str) -> Priority:
    """A priority by its word or the beginning of it. Raises UsageError."""
    wanted = fold(text).strip()
    for one in Priority:
        if wanted and (one.value.startswith(wanted) or fold(_(PRIORITY[one])).startswith(wanted)):
            return one
    words = ", ".join(one.value for one in Priority)
    raise UsageError(_("“{text}” is no priority").format(text=text), hint=_("one of: {}").format(words))
