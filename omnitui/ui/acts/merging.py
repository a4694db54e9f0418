"""Showing conversations as one, and cutting them apart."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.ids import Ulid
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


async def _merge(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens.merging import merge

    await merge(desk, ids)


async def _split(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens.merging import split

    await split(desk, ids)


HANDLERS: Mapping[str, Handler] = {
    "conversation.merge": lambda desk, count: _merge(desk, desk.targets()),
    "conversation.split": lambda desk, count: _split(desk, desk.targets()),
}
