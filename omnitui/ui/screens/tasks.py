"""Tasks: what was promised, the first due first; and the words that promise something."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.clock import HOUR, Millis
from omnitui.desk.acting import steps
from omnitui.desk.naming import TASK
from omnitui.desk.promises.errands import EXAMPLES, Errand, errand
from omnitui.desk.times.wake import wake_time
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.tasks import Task, TaskKind
from omnitui.store.reads import tasks
from omnitui.text.widths import wrap
from omnitui.ui.acts import bulk
from omnitui.ui.acts.changing import monday, morning
from omnitui.ui.desk import Desk
from omnitui.ui.doing import Act, of_steps
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, cropped, plain
from omnitui.ui.panels import task_line
from omnitui.ui.screens.picker import PickerScreen, among, distinct, fitting
from omnitui.ui.widgets.choices import MOVES, Choice, Choices
from omnitui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    import sqlite3

    from omnitui.services.acting.performing import Job

Wish = Literal["open", "later"]
CLOSE: Final = 80
"""Columns below which the dialog takes the whole screen."""
NAME: Final = 18
"""Columns of a name in the list, at most."""
FAR: Final = 200
MOST: Final = 500
"""Tasks that are listed at most."""


class TasksScreen(LastHopModal[tuple[Wish, Task] | None]):
    """The open tasks of the agent and of nobody, or of all. Keys act at once; Escape leaves."""

    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, desk: Desk, *, everybody: bool = False, at: Ulid | None = None) -> None:
        super().__init__()
        self._desk = desk
        self.everybody = everybody
        self._at = at
        self._held: Sequence[Task] = ()
        self._following: asyncio.Task[None] | None = None

    def compose(self) -> ComposeResult:
        """Title, tasks, the keys."""
        with Vertical(classes="dialog picker"):
            yield Lines(classes="title")
            yield Choices()
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Read them, and follow what changes."""
        self._following = asyncio.create_task(self._follow())

    def on_unmount(self) -> None:
        """Nothing is read for a dialog that is gone."""
        if self._following is not None:
            self._following.cancel()

    def on_resize(self) -> None:
        """Another size."""
        self.set_class(self.app.size.width < CLOSE, "-close")
        self.call_after_refresh(self._show)

    async def _follow(self) -> None:
        await self._read()
        async for _changed in self._desk.session.bus.listen(every=0.2):
            await self._read()

    async def _read(self) -> None:
        cache = self._desk.cache
        agent_id = None if self.everybody else cache.me().id
        with suppress(OmniError):
            self._held = await cache.aread(tasks.page, agent_id=agent_id, limit=MOST)
            self._show()

    def _show(self) -> None:
        if not self.is_attached:
            return
        title = _("Tasks of all") if self.everybody else _("Your tasks")
        self.query_one(".title", Lines).show([((title, "title"), (f"  {len(self._held) or ''}", "muted"))])
        choices, now = self.query_one(Choices), self._desk.clock.now()
        ids = [one.id for one in self._held]
        at = ids.index(self._at) if self._at in ids else min(choices.at, max(len(ids) - 1, 0))
        choices.load([_choice(one, now, self._desk, everybody=self.everybody) for one in self._held], at)
        self._at = ids[at] if ids else None
        keys = _("Enter goes there, d done, t another time, m yours or all, u undo, Esc closes")
        words = keys if self._held else _("nothing is promised; m shows yours or all, Esc closes")
        width = max(self.query_one(".hint", Lines).size.width, 20)
        self.query_one(".hint", Lines).show([((line, "muted"),) for line in wrap(plain(words), width)])

    @property
    def chosen(self) -> Task | None:
        """The task under the cursor."""
        current = self.query_one(Choices).current
        return next((one for one in self._held if current and one.id == current.value), None)

    def on_key(self, event: events.Key) -> None:
        """Move, act or leave."""
        one, desk = self.chosen, self._desk
        if event.key in MOVES:
            self.query_one(Choices).move(MOVES[event.key])
            current = self.query_one(Choices).current
            self._at = current.value if current is not None else None
        elif event.key in ("escape", "q", "ctrl+q"):
            self.dismiss(None)
        elif event.key == "m":
            self.everybody = not self.everybody
            desk.spawn(self._read())
        elif event.key == "u":
            desk.spawn(self._undo())
        elif event.key == "enter" and one is not None:
            self.dismiss(("open", one))
        elif event.key == "t" and one is not None:
            self.dismiss(("later", one))
        elif event.key == "d" and one is not None:
            self._complete(one)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """A click goes there."""
        event.stop()
        if (one := self.chosen) is not None:
            self.dismiss(("open", one))

    def _complete(self, one: Task) -> None:
        # The next one comes under the cursor at once; the key that follows means it.
        ids = [held.id for held in self._held]
        at = ids.index(one.id)
        self._held = [held for held in self._held if held.id != one.id]
        rest = [held.id for held in self._held]
        self._at = rest[min(at, len(rest) - 1)] if rest else None
        self._show()
        self._desk.spawn(self._desk.act(self._desk.session.operations.complete_tasks, [one.id]))

    async def _undo(self) -> None:
        await self._desk.act(self._desk.session.operations.undo)
        await self._read()


