"""Copying: only on the agent's key, without control characters, saying which way it went."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.text.safe import safe
from omnitui.ui.acts.handler import Handler, doing
from omnitui.ui.desk import Desk


def copy(desk: Desk, text: str, what: str) -> None:
    """Put a text on the clipboard by OSC 52."""
    clean = safe(text)
    if not clean:
        raise OmniError(_("there is nothing to copy"))
    desk.screen.app.copy_to_clipboard(clean)
    desk.say(_("{what} copied (by the terminal, OSC 52)").format(what=what))


def _text(desk: Desk) -> None:
    desk.need()
    message = desk.screen.history.reel.current_message
    copy(desk, message.text if message is not None else "", _("the message"))


def _address(desk: Desk) -> None:
    desk.need()
    copy(desk, desk.picture.address if desk.picture is not None else "", _("the address"))


def _ref(desk: Desk) -> None:
    desk.need()
    copy(desk, desk.picture.ref if desk.picture is not None else "", _("the reference"))


HANDLERS: Mapping[str, Handler] = {
    "copy.text": doing(_text),
    "copy.address": doing(_address),
    "copy.ref": doing(_ref),
}
