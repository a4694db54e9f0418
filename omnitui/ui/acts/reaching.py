"""How far an act reaches in the list: a count before it, or a motion after its operator."""

from __future__ import annotations

from omnitui.desk.acting.grammar import SPANNING
from omnitui.services.actions import Scope
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


def spans(desk: Desk, action_id: str, count: int | None) -> bool:
    """Whether a count means so many rows from the selected one on."""
    in_list = desk.screen.scope is Scope.LIST and not desk.screen.queue.marked
    return count is not None and count > 1 and in_list and action_id in SPANNING


async def reaching(desk: Desk, handler: Handler, motion: str, count: int) -> None:
    """Do an act to all rows that it reaches."""
    desk.doing.aimed = await desk.screen.queue.reach(motion, count) or None
    try:
        work = handler(desk, None)
    finally:
        desk.doing.aimed = None
    if work is not None:
        await work
