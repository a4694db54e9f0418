"""Changing the conversation that is shown, or those that are marked; undo and redo."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from omnitui.clock import HOUR, Millis
from omnitui.desk.acting import steps
from omnitui.desk.times.until import Until
from omnitui.errors import Refused
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Status
from omnitui.store.reads import inbox
from omnitui.ui.acts import bulk
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.doing import Act, of_steps
from omnitui.ui.look import phrases

if TYPE_CHECKING:
    from omnitui.services.acting.undoing import Undone

LEAVES: Mapping[str, frozenset[str]] = {
    "inbox": frozenset({"resolved", "closed", "waiting", "snoozed"}),
    "mine": frozenset({"resolved", "closed", "waiting", "snoozed"}),
    "unassigned": frozenset({"resolved", "closed", "waiting", "snoozed"}),
    "waiting": frozenset({"resolved", "closed", "open", "snoozed"}),
    "snoozed": frozenset({"resolved", "closed", "open", "waiting"}),
    "resolved": frozenset({"open", "waiting", "snoozed"}),
}
"""Which statuses take a conversation out of a view, so that the next one comes under the cursor at once."""


def leave(desk: Desk, ids: tuple[Ulid, ...], status: Status) -> None:
    """Go on with the next row, if this status takes the conversations out of the open view."""
    screen = desk.screen
    selected = screen.queue.selected
    if status.value not in LEAVES.get(desk.view.id, frozenset()) or (len(ids) == 1 and selected not in ids):
        return
    screen.queue.drop(ids)
    if screen.queue.selected != selected:
        desk.show(screen.queue.selected)
        if screen.layouts.narrow:
            screen.layouts.home()


def status(desk: Desk, wanted: Status) -> Coroutine[Any, Any, None]:
    """Give conversations another status, and go on."""
    return set_status(desk, desk.targets(), wanted)


def set_status(desk: Desk, ids: tuple[Ulid, ...], wanted: Status, *, asked: bool = False) -> Coroutine[Any, Any, None]:
    """Give these conversations another status, and go on; `asked`: that was agreed to already."""
    word = _(phrases.STATUS[wanted])
    said = _("{name}: {status}").format(name=bulk.named(desk, ids), status=word)
    return bulk.carry_out(desk, ids, to_status(wanted, word), said, asked=asked)


def to_status(wanted: Status, word: str, contact_reason: str | None = None) -> Act:
    """The act of giving another status."""

    def begin(desk: Desk, ids: tuple[Ulid, ...]) -> None:
        if len(ids) == 1:
            desk.mark_read(ids[0])
        leave(desk, ids, wanted)

    return of_steps(word, steps.status(wanted, contact_reason), begin=begin)


def snooze(desk: Desk, ids: tuple[Ulid, ...], until: Millis | Until) -> Coroutine[Any, Any, None]:
    """Hide conversations until a time, a reply, or so long before the window closes, and go on."""
    wanted = until if isinstance(until, Until) else Until(until)
    name, when = bulk.named(desk, ids), until_words(desk, wanted)

    def begin(desk: Desk, ids: tuple[Ulid, ...]) -> None:
        # Counted from a window, it may not be possible: the row goes when it is done.
        if wanted.lead is None and not wanted.ends and (wanted.at is None or wanted.at > desk.clock.now()):
            leave(desk, ids, Status.SNOOZED)

    act = of_steps(_("snooze until {time}").format(time=when), steps.snooze(wanted), begin=begin)
    return bulk.carry_out(desk, ids, act, _("{name}: snoozed until {time}").format(name=name, time=when))


def until_words(desk: Desk, until: Until) -> str:
    """Until when, in the middle of a sentence."""
    if until.ends:
        return _("the incident’s end")
    if until.lead is not None:
        return _("{span} before the window closes").format(span=phrases.span(until.lead))
    return _("a reply") if until.at is None else phrases.moment(until.at, desk.clock.now(), desk.zone, within=True)


def morning(desk: Desk, days: int) -> Millis:
    """Nine o'clock so many days from today, where the agent is."""
    today = phrases.local(desk.clock.now(), desk.zone).date()
    return round(datetime.combine(today + timedelta(days), time(9), desk.zone).timestamp() * 1000)


def monday(desk: Desk) -> Millis:
    """Nine o'clock on the next Monday."""
    return morning(desk, 7 - phrases.local(desk.clock.now(), desk.zone).weekday())


def _take(desk: Desk) -> Coroutine[Any, Any, None]:
    act = of_steps(_("assign to you"), steps.assign(desk.cache.me().id))
    return bulk.carry_out(desk, desk.targets(), act, _("assigned to you"))


def _unread(desk: Desk) -> Coroutine[Any, Any, None]:
    ids = desk.targets()
    shown = desk.conversation
    if desk.shown in ids:
        desk.rest(desk.shown)

    async def work() -> None:
        if len(ids) > 1:
            rows = await desk.cache.aread(inbox.conversations, ids)
            read = any(row.unread for row in rows)
        else:
            read = bool(shown and shown.unread)
        act = of_steps(_("mark read") if read else _("mark unread"), steps.read(read))
        await bulk.carry_out(desk, ids, act, _("marked read") if read else _("marked unread"))

    return work()


