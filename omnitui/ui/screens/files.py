"""Choosing a file to send along."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from omnitui.i18n import _
from omnitui.ui import phrases
from omnitui.ui.desk import Desk
from omnitui.ui.roles import plain
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choice

MOST = 200


async def pick_file(desk: Desk) -> str | None:
    """Ask for a file; folders are gone into by typing on. None when the agent left."""

    async def source(text: str) -> Sequence[Choice]:
        return await asyncio.to_thread(_listed, text)

    text = f"{Path.home()}/"
    while True:
        screen = PickerScreen(
            _("Attach which file?"), source, hint=_("Enter opens a folder or takes a file"), text=text
        )
        chosen = await desk.ask(screen)
        if chosen is None:
            return None
        name = str(chosen.value)
        if not name.endswith("/"):
            return name
        text = name


def _listed(text: str) -> list[Choice]:
    path = Path(text).expanduser()
    folder, start = (path, "") if text.endswith("/") else (path.parent, path.name)
    try:
        entries = sorted(folder.iterdir(), key=lambda one: (not one.is_dir(), one.name.casefold()))
    except OSError:
        return []
    found = [one for one in entries if one.name.casefold().startswith(start.casefold())]
    if not start:
        found = [one for one in found if not one.name.startswith(".")]
    return [_choice(one) for one in found[:MOST]]


def _choice(path: Path) -> Choice:
    if path.is_dir():
        return Choice(f"{path}/", ((plain(path.name) + "/", "label"),))
    try:
        size = phrases.size(path.stat().st_size)
    except OSError:
        size = ""
    return Choice(str(path), ((plain(path.name), "text"),), ((size, "muted"),))
