"""Why an action on what is being written cannot be done now."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.i18n import _
from omnitui.model.states import MessageKind
from omnitui.ui.acts.lacking import Reason
from omnitui.ui.desk import Desk


def no_draft(desk: Desk) -> str:
    """Where nothing is being written."""
    return "" if desk.composer.draft is not None else _("nothing is being written")


def _nothing_to_send(desk: Desk) -> str:
    draft = desk.composer.draft
    if draft is None:
        return no_draft(desk)
    return "" if desk.composer.text.strip() or draft.attachments else _("there is nothing to send")


def _not_later(desk: Desk) -> str:
    note = desk.composer.draft is not None and desk.composer.kind is MessageKind.NOTE
    return _("a note is kept at once; it goes nowhere") if note else _nothing_to_send(desk)


def _no_note(desk: Desk) -> str:
    draft = desk.composer.draft
    return no_draft(desk) or ("" if draft is None or draft.conversation_id else _("a first message is no note"))


def _no_header(desk: Desk) -> str:
    return no_draft(desk) or ("" if desk.composer.header.names else _("this channel has neither Cc nor subject"))


def _takes_no_files(desk: Desk) -> str:
    composer = desk.composer
    able = composer.capabilities is None or composer.kind is MessageKind.NOTE or composer.capabilities.attachments
    return no_draft(desk) or ("" if able else _("this channel takes no files"))


def _nothing_attached(desk: Desk) -> str:
    draft = desk.composer.draft
    if draft is None:
        return no_draft(desk)
    return "" if draft.attachments or draft.extra.get("reply_to") else _("nothing is attached")


def _no_answer(desk: Desk) -> str:
    if reason := no_draft(desk):
        return reason
    if desk.composer.kind is MessageKind.NOTE:
        return _("a note goes nowhere")
    return "" if desk.composer.conversation is not None else _("nobody is answered here yet")


def _no_template(desk: Desk) -> str:
    if reason := _no_answer(desk):
        return reason
    able = desk.composer.capabilities is None or desk.composer.capabilities.templates
    return "" if able else _("the back end has no approved template for this channel")


def _nothing_typed(desk: Desk) -> str:
    return no_draft(desk) or ("" if desk.composer.sheet.history.undo_stack else _("there is nothing to take back"))


def _nothing_taken_back(desk: Desk) -> str:
    return no_draft(desk) or ("" if desk.composer.sheet.history.redo_stack else _("nothing was taken back"))


REASONS: Mapping[str, Reason] = {
    "composer.send": _nothing_to_send,
    "composer.send_now": _nothing_to_send,
    "composer.later": _not_later,
    "composer.mode": _no_note,
    "composer.header": _no_header,
    "composer.attach": _takes_no_files,
    "composer.detach": _nothing_attached,
    "composer.ways": _no_answer,
    "composer.template": _no_template,
    "composer.undo": _nothing_typed,
    "composer.redo": _nothing_taken_back,
}
"""By action."""