async def _undo(desk: Desk) -> None:
    from omnitui.services.acting.undoing import Departed

    await desk.drafting.flush()
    queue = desk.screen.queue
    home = queue.window.home
    doing, key = desk.doing, desk.screen.keyboard.keymap.key_of("app.undo")
    rest, doing.rest = doing.rest, None
    try:
        undone = await desk.act_first(desk.session.operations.undo, rest=rest, left=tuple(doing.left))
    except Departed as error:
        if not error.rest:
            doing.left.add(error.group_id)
            raise Refused(
                error.message, hint=_("{key} again takes back what you did before").format(key=key)
            ) from error
        doing.rest = error.group_id
        hint = ngettext("{key} again takes back the other change", "{key} again takes back the {n} others", error.rest)
        raise Refused(error.message, hint=hint.format(key=key, n=error.rest)) from error
    if undone.left:
        doing.left.add(undone.left)
    # What came back, a draft perhaps, is there for the next key.
    await desk.renew()
    tell(desk, undone, _("undone: {what}"), undone.originals)
    queue.bring_back(_go_to(desk, undone.originals), to_top=home)


async def _redo(desk: Desk) -> None:
    redone = await desk.act_first(desk.session.operations.redo)
    await desk.renew()
    tell(desk, redone, _("done again: {what}"), redone.ops)
    _go_to(desk, redone.originals)


def tell(desk: Desk, done: Undone, words: str, what: tuple[Op, ...]) -> None:
    """Say what became of an undo or redo."""
    if done.conflicts:
        desk.say(_("changed since then, left as it is: {field}").format(field=_field(done.conflicts[0].field)), "warn")
    elif done.overtaken:
        field = _field(done.overtaken[0].field)
        told_field = _("{field} is not as it was: it was changed meanwhile").format(field=field)
        desk.say(f"{words.format(what=told(what))} · {told_field}", "warn")
    elif done.gone:
        left = ngettext("{n} message had left already", "{n} messages had left already", done.gone).format(n=done.gone)
        desk.say(f"{words.format(what=told(what))} · {left}", "warn")
    else:
        desk.say(words.format(what=told(what)))


def _field(name: str) -> str:
    return _(phrases.FIELD.get(name, name))


def _go_to(desk: Desk, ops: tuple[Op, ...]) -> Ulid | None:
    """Show what was touched, so that the agent sees what came of it; gives the one conversation, if it is one."""
    about = {op.conversation_id or (op.object_id if op.kind is ObjectKind.CONVERSATION else None) for op in ops}
    about.discard(None)
    one = about.pop() if len(about) == 1 else None
    if one is not None:
        desk.go(one)
    return one


_ABOUT_NONE = (ObjectKind.INCIDENT, ObjectKind.AGENT)


def told(ops: tuple[Op, ...]) -> str:
    """What ops did, in a few words."""
    if not ops:
        return _("nothing")
    word = ", ".join(dict.fromkeys(_told(op) for op in ops))
    about = {op.conversation_id or op.object_id for op in ops if op.kind not in _ABOUT_NONE}
    if len(about) < 2:
        return word
    return word + " " + ngettext("({n} conversation)", "({n} conversations)", len(about)).format(n=len(about))


def _told(op: Op) -> str:
    word = _(phrases.VERB[op.verb])
    value = op.after.get("status")
    return f"{word} → {_(phrases.STATUS[Status(value)])}" if isinstance(value, str) else word


def _resolve(desk: Desk, ids: tuple[Ulid, ...]) -> Coroutine[Any, Any, None]:
    from omnitui.services.triage.reasons import always_asked

    if not always_asked(desk.session.profile):
        return set_status(desk, ids, Status.RESOLVED)
    from omnitui.ui.acts.triaging import resolve_with_reason

    return resolve_with_reason(desk, ids)


async def _pick(desk: Desk, name: str, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens import pickers

    await getattr(pickers, name)(desk, ids)


async def _close(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens.confirm import confirmed

    act = to_status(Status.CLOSED, _("close"))
    said = _("{name}: {status}").format(name=bulk.named(desk, ids), status=_(phrases.STATUS[Status.CLOSED]))
    if len(ids) > 1:
        await bulk.carry_out(desk, ids, act, said, ask=True)
        return
    question = _("Close this conversation for good? A later message starts a new one.")
    if await confirmed(desk, question, _("close")) and desk.shown in ids:
        await bulk.carry_out(desk, ids, act, said, asked=True)


HANDLERS: Mapping[str, Handler] = {
    "conversation.resolve": lambda desk, count: _resolve(desk, desk.targets()),
    "conversation.reopen": lambda desk, count: status(desk, Status.OPEN),
    "conversation.wait": lambda desk, count: status(desk, Status.WAITING),
    "conversation.close": lambda desk, count: _close(desk, desk.targets()),
    "conversation.snooze": lambda desk, count: _pick(desk, "pick_snooze", desk.targets()),
    "conversation.snooze_hour": lambda desk, n: snooze(desk, desk.targets(), desk.clock.now() + (n or 1) * HOUR),
    "conversation.snooze_tomorrow": lambda desk, count: snooze(desk, desk.targets(), morning(desk, count or 1)),
    "conversation.snooze_week": lambda desk, count: snooze(desk, desk.targets(), monday(desk)),
    "conversation.assign": lambda desk, count: _pick(desk, "pick_assignee", desk.targets()),
    "conversation.take": lambda desk, count: _take(desk),
    "conversation.label": lambda desk, count: _pick(desk, "pick_label", desk.targets()),
    "conversation.priority": lambda desk, count: _pick(desk, "pick_priority", desk.targets()),
    "conversation.unread": lambda desk, count: _unread(desk),
    "app.undo": lambda desk, count: _undo(desk),
    "app.redo": lambda desk, count: _redo(desk),
}
