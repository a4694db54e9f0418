"""Why an action on the current message cannot be done now."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.states import MessageKind, Verb
from omnitui.ui.acts import messages
from omnitui.ui.acts.lacking import Reason, current, no_conversation, no_message, picture
from omnitui.ui.desk import Desk
from omnitui.ui.timeline.blocks import is_folded


def _answers_none(desk: Desk) -> str:
    if reason := no_message(desk):
        return reason
    known = current(desk) is not None and desk.screen.history.reel.answered() is None
    return _("it is not known that this message answers another one") if known else ""


def _no_files(desk: Desk) -> str:
    if reason := no_message(desk):
        return reason
    message = current(desk)
    known = message is not None and all(one.inline for one in message.attachments)
    return _("this message has no attachments") if known else ""


def _nothing_to_save(desk: Desk) -> str:
    if reason := no_message(desk):
        return reason
    message = current(desk)
    return _("this message has no attachments") if message is not None and not message.attachments else ""


def _nothing_folded(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    known = desk.conversation is not None and not any(map(is_folded, desk.screen.history.reel.messages))
    return _("nothing is quoted here") if known else ""


def _no_quote(desk: Desk) -> str:
    if reason := no_message(desk):
        return reason
    message = current(desk)
    known = message is not None and (message.deleted or message.kind is MessageKind.ACTIVITY)
    return _("there is nothing to quote") if known else ""


def _nothing_sent(desk: Desk) -> str:
    if reason := no_message(desk):
        return reason
    message = current(desk)
    known = message is not None and not message.op_id
    return _("there is nothing to decide about this message") if known else ""


def _fixed(verb: Verb) -> Reason:
    def reason(desk: Desk) -> str:
        if why := no_message(desk):
            return why
        message, known = current(desk), picture(desk)
        if message is None or known is None:
            return ""
        try:
            messages.check(desk, known, message, verb)
        except OmniError as error:
            return f"{error.message}: {error.hint}" if error.hint else error.message
        return ""

    return reason


REASONS: Mapping[str, Reason] = {
    "history.quotes": _nothing_folded,
    "message.settle": _nothing_sent,
    "message.quote": _no_quote,
    "message.edit": _fixed(Verb.EDIT),
    "message.delete": _fixed(Verb.DELETE),
    "message.files": _no_files,
    "history.save": _nothing_to_save,
    "history.answered": _answers_none,
}
"""By action."""
