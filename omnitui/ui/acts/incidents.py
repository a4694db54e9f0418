"""Incidents: the list of them, and linking conversations to one."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.ids import Ulid
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


async def _link(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens.incidents import link

    await link(desk, ids)


async def _open(desk: Desk) -> None:
    from omnitui.ui.screens.incidents import open_incidents

    await open_incidents(desk)


HANDLERS: Mapping[str, Handler] = {
    "conversation.incident": lambda desk, count: _link(desk, desk.targets()),
    "go.incidents": lambda desk, count: _open(desk),
}
