"""Copying: only on the agent's key, without control characters, saying which way it went."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.text.safe import safe
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


def copy(desk: Desk, text: str, what: str) -> None:
    """Put a text on the clipboard by OSC 52."""
    clean = safe(text)
    if not clean:
        raise OmniError(_("there is nothing to copy"))
    desk.screen.app.copy_to_clipboard(clean)
    desk.say(_("{what} copied (by the terminal, OSC 52)").format(what=what))


async def _text(desk: Desk) -> None:
    entry = desk.screen.card.current
    if desk.screen.card.has_focus and entry is not None:
        copy(desk, entry.value, _("the value"))
        return
    copy(desk, (await desk.message()).text, _("the message"))


async def _address(desk: Desk) -> None:
    copy(desk, (await desk.read()).address, _("the address"))


async def _ref(desk: Desk) -> None:
    copy(desk, (await desk.read()).ref, _("the reference"))


HANDLERS: Mapping[str, Handler] = {
    "copy.text": lambda desk, count: _text(desk),
    "copy.address": lambda desk, count: _address(desk),
    "copy.ref": lambda desk, count: _ref(desk),
}
