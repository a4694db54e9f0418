"""Why an action cannot be done now: shown beside it, and said when its key is pressed."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.i18n import _
from omnitui.services.actions import Scope
from omnitui.services.programs.commands import COMMANDS, KIND
from omnitui.ui.acts import commands, composer_reasons, message_reasons
from omnitui.ui.acts.lacking import Reason, no_conversation, no_message, picture
from omnitui.ui.desk import Desk
from omnitui.ui.panels import Act


def why_not(desk: Desk, action_id: str) -> str:
    """Why an action cannot be done now; "" where it can."""
    kind = action_id.partition(".")[0]
    if kind == KIND:
        command = COMMANDS.get(action_id)
        return no_conversation(desk) if command is not None and commands.is_about_one(command) else ""
    reason = REASONS.get(action_id) or _BY_KIND.get(kind)
    return reason(desk) if reason is not None else ""


def _no_writing(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    known = picture(desk)
    return _("on this channel nobody can be answered from here") if known and not known.capabilities.writes else ""


def _no_hint(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    shown = desk.conversation
    known = shown is not None and shown.may_belong_to is None
    return _("nothing is known that this conversation may belong to") if known else ""


def _no_links(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    known = picture(desk)
    card = known.card if known is not None else None
    return _("this contact is linked to nobody") if card is not None and not card.links else ""


def _no_address(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    known = picture(desk)
    return _("there is nothing to copy") if known is not None and not known.address else ""


def _no_text(desk: Desk) -> str:
    return _no_value(desk) if desk.screen.card.has_focus else no_message(desk)


def _no_asking(desk: Desk) -> str:
    return _no_writing(desk) if desk.targets_one else no_conversation(desk)


def _no_call(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    voice = desk.session.settings.voice
    if not voice.agent_phone and not voice.dial:
        return f"{_('no way to call is set')}: {_('set [voice] in config.toml, as docs/voice.md says')}"
    known = picture(desk)
    if known is None or known.card is None:
        return ""
    every = [*known.card.identities, *(one for link in known.card.links for one in link.identities)]
    callable_ = any(one.address.startswith(("+", "sip:", "sips:")) for one in every)
    return "" if callable_ else _("no number of this customer can be called from here")


def _no_promise(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    shown = desk.conversation
    known = shown is not None and desk.targets_one and shown.task_due_at is None
    return _("nothing is promised here") if known else ""


def _no_parts(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    known = picture(desk)
    alone = known is not None and desk.targets_one and not known.merged
    return _("this conversation is not merged with another one") if alone else ""


def _nothing_done(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    return "" if desk.doing.last is not None else _("nothing was done yet that could be done again")


def _no_pipe(desk: Desk) -> str:
    return no_message(desk) if desk.screen.scope is Scope.HISTORY else no_conversation(desk)


def _nothing_unread(desk: Desk) -> str:
    if reason := no_conversation(desk):
        return reason
    shown, known = desk.conversation, picture(desk)
    alone = known is not None and not known.merged and not desk.reading.whole
    return _("everything here has been read") if alone and shown is not None and not shown.unread else ""


def _nothing_searched(desk: Desk) -> str:
    return "" if desk.searched.strip() else f"{_('nothing was searched for yet')}: {_('search first')}"


def _no_value(desk: Desk) -> str:
    entry = desk.screen.card.current
    return _("the card is empty") if entry is None or not entry.value else ""


def _no_act(desk: Desk) -> str:
    if reason := _no_value(desk):
        return reason
    entry = desk.screen.card.current
    fixed = entry is not None and entry.act is Act.NOTHING
    return f"{_('this cannot be changed here')}: {_('it can be copied')}" if fixed else ""


def _nothing_new(desk: Desk) -> str:
    return "" if desk.screen.queue.window.new else _("nothing new above")


def _no_team(desk: Desk) -> str:
    return "" if desk.session.views.find("team") is not None else _("config.toml names no [teams]")


def _no_shell(desk: Desk) -> str:
    from omnitui.ui.outside.suspending import has_shell

    return "" if has_shell() else _("no shell is behind this console that could take it up again")


def _other_hidden(desk: Desk) -> str:
    screen = desk.screen
    other = screen.queue if screen.scope is Scope.HISTORY else screen.history
    return "" if other.region else _("the other pane is not shown")


def _one_pane(desk: Desk) -> str:
    layouts = desk.screen.layouts
    if layouts.narrow:
        return _("there is room for one pane only")
    return _("the pane has the whole screen") if layouts.zoomed else ""


def _no_card(desk: Desk) -> str:
    return "" if desk.screen.card.region else _("the card is not shown")


def _no_views(desk: Desk) -> str:
    return "" if desk.screen.sidebar.region else _("the views are not shown")


REASONS: Mapping[str, Reason] = {
    "conversation.reply": _no_writing,
    "conversation.reply_all": _no_writing,
    "conversation.editor": _no_writing,
    "conversation.call": _no_call,
    "conversation.task_done": _no_promise,
    "conversation.split": _no_parts,
    "conversation.again": _nothing_done,
    "conversation.csat": _no_asking,
    "conversation.pipe": _no_pipe,
    "conversation.hint": _no_hint,
    "contact.unlink": _no_links,
    "copy.text": _no_text,
    "copy.address": _no_address,
    "history.raw": no_message,
    "history.why": no_message,
    "history.move": no_message,
    "history.unread": _nothing_unread,
    "history.next_hit": _nothing_searched,
    "history.previous_hit": _nothing_searched,
    "history.open": no_message,
    "pane.narrower": _one_pane,
    "pane.wider": _one_pane,
    "pane.card_down": _no_card,
    "pane.card_up": _no_card,
    "pane.views_down": _no_views,
    "pane.views_up": _no_views,
    "pane.other_down": _other_hidden,
    "pane.other_up": _other_hidden,
    "pane.other_page_down": _other_hidden,
    "pane.other_page_up": _other_hidden,
    "list.open": no_conversation,
    "list.newest": _nothing_new,
    "card.open": _no_act,
    "card.copy": _no_value,
    "go.team": _no_team,
    "app.suspend": _no_shell,
    "recording.replay": no_conversation,
    **message_reasons.REASONS,
    **composer_reasons.REASONS,
}
"""By action."""

_BY_KIND: Mapping[str, Reason] = {
    "composer": composer_reasons.no_draft,
    "conversation": no_conversation,
    "contact": no_conversation,
    "copy": no_conversation,
    "history": no_conversation,
    "message": no_message,
}
"""For the other actions by the first word of their ids; what is in neither can be done always."""