def _choice(one: Task, now: Millis, desk: Desk, *, everybody: bool = True) -> Choice:
    line = task_line(one, now, desk.zone)
    # Where there are words, a long address leaves them room.
    who = cropped(((f"  {plain(one.contact)}", "theirs"),), NAME if one.text else FAR)
    text: Line = ((f"  {plain(one.text)}", "theirs"),) if one.text else ()
    whose = plain(one.assignee) if one.assignee else _("whoever comes first")
    told = everybody or one.assignee_id != desk.cache.me().id
    return Choice(one.id, (*line, *who, *text), cropped(((whose, "muted"),), NAME) if told else ())


async def open_tasks(desk: Desk) -> None:
    """Show the tasks until they are left."""
    everybody, at = False, None
    while True:
        screen = TasksScreen(desk, everybody=everybody, at=at)
        answer = await desk.ask(screen)
        if answer is None:
            return
        wish, one = answer
        everybody, at = screen.everybody, one.id
        if wish == "open":
            desk.go(one.conversation_id)
            desk.screen.layouts.read()
            return
        await put_off(desk, one)


async def put_off(desk: Desk, one: Task) -> None:
    """Ask for another time at which a task is due."""

    async def source(text: str) -> Sequence[Choice]:
        times = ((_("in an hour"), desk.clock.now() + HOUR), (_("tomorrow morning"), morning(desk, 1)))
        fixed = distinct([_time(desk, *one) for one in (*times, (_("Monday morning"), monday(desk)))])
        if not text.strip():
            return fixed
        found = [choice for _score, choice in fitting(text, fixed)]
        try:
            return [_time(desk, text, wake_time(text, now=desk.clock.now(), zone=desk.zone)), *found]
        except OmniError:
            if found:
                return found
            raise

    hint = _("or type a time: 2h, tomorrow 14:00, fri, 2026-01-31")
    chosen = await desk.ask(PickerScreen(_("Due when?"), source, hint=hint, small=True))
    if chosen is not None:
        await desk.act(desk.session.operations.change_task, one.id, {"due_at": chosen.value})


def _time(desk: Desk, words: str, at: Millis) -> Choice:
    return Choice(at, ((plain(words), "text"),), ((phrases.moment(at, desk.clock.now(), desk.zone), "muted"),))


