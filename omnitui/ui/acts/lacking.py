"""What is lacking for any action on a conversation or a message: none is shown, none is chosen."""

from __future__ import annotations

from collections.abc import Callable

from omnitui.i18n import _
from omnitui.model.conversations import Message
from omnitui.ui.desk import Desk
from omnitui.ui.picture import Picture

Reason = Callable[[Desk], str]
"""Says why not; "" where it can be done, or where that is not known before it is tried."""


def picture(desk: Desk) -> Picture | None:
    """What is shown, where it is read."""
    return desk.picture if desk.conversation is not None else None


def current(desk: Desk) -> Message | None:
    """The current message, where the conversation is read."""
    return desk.screen.history.reel.current_message if desk.conversation is not None else None


def no_conversation(desk: Desk) -> str:
    """Where none is shown."""
    return "" if desk.shown is not None else _("no conversation is shown: choose one in the list")


def no_message(desk: Desk) -> str:
    """Where none is shown, or no message of it is current."""
    if reason := no_conversation(desk):
        return reason
    known = desk.conversation is not None and desk.screen.history.reel.current_message is None
    return _("no message is chosen") if known else ""
