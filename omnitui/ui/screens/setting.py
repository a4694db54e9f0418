"""One setting: what it means, what it is, and how to change it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from omnitui.config.page import described
from omnitui.i18n import _
from omnitui.text.safe import safe
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.roles import Line, plain
from omnitui.ui.screens.page import PageScreen


async def show_setting(desk: Desk, name: str) -> None:
    """Show a setting on a page of its own."""
    rows = await asyncio.to_thread(described, desk.session.settings)
    row = next((row for row in rows if row[0] == name), None)
    if row is None:
        return
    _name, value, default, meaning = row
    table, _dot, key = name.rpartition(".")

    def write(width: int) -> Sequence[Line]:
        lines: list[Line] = [(), *(((line, "text"),) for line in wrap(safe(meaning), width)), ()]
        lines.append(((_("now") + "      ", "muted"), (plain(value), "strong")))
        lines.append(((_("default") + "  ", "muted"), (plain(default), "text")))
        lines += [(), ((_("To change it, write into this file; it counts from the next start:"), "muted"),)]
        lines.append(((plain(str(desk.session.profile.settings_file)), "text"),))
        lines.append(())
        if table:
            lines.append(((f"  [{table}]", "label"),))
        lines.append(((f"  {key} = {plain(value)}", "label"),))
        return lines

    await desk.ask(PageScreen(name, write))
