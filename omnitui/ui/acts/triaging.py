"""Resolving with a contact reason, handing on, macros."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.states import Status
from omnitui.ui.acts import bulk
from omnitui.ui.acts.changing import to_status
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases


async def resolve_with_reason(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask for a contact reason, and resolve with it; without one nothing is done."""
    from omnitui.ui.screens.reasons import pick_reason

    chosen = await pick_reason(desk)
    if chosen is None or (len(ids) == 1 and desk.shown not in ids):
        return
    word = f"{_(phrases.STATUS[Status.RESOLVED])} ({chosen.title})"
    said = _("{name}: {status}").format(name=bulk.named(desk, ids), status=word)
    await bulk.carry_out(desk, ids, to_status(Status.RESOLVED, word, chosen.path), said)


async def _hand_off(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens.handing import hand_off

    await hand_off(desk, ids)


async def _macro(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens.macros import pick_macro

    await pick_macro(desk, ids)


def _csat(desk: Desk, ids: tuple[Ulid, ...]) -> Coroutine[Any, Any, None]:
    from omnitui.desk.csat import QUESTION
    from omnitui.services.triage import csat
    from omnitui.ui.doing import Act

    act = Act(_("ask how it was"), lambda desk, ids: csat.plan(desk.session, ids), QUESTION)
    return bulk.carry_out(desk, ids, act, _("asked: held for undo, then it leaves"))


HANDLERS: Mapping[str, Handler] = {
    "conversation.reason": lambda desk, count: resolve_with_reason(desk, desk.targets()),
    "conversation.hand_off": lambda desk, count: _hand_off(desk, desk.targets()),
    "conversation.csat": lambda desk, count: _csat(desk, desk.targets()),
    "conversation.macro": lambda desk, count: _macro(desk, desk.targets()),
}
