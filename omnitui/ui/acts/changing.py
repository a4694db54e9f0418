"""Changing the conversation that is shown: status, snooze, assignee, labels, priority, read mark; undo and redo."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from omnitui.clock import HOUR, Millis
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Status
from omnitui.ui import phrases
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.roles import plain

LEAVES: Mapping[str, frozenset[str]] = {
    "inbox": frozenset({"resolved", "closed", "waiting", "snoozed"}),
    "mine": frozenset({"resolved", "closed", "waiting", "snoozed"}),
    "unassigned": frozenset({"resolved", "closed", "waiting", "snoozed"}),
    "waiting": frozenset({"resolved", "closed", "open", "snoozed"}),
    "snoozed": frozenset({"resolved", "closed", "open", "waiting"}),
    "resolved": frozenset({"open", "waiting", "snoozed"}),
}
"""Which statuses take a conversation out of a view, so that the next one comes under the cursor at once."""


def _named(desk: Desk, conversation_id: Ulid) -> str:
    shown = desk.conversation
    if shown is None or shown.id != conversation_id:
        return ""
    return plain(shown.contact or shown.subject)


def leave(desk: Desk, conversation_id: Ulid, status: Status) -> None:
    """Go on with the next row, if this status takes the conversation out of the open view."""
    if status.value not in LEAVES.get(desk.view.id, frozenset()):
        return
    screen = desk.screen
    if screen.queue.selected == conversation_id:
        screen.queue.drop([conversation_id])
        desk.show(screen.queue.selected)
        if screen.layouts.narrow:
            screen.layouts.home()


def status(desk: Desk, wanted: Status) -> Coroutine[Any, Any, None]:
    """Give the shown conversation another status, and go on."""
    conversation_id = desk.need()
    name = _named(desk, conversation_id)
    desk.mark_read(conversation_id)

    async def work() -> None:
        ops = await desk.act(desk.session.operations.set_status, [conversation_id], wanted)
        word = _(phrases.STATUS[wanted])
        desk.say(_("{name}: {status}").format(name=name, status=word) if ops else _("it was so already"))

    leave(desk, conversation_id, wanted)
    return work()


def snooze(desk: Desk, conversation_id: Ulid, until: Millis) -> Coroutine[Any, Any, None]:
    """Hide a conversation until a time, and go on."""
    name = _named(desk, conversation_id)

    async def work() -> None:
        await desk.act(desk.session.operations.snooze, [conversation_id], until)
        when = phrases.moment(until, desk.clock.now(), desk.zone)
        desk.say(_("{name}: snoozed until {time}").format(name=name, time=when))

    if until > desk.clock.now():
        leave(desk, conversation_id, Status.SNOOZED)
    return work()


def morning(desk: Desk, days: int) -> Millis:
    """Nine o'clock so many days from today, where the agent is."""
    today = phrases.local(desk.clock.now(), desk.zone).date()
    return round(datetime.combine(today + timedelta(days), time(9), desk.zone).timestamp() * 1000)


def monday(desk: Desk) -> Millis:
    """Nine o'clock on the next Monday."""
    return morning(desk, 7 - phrases.local(desk.clock.now(), desk.zone).weekday())


def _take(desk: Desk) -> Coroutine[Any, Any, None]:
    conversation_id = desk.need()

    async def work() -> None:
        await desk.act(desk.session.operations.assign, [conversation_id], desk.cache.me().id)
        desk.say(_("assigned to you"))

    return work()


def _unread(desk: Desk) -> Coroutine[Any, Any, None]:
    conversation_id = desk.need()
    shown = desk.conversation
    read = bool(shown and shown.unread)
    desk.rest(conversation_id)

    async def work() -> None:
        await desk.act(desk.session.operations.mark_read, [conversation_id], read)
        desk.say(_("marked read") if read else _("marked unread"))

    return work()


async def _undo(desk: Desk) -> None:
    await desk.drafting.flush()
    undone = await desk.act_first(desk.session.operations.undo)
    # What came back, a draft perhaps, is there for the next key.
    await desk.renew()
    if undone.conflicts:
        desk.say(_("changed since then, left as it is: {field}").format(field=undone.conflicts[0].field), "warn")
    else:
        desk.say(_("undone: {what}").format(what=told(undone.originals)))
    _go_to(desk, undone.originals)


async def _redo(desk: Desk) -> None:
    redone = await desk.act_first(desk.session.operations.redo)
    await desk.renew()
    desk.say(_("done again: {what}").format(what=told(redone.originals)))
    _go_to(desk, redone.originals)


def _go_to(desk: Desk, ops: tuple[Op, ...]) -> None:
    """Show what was touched, so that the agent sees what came of it."""
    about = {op.conversation_id or (op.object_id if op.kind is ObjectKind.CONVERSATION else None) for op in ops}
    about.discard(None)
    if len(about) == 1:
        desk.go(about.pop())


def told(ops: tuple[Op, ...]) -> str:
    """What ops did, in a few words."""
    if not ops:
        return _("nothing")
    word = _(phrases.VERB[ops[0].verb])
    value = ops[0].after.get("status")
    if isinstance(value, str):
        word = f"{word} → {_(phrases.STATUS[Status(value)])}"
    if len(ops) == 1:
        return word
    return word + " " + ngettext("({n} conversation)", "({n} conversations)", len(ops)).format(n=len(ops))


async def _pick(desk: Desk, name: str, conversation_id: Ulid) -> None:
    from omnitui.ui.screens import pickers

    await getattr(pickers, name)(desk, conversation_id)


async def _close(desk: Desk, conversation_id: Ulid) -> None:
    from omnitui.ui.screens.confirm import confirmed

    question = _("Close this conversation for good? A later message starts a new one.")
    if await confirmed(desk, question, _("close")) and desk.shown == conversation_id:
        await status(desk, Status.CLOSED)


HANDLERS: Mapping[str, Handler] = {
    "conversation.resolve": lambda desk, count: status(desk, Status.RESOLVED),
    "conversation.reopen": lambda desk, count: status(desk, Status.OPEN),
    "conversation.wait": lambda desk, count: status(desk, Status.WAITING),
    "conversation.close": lambda desk, count: _close(desk, desk.need()),
    "conversation.snooze": lambda desk, count: _pick(desk, "pick_snooze", desk.need()),
    "conversation.snooze_hour": lambda desk, n: snooze(desk, desk.need(), desk.clock.now() + (n or 1) * HOUR),
    "conversation.snooze_tomorrow": lambda desk, count: snooze(desk, desk.need(), morning(desk, count or 1)),
    "conversation.snooze_week": lambda desk, count: snooze(desk, desk.need(), monday(desk)),
    "conversation.assign": lambda desk, count: _pick(desk, "pick_assignee", desk.need()),
    "conversation.take": lambda desk, count: _take(desk),
    "conversation.label": lambda desk, count: _pick(desk, "pick_label", desk.need()),
    "conversation.priority": lambda desk, count: _pick(desk, "pick_priority", desk.need()),
    "conversation.unread": lambda desk, count: _unread(desk),
    "app.undo": lambda desk, count: _undo(desk),
    "app.redo": lambda desk, count: _redo(desk),
}
