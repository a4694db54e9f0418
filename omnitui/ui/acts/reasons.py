"""Why an action cannot be done now: shown beside it, and said when its key is pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from omnitui.i18n import _
from omnitui.ui.desk import Desk

Reason = Callable[[Desk], str]
"""Says why not; "" where it can be done, or where that is not known before it is tried."""


def why_not(desk: Desk, action_id: str) -> str:
    """Why an action cannot be done now; "" where it can."""
    reason = REASONS.get(action_id) or _BY_KIND.get(action_id.partition(".")[0])
    return reason(desk) if reason is not None else ""


def _no_conversation(desk: Desk) -> str:
    return "" if desk.shown is not None else _("no conversation is shown: choose one in the list")


def _no_message(desk: Desk) -> str:
    if reason := _no_conversation(desk):
        return reason
    known = desk.conversation is not None and desk.screen.history.reel.current_message is None
    return _("no message is chosen") if known else ""


def _no_draft(desk: Desk) -> str:
    return "" if desk.composer.draft is not None else _("nothing is being written")


def _no_writing(desk: Desk) -> str:
    if reason := _no_conversation(desk):
        return reason
    known = desk.picture if desk.conversation is not None else None
    return _("on this channel nobody can be answered from here") if known and not known.capabilities.writes else ""


def _no_hint(desk: Desk) -> str:
    if reason := _no_conversation(desk):
        return reason
    shown = desk.conversation
    known = shown is not None and shown.may_belong_to is None
    return _("nothing is known that this conversation may belong to") if known else ""


def _no_links(desk: Desk) -> str:
    if reason := _no_conversation(desk):
        return reason
    card = desk.picture.card if desk.picture is not None and desk.conversation is not None else None
    return _("this contact is linked to nobody") if card is not None and not card.links else ""


def _no_files(desk: Desk) -> str:
    if reason := _no_message(desk):
        return reason
    message = desk.screen.history.reel.current_message if desk.conversation is not None else None
    return _("this message has no attachments") if message is not None and not message.attachments else ""


def _one_pane(desk: Desk) -> str:
    return _("there is room for one pane only") if desk.screen.layouts.narrow else ""


def _no_card(desk: Desk) -> str:
    return "" if desk.screen.card.region else _("the card is not shown")


def _no_views(desk: Desk) -> str:
    return "" if desk.screen.sidebar.region else _("the views are not shown")


REASONS: Mapping[str, Reason] = {
    "conversation.reply": _no_writing,
    "conversation.editor": _no_writing,
    "conversation.via": _no_conversation,
    "message.settle": _no_message,
    "conversation.hint": _no_hint,
    "contact.unlink": _no_links,
    "copy.text": _no_message,
    "history.raw": _no_message,
    "history.why": _no_message,
    "history.move": _no_message,
    "history.save": _no_files,
    "pane.narrower": _one_pane,
    "pane.wider": _one_pane,
    "pane.card_down": _no_card,
    "pane.card_up": _no_card,
    "pane.views_down": _no_views,
    "pane.views_up": _no_views,
    "list.open": _no_conversation,
    "recording.replay": _no_conversation,
}
"""By action."""

_BY_KIND: Mapping[str, Reason] = {
    "composer": _no_draft,
    "conversation": _no_conversation,
    "contact": _no_conversation,
    "copy": _no_conversation,
}
"""For the other actions by the first word of their ids; what is in neither can be done always."""
