"""Choosing a file to send along."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from textual import events
from textual.widgets import Input

from omnitui.i18n import _
from omnitui.sdk.capabilities import Capabilities
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import plain
from omnitui.ui.panes.fields import editable
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choice, Choices

MOST = 200


class FileScreen(PickerScreen):
    """Tab goes on with the path as far as it is unambiguous."""

    def on_key(self, event: events.Key) -> None:
        """Tab completes; where it cannot, it moves on in the list."""
        names = [str(choice.value) for choice in self.query_one(Choices).choices]
        if event.key == "tab" and names:
            field = self.query_one(Input)
            typed = str(Path(field.value).expanduser()) + "/" * field.value.endswith("/")
            common = os.path.commonprefix(names)  # noqa: RUF071
            if len(common) > len(typed):
                field.value = editable(common, multiline=False)
                field.cursor_position = len(common)
                event.stop()
                event.prevent_default()
                return
        super().on_key(event)


async def pick_file(desk: Desk, capabilities: Capabilities | None = None) -> str | None:
    """Ask for a file; folders are gone into by typing on. None when the agent left.

    What is too large for `capabilities` is marked.
    """
    limit = capabilities.attachment_limit if capabilities is not None else None

    async def source(text: str) -> Sequence[Choice]:
        return await asyncio.to_thread(_listed, text, limit)

    text = f"{Path.home()}/"
    hint = _("Enter opens a folder or takes a file, tab completes")
    if limit is not None:
        hint += " · " + _("at most {size}").format(size=phrases.size(limit))
    while True:
        chosen = await desk.ask(FileScreen(_("Attach which file?"), source, hint=hint, text=text))
        if chosen is None:
            return None
        name = str(chosen.value)
        if not name.endswith("/"):
            return name
        text = name


def _listed(text: str, limit: int | None) -> list[Choice]:
    path = Path(text).expanduser()
    folder, start = (path, "") if text.endswith("/") or text == "~" else (path.parent, path.name)
    try:
        entries = sorted(folder.iterdir(), key=lambda one: (not one.is_dir(), one.name.casefold()))
    except OSError:
        return []
    found = [one for one in entries if one.name.casefold().startswith(start.casefold())]
    if not start:
        found = [one for one in found if not one.name.startswith(".")]
    return [_choice(one, limit) for one in found[:MOST]]


def _choice(path: Path, limit: int | None) -> Choice:
    if path.is_dir():
        return Choice(f"{path}/", ((plain(path.name) + "/", "label"),))
    try:
        size = path.stat().st_size
    except OSError:
        return Choice(str(path), ((plain(path.name), "text"),))
    large = limit is not None and size > limit
    shown = f"! {phrases.size(size)}" if large else phrases.size(size)
    return Choice(str(path), ((plain(path.name), "text"),), ((shown, "bad" if large else "muted"),))
