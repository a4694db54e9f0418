"""The lines between messages: days, borders of conversations, what was done, what the customer thought of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from omnitui.clock import Millis
from omnitui.desk.acting.steps import RULE
from omnitui.i18n import _, ngettext
from omnitui.model.conversations import Conversation
from omnitui.model.deeds import Deed
from omnitui.model.states import ENDS, Priority, Status, Verb
from omnitui.text.widths import cell_width
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, Piece, cropped, plain
from omnitui.ui.timeline.blocks import INDENT, MAX_TEXT_WIDTH, Setting

_BESIDE: Piece = ("", "")
"""Begins a line that is no part of a message: the mark of the current one is not drawn on it."""


def day_line(at: Millis, setting: Setting) -> Line:
    """The mark between two days."""
    name = phrases.day(at, setting.now, setting.zone)
    rest = min(setting.width, MAX_TEXT_WIDTH + INDENT) - cell_width(name) - 5
    return cropped((("── ", "line"), (name, "day"), (" " + "─" * max(rest, 0), "line")), setting.width)


def border_line(conversation: Conversation, setting: Setting) -> Line:
    """Where, in a timeline, the messages of another conversation begin."""
    subject = plain(conversation.subject or conversation.snippet or _("no subject"))
    status = _(phrases.STATUS[conversation.status])
    began = phrases.day(conversation.created_at or conversation.last_message_at, setting.now, setting.zone)
    room = min(setting.width, MAX_TEXT_WIDTH + INDENT)
    tail = f" · {status} · {began} "
    left = cropped(
        (
            ("══ ", "line"),
            (plain(phrases.channel_word(conversation.channel)), "title"),
            (" · ", "line"),
            (subject, "strong"),
        ),
        max(room - cell_width(tail), 8),
    )
    line = (*left, (tail, "muted"))
    rest = room - sum(cell_width(text) for text, _role in line)
    return cropped((*line, ("═" * max(rest, 0), "line")), setting.width)


def deed_lines(deeds: Sequence[Deed], activities: int, folded: bool, setting: Setting) -> list[Line]:
    """What was done between two messages, one quiet line each; folded: how many there were.

    `activities` are the back end's own lines about changes that stand there too, and are folded with them.
    """
    if folded:
        count = len(deeds) + activities
        words = ngettext("{n} change", "{n} changes", count).format(n=count)
        return [cropped((_BESIDE, ("  ┄ ", "muted"), (words, "muted")), setting.width)] if count else []
    return [cropped(_deed(deed, setting), setting.width) for deed in deeds]


def _deed(deed: Deed, setting: Setting) -> Line:
    at = phrases.hour(deed.at, setting.zone)
    who = f" · {plain(deed.author)}" if deed.author else ""
    return (_BESIDE, ("  · ", "muted"), (plain(deed_words(deed, setting)), "muted"), (f"{who} · {at}", "muted"))


def deed_words(deed: Deed, setting: Setting) -> str:
    """A change in a few words: status open → resolved."""
    before, after = deed.before, deed.after
    if deed.verb is None:
        words = _("rated {score} of 5").format(score=after.get("score"))
        return f"{words}: {after['comment']}" if after.get("comment") else words
    match deed.verb:
        case Verb.LABEL:
            old, new = set(before.get("labels") or ()), set(after.get("labels") or ())
            marks = [f"+#{name}" for name in sorted(new - old)] + [f"-#{name}" for name in sorted(old - new)]
            words = f"{_('labels')} {' '.join(marks)}"
        case Verb.ASSIGN:
            name = after.get("assignee_id")
            words = _("assigned to {name}").format(name=name) if name else _("assigned to nobody")
        case Verb.PRIORITY:
            priority = _(phrases.PRIORITY[Priority(after["priority"])]) if after.get("priority") else ""
            words = _("priority {name}").format(name=priority)
        case Verb.CAUSE:
            name = after.get("incident_id")
            words = _("linked to the incident {name}").format(name=name) if name else _("linked to no incident")
        case Verb.SNOOZE:
            until = after.get("snoozed_until")
            when = (
                phrases.moment(until, setting.now, setting.zone, within=True)
                if isinstance(until, int) and until != ENDS
                else _("a reply")
                if until is None
                else _("the incident ends")
            )
            words = _("snoozed until {time}").format(time=when)
        case _:
            words = " → ".join(_(phrases.STATUS[Status(one["status"])]) for one in (before, after) if one.get("status"))
            if after.get("contact_reason"):
                words = f"{words} · {plain(str(after['contact_reason']))}"
    reason = _beside(deed)
    return f"{words} ({reason})" if reason else words


def _beside(deed: Deed) -> str:
    """The reason of a change, but for what the words say, or the line above it: which rule did it, and why."""
    if deed.verb is Verb.CAUSE:
        return ""
    if deed.reason.startswith(RULE):
        return deed.reason.rpartition("; ")[2] if deed.verb is Verb.ASSIGN and "; " in deed.reason else ""
    return deed.reason
