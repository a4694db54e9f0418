"""The rules of the desk."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


async def _open(desk: Desk) -> None:
    from omnitui.ui.screens.rules import open_rules

    await open_rules(desk)


HANDLERS: Mapping[str, Handler] = {"go.rules": lambda desk, count: _open(desk)}
