"""What was done about a damaged cache, shown once as the console starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.i18n import _
from omnitui.services.recovery.mended import told
from omnitui.text.safe import safe
from omnitui.text.widths import wrap
from omnitui.ui.screens.page import PageScreen

if TYPE_CHECKING:
    from omnitui.store.recovery.mending import Mended
    from omnitui.ui.desk import Desk
    from omnitui.ui.look.roles import Line


async def open_mended(desk: Desk, done: Mended) -> None:
    """Say what happened, until the agent leaves the page."""
    facts = told(done, desk.zone)

    def write(width: int) -> list[Line]:
        lines: list[Line] = []
        for fact in facts:
            lines += [((line, "text"),) for line in wrap(safe(fact), width)]
            lines.append((("", "text"),))
        return lines

    await desk.ask(PageScreen(_("The cache was mended"), write))
