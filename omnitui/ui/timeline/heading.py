"""The two lines above a history: which conversation this is and how it stands. Pure."""

from __future__ import annotations

from datetime import tzinfo

from omnitui.clock import Millis
from omnitui.desk.naming import CLOCK
from omnitui.desk.promises.urgency import target_of
from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.model.states import ENDS, Flag, Priority, Status
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, Piece, plain, spread


def heading_lines(
    conversation: Conversation | None,
    ref: str,
    width: int,
    now: Millis,
    zone: tzinfo,
    *,
    focused: bool,
    whole: bool = False,
) -> list[Line]:
    """Subject and status, then contact, channel, account, reference and labels.

    `whole`: the contact's timeline is shown, and the conversation is the one that actions mean.
    """
    if conversation is None:
        return [((f" {_('No conversation is chosen')}", "muted"),), ()]
    subject = plain(conversation.subject or conversation.snippet or _("no subject"))
    if whole:
        subject = plain(_("Everything with {name}").format(name=conversation.contact or "?"))
    mark: Piece = ("▌" if focused else " ", "current")
    upper = spread((mark, (subject, "strong")), tuple(status_pieces(conversation, now, zone)), width)
    about: list[Piece] = [(f" {plain(conversation.contact)}", "theirs")]
    if whole:
        about = [(f" {_('answers go to')} ", "muted"), (plain(conversation.subject or conversation.snippet), "theirs")]
    if conversation.severity:
        role = phrases.severity_role(conversation.severity)
        about.append((f" · {conversation.severity.upper()} {plain(conversation.incident)}", role))
    for word in (phrases.channel_word(conversation.channel), conversation.account, ref):
        if word:
            about.append((f" · {plain(word)}", "muted"))
    about += [(f" #{plain(label)}", "label") for label in conversation.labels]
    if conversation.may_belong_to:
        about.append(("  " + _("may belong to another one"), "warn"))
    assignee = conversation.assignee
    who: Piece = (f"@{plain(assignee)} ", "mine") if assignee else (_("unassigned") + " ", "muted")
    return [upper, spread(tuple(about), (who,), width)]


def status_pieces(conversation: Conversation, now: Millis, zone: tzinfo) -> list[Piece]:
    """Priority, window, status, in words."""
    pieces: list[Piece] = []
    if conversation.priority in (Priority.HIGH, Priority.URGENT):
        role = "bad" if conversation.priority is Priority.URGENT else "warn"
        pieces += [(_(phrases.PRIORITY[conversation.priority]), role), (" ", "")]
    closes, agreed = conversation.window_closes_at, agreed_piece(conversation, now)
    due = conversation.sla_due_at
    if agreed and (closes is None or (due is not None and due <= closes)):
        pieces += [agreed, (" ", "")]
    elif closes is not None and conversation.status not in (Status.RESOLVED, Status.CLOSED):
        left = _("window {span}").format(span=phrases.countdown(closes - now)) if closes > now else _("window closed")
        pieces += [(left, "warn" if closes - now < 3_600_000 else "muted"), (" ", "")]
    pieces += [(_(str(flag)), "warn") for flag in sorted(conversation.flags) if flag is not Flag.MERGED]
    word = _(phrases.STATUS[conversation.status])
    if conversation.status is Status.SNOOZED and conversation.snoozed_until == ENDS:
        word = _("snoozed until the incident ends")
    elif conversation.status is Status.SNOOZED and conversation.snoozed_until:
        word = _("snoozed until {time}").format(time=phrases.moment(conversation.snoozed_until, now, zone, within=True))
    role = "label" if conversation.status is Status.OPEN else "warn"
    return [*pieces, (f"{word} ", role)]


def agreed_piece(conversation: Conversation, now: Millis) -> Piece | None:
    """What is left of the agreement that is due first, or for how long it has been broken; None without one."""
    due, left = conversation.sla_due_at, conversation.sla_left
    name = _(CLOCK[target_of(conversation)])
    if due is None:
        if left is None:
            return None
        return _("{clock} paused at {span}").format(clock=name, span=phrases.countdown(left)), "muted"
    if due < now:
        return _("{clock} {span} late").format(clock=name, span=phrases.countdown(now - due)), "bad"
    warned = conversation.sla_warn_at is not None and conversation.sla_warn_at <= now
    words = _("{clock} {span}").format(clock=name, span=phrases.countdown(due - now))
    return words, "warn" if warned else "muted"
