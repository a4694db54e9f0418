"""What each action of the table does on the main screen."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.services.actions import ACTIONS, Scope
from omnitui.services.triage.views import KIND
from omnitui.ui.acts import (
    away,
    changing,
    commands,
    contacts,
    copying,
    incidents,
    merging,
    messages,
    moving,
    places,
    repeating,
    rules,
    tasks,
    timeline,
    triaging,
    urgency,
    ways,
    writing,
)
from omnitui.ui.acts.handler import Handler
from omnitui.ui.acts.reaching import reaching, spans
from omnitui.ui.acts.reasons import why_not
from omnitui.ui.desk import Desk

__all__ = ["HANDLERS", "run", "why_not"]

HANDLERS: Mapping[str, Handler] = {
    **moving.HANDLERS,
    **places.HANDLERS,
    **away.HANDLERS,
    **changing.HANDLERS,
    **commands.HANDLERS,
    **contacts.HANDLERS,
    **copying.HANDLERS,
    **incidents.HANDLERS,
    **merging.HANDLERS,
    **messages.HANDLERS,
    **repeating.HANDLERS,
    **rules.HANDLERS,
    **tasks.HANDLERS,
    **timeline.HANDLERS,
    **triaging.HANDLERS,
    **urgency.HANDLERS,
    **ways.HANDLERS,
    **writing.HANDLERS,
}
"""One for every action of the table; a test holds the two together. What users add is found by `_own`."""


USED = (Scope.APP, Scope.DESK, Scope.COMPOSER)
"""Whose actions count as used: movements in a pane would push all else down the palette."""
ONE = frozenset(
    f"conversation.{verb}" for verb in ("reply", "reply_all", "via", "note", "editor", "call", "pipe")
) | frozenset({"contact.edit", "contact.link", "contact.unlink"})
"""What is done to the shown conversation alone, also where others are marked: it says so."""
PASSING = frozenset({"pane.next", "pane.previous", "pane.back"})
"""Movements between panes."""


def _own(action_id: str) -> Handler:
    """The handler of an action of the user's own."""
    kind, _dot, name = action_id.partition(".")
    return places.to_view(name) if kind == KIND else commands.handler(action_id)


def run(desk: Desk, action_id: str, count: int | None = None, *, motion: str = "", letter: str = "") -> None:
    """Run an action. What it acts on is settled now, not when its work gets its turn."""
    if action_id in ACTIONS and ACTIONS[action_id].scope in USED and action_id not in PASSING:
        desk.memory.keep("palette", f"action {action_id}")
    if reason := why_not(desk, action_id):
        desk.say(f"! {reason}", "warn")
        return
    if action_id in ONE and not desk.targets_one:
        desk.say(_("this means the shown conversation alone; the marked ones stay marked"), "warn")
    desk.doing.letter = letter
    if motion or spans(desk, action_id, count):
        desk.spawn(reaching(desk, HANDLERS[action_id], motion, count or 1), keyed=True)
        return
    try:
        work = (HANDLERS.get(action_id) or _own(action_id))(desk, count)
    except OmniError as error:
        desk.complain(error)
        return
    if work is not None:
        desk.spawn(work, keyed=True)
