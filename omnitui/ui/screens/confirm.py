"""Asking before something that cannot be undone easily."""

from __future__ import annotations

from omnitui.i18n import _
from omnitui.ui.desk import Desk
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice


async def confirmed(desk: Desk, question: str, yes: str) -> bool:
    """Ask; "no" is under the cursor first."""
    choices = [Choice(False, ((_("no, leave it"), "text"),)), Choice(True, ((yes, "bad"),))]
    chosen = await desk.ask(PickerScreen(question, among(choices), small=True))
    return chosen is not None and bool(chosen.value)