async def promise(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask what is promised to the customers, and make it a task of the agent's in each conversation."""
    offers = [
        Errand(TaskKind.CALL_BACK, desk.clock.now() + HOUR, ""),
        Errand(TaskKind.CALL_BACK, morning(desk, 1), ""),
        Errand(TaskKind.FOLLOW_UP, morning(desk, 1), ""),
        Errand(TaskKind.FOLLOW_UP, monday(desk), ""),
    ]
    fixed = distinct([_errand(desk, one) for one in offers])

    async def source(text: str) -> Sequence[Choice]:
        if not text.strip():
            return fixed
        found = [choice for _score, choice in fitting(text, fixed)]
        try:
            return [_errand(desk, errand(text, now=desk.clock.now(), zone=desk.zone)), *found]
        except OmniError:
            if found:
                return found
            raise

    hint = _("or say it: {examples}").format(examples=EXAMPLES)
    chosen = await desk.ask(PickerScreen(_("Promise what?"), source, hint=hint, small=True))
    if chosen is None or (len(ids) == 1 and desk.shown not in ids):
        return
    one: Errand = chosen.value
    step = desk.session.operations.promising(one.kind, one.due_at, one.text, assignee_id=desk.cache.me().id)
    when = phrases.moment(one.due_at, desk.clock.now(), desk.zone, within=True)
    deed = _("{task}: due {time}").format(task=_(TASK[one.kind]), time=when)
    await bulk.carry_out(desk, ids, of_steps(deed, step), _said(ids, deed))


def _said(ids: tuple[Ulid, ...], deed: str) -> str:
    return _("{name}: {status}").format(name=phrases.conversations_word(len(ids)), status=deed) if ids[1:] else deed


def _errand(desk: Desk, one: Errand) -> Choice:
    text: Line = ((f"  {plain(one.text)}", "muted"),) if one.text else ()
    when = phrases.moment(one.due_at, desk.clock.now(), desk.zone)
    return Choice(one, ((_(TASK[one.kind]), "text"), *text), ((when, "muted"),))


async def complete_first(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Say that the task of a conversation is done that is due first; where one conversation has several, ask which."""
    if len(ids) != 1:
        deed = _("what was promised is done")
        await bulk.carry_out(desk, ids, Act(deed, _first_ones), _said(ids, deed))
        return
    open_ones = await desk.cache.aread(tasks.of_conversation, ids[0])
    if not open_ones:
        raise OmniError(_("nothing is promised here"))
    one = open_ones[0]
    if len(open_ones) > 1:
        now = desk.clock.now()
        chosen = await desk.ask(
            PickerScreen(_("Which is done?"), among([_choice(each, now, desk) for each in open_ones]), small=True)
        )
        if chosen is None:
            return
        one = next(each for each in open_ones if each.id == chosen.value)
    await desk.act(desk.session.operations.complete_tasks, [one.id])
    desk.say(_("{task}: done").format(task=_(TASK[one.kind])))


def _first_ones(desk: Desk, ids: Sequence[Ulid]) -> list[Job]:
    from omnitui.services.acting.performing import Job

    now = desk.clock.now()

    def look(db: sqlite3.Connection) -> list[Job]:
        found = [(own, tasks.of_conversation(db, own)[:1]) for own in ids]
        why = _("nothing is promised here")
        return [Job(own, tuple(steps.keep(one, now) for one in first), "" if first else why) for own, first in found]

    return desk.cache.read(look)


async def decide(desk: Desk, task_id: Ulid) -> None:
    """Ask what becomes of one task."""
    one = await desk.cache.aread(tasks.task, task_id)
    if one is None or one.done_at is not None:
        raise OmniError(_("this is done already"))
    offers = [("done", _("it is done")), ("later", _("another time …")), ("drop", _("take the promise back"))]
    if one.conversation_id != desk.shown:
        offers.append(("open", _("show the conversation")))
    title = f"{_(TASK[one.kind])} {phrases.moment(one.due_at, desk.clock.now(), desk.zone)}"
    choices = [Choice(value, ((words, "text"),)) for value, words in offers]
    chosen = await desk.ask(PickerScreen(title, among(choices), small=True))
    operations = desk.session.operations
    match chosen.value if chosen is not None else "":
        case "done":
            await desk.act(operations.complete_tasks, [one.id])
            desk.say(_("{task}: done").format(task=_(TASK[one.kind])))
        case "later":
            await put_off(desk, one)
        case "drop":
            await desk.act(operations.drop_task, one.id)
            desk.say(_("taken back"))
        case "open":
            desk.go(one.conversation_id)
            desk.screen.layouts.read()
