"""Incidents: which there are, one with its conversations and what can be done, and what is linked to which."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.desk.acting import steps
from omnitui.desk.times.until import Until
from omnitui.errors import OmniError
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.incidents import Incident, Severity
from omnitui.store.reads import incidents
from omnitui.text.listing.rows import UNICODE
from omnitui.text.listing.runs import state_sign
from omnitui.text.widths import wrap
from omnitui.ui.acts import bulk
from omnitui.ui.acts.changing import snooze
from omnitui.ui.desk import Desk
from omnitui.ui.doing import Act, of_steps
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.form import Entry, FormScreen
from omnitui.ui.screens.picker import PickerScreen, among, fitting
from omnitui.ui.widgets.choices import MOVES, Choice, Choices
from omnitui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    import sqlite3

Wish = Literal["open", "announce", "severity", "words", "list", "story", "sleep"]
CLOSE: Final = 100
"""Columns below which the dialog takes the whole screen."""
_KEYS: Final[dict[str, Wish]] = {
    "enter": "open",
    "a": "announce",
    "s": "severity",
    "w": "words",
    "f": "list",
    "o": "story",
    "z": "sleep",
}


def incident_choice(one: Incident, desk: Desk) -> Choice:
    """An incident as a line: how bad, what, how it stands; how many, since when."""
    role = phrases.severity_role(one.severity) if one.goes_on else "muted"
    left: Line = (
        (f"{one.severity.short} ", role),
        (plain(one.title), "strong" if one.goes_on else "muted"),
        (f"  {plain(one.standing)}" if one.standing else "", "muted"),
    )
    now = desk.clock.now()
    when = phrases.moment(one.began_at, now, desk.zone) if one.goes_on else _("ended")
    return Choice(one, left, ((f"{one.conversations} · {when}", "muted"),), dim=not one.goes_on)


async def _pick(desk: Desk, title: str, hint: str, last: Sequence[Choice] = ()) -> Choice | None:
    known = await desk.cache.aread(incidents.known)
    fixed = [*(incident_choice(one, desk) for one in known), *last]

    async def source(text: str) -> Sequence[Choice]:
        words = " ".join(text.split())
        if not words:
            return fixed
        found = [choice for _score, choice in fitting(text, fixed)]
        return [*found, Choice(words, ((_("begin: {title}").format(title=plain(words)), "label"),))]

    return await desk.ask(PickerScreen(title, source, hint=hint))


async def open_incidents(desk: Desk) -> None:
    """Show the incidents; Enter shows one, and a title that is typed begins one."""
    chosen = await _pick(desk, _("Incidents"), _("Enter shows it; type a title to begin one"))
    if chosen is None:
        return
    if isinstance(chosen.value, str):
        made = await _begin(desk, chosen.value, ())
        if made is not None:
            await open_incident(desk, made)
        return
    await open_incident(desk, chosen.value.id)


async def _begin(desk: Desk, title: str, ids: tuple[Ulid, ...]) -> Ulid | None:
    severity = await _pick_severity(desk, title, Severity.SEV3)
    if severity is None:
        return None
    ops = await desk.act(lambda: desk.session.operations.open_incident(title, severity, ids=ids))
    desk.say(_("{severity} {title}: began").format(severity=severity.short, title=plain(title)))
    return ops[0].object_id


async def link(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask which incident is the cause of these conversations, and link them to it."""
    linked = len(ids) > 1 or (desk.conversation is not None and desk.conversation.incident_id is not None)
    last = [Choice(None, ((_("none"), "muted"),))] if linked else []
    title = _("Link {conversations} to").format(conversations=phrases.conversations_word(len(ids)))
    chosen = await _pick(desk, title, _("type a title to begin one"), last)
    if chosen is None:
        return
    if isinstance(chosen.value, str):
        if await _begin(desk, chosen.value, ids) is not None:
            bulk.done(desk, ids)
        return
    one: Incident | None = chosen.value
    title = plain(one.title) if one is not None else ""
    deed = _("link to {title}").format(title=title) if one is not None else _("link to no incident")
    sets = steps.incident(one.id, goes_on=one.goes_on) if one is not None else steps.incident(None)
    act = Act(deed, of_steps(deed, *sets).plan, reason=one.title if one else "")
    said = _("linked to {title}").format(title=title) if one is not None else _("linked to no incident")
    await bulk.carry_out(desk, ids, act, said)


async def _pick_severity(desk: Desk, title: str, now: Severity) -> Severity | None:
    words = {
        Severity.SEV1: _("critical; the public and those who lead are told"),
        Severity.SEV2: _("critical; many customers cannot use the product"),
        Severity.SEV3: _("few customers, or it may become worse"),
        Severity.SEV4: _("something is to be done; it can be used"),
        Severity.SEV5: _("looks wrong, hinders nobody"),
    }
    choices = [
        Choice(
            one,
            ((f"{one.short} ", phrases.severity_role(one)), (words[one], "text")),
            (("✓" if one is now else "", "muted"),),
        )
        for one in Severity
    ]

    asked = _("How bad is it? {title}").format(title=plain(title))
    chosen = await desk.ask(PickerScreen(asked, among(choices), small=True, at=now))
    return chosen.value if chosen is not None else None


class IncidentScreen(LastHopModal[tuple[Wish, Ulid | None] | None]):
    """One incident with its conversations. Keys act at once; Escape leaves."""

    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, desk: Desk, incident_id: Ulid, at: Ulid | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._incident_id = incident_id
        self._at = at
        self._one: Incident | None = None
        self._held: Sequence[Conversation] = ()
        self._following: asyncio.Task[None] | None = None

    def compose(self) -> ComposeResult:
        """Title, how it stands, conversations, the keys."""
        with Vertical(classes="dialog picker"):
            yield Lines(classes="title")
            yield Lines(id="incident-about")
            yield Choices()
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Read it, and follow what changes."""
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
        with suppress(OmniError):
            self._one, self._held = await self._desk.cache.aread(_one, self._incident_id)
            if self._one is None:
                self.dismiss(None)
            else:
                self._show()

    def _show(self) -> None:
        one = self._one
        if not self.is_attached or one is None:
            return
        role = phrases.severity_role(one.severity) if one.goes_on else "muted"
        title: Line = ((f"{one.severity.short} ", role), (plain(one.title), "title"), (f"  {len(self._held)}", "muted"))
        self.query_one(".title", Lines).show([title])
        about = self.query_one("#incident-about", Lines)
        lines = _about(one, self._desk)
        about.styles.height = len(lines)
        about.show(lines)
        choices, ids = self.query_one(Choices), [row.id for row in self._held]
        at = ids.index(self._at) if self._at in ids else min(choices.at, max(len(ids) - 1, 0))
        choices.load([_row(row) for row in self._held], at)
        self._at = ids[at] if ids else None
        end = _("e ends it") if one.goes_on else _("e reopens it")
        keys = _("Enter goes there, a tells all, s severity, w words, {end}, x unlinks, z all sleep until it ends")
        more = _("f list, o story, u undo, Esc closes")
        hint = self.query_one(".hint", Lines)
        width = max(hint.size.width, 20)
        hint.show([((line, "muted"),) for line in wrap(plain(f"{keys.format(end=end)}, {more}"), width)])

    @property
    def chosen(self) -> Conversation | None:
        """The conversation under the cursor."""
        current = self.query_one(Choices).current
        return next((row for row in self._held if current and row.id == current.value), None)

    def on_key(self, event: events.Key) -> None:
        """Move, act or leave."""
        row = self.chosen
        if event.key in MOVES:
            self.query_one(Choices).move(MOVES[event.key])
            row = self.chosen
            self._at = row.id if row is not None else None
        elif event.key in ("escape", "q", "ctrl+q"):
            self.dismiss(None)
        elif event.key == "x" and row is not None:
            self._desk.spawn(self._desk.act(self._desk.session.operations.unlink_incident, [row.id]))
        elif event.key == "e" and self._one is not None:
            self._desk.spawn(self._end(self._one))
        elif event.key == "u":
            self._desk.spawn(self._undo())
        elif event.key in _KEYS and self._one is not None and (event.key != "enter" or row is not None):
            self.dismiss((_KEYS[event.key], row.id if row is not None else None))
        else:
            return
        event.stop()
        event.prevent_default()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """A click goes there."""
        event.stop()
        if (row := self.chosen) is not None:
            self.dismiss(("open", row.id))

    async def _end(self, one: Incident) -> None:
        operations = self._desk.session.operations
        if not one.goes_on:
            await self._desk.act(operations.reopen_incident, one.id)
            return
        ops = await self._desk.act(operations.end_incident, one.id)
        woken = ngettext("{n} conversation woken", "{n} conversations woken", len(ops) - 1).format(n=len(ops) - 1)
        self._desk.say(_("{title}: ended, {woken}").format(title=plain(one.title), woken=woken))

    async def _undo(self) -> None:
        from omnitui.ui.acts.changing import tell

        undone = await self._desk.act(self._desk.session.operations.undo)
        tell(self._desk, undone, _("undone: {what}"), undone.originals)
        await self._read()


def _one(db: sqlite3.Connection, incident_id: Ulid) -> tuple[Incident | None, list[Conversation]]:
    return incidents.incident(db, incident_id), incidents.linked(db, incident_id)


def _about(one: Incident, desk: Desk) -> list[Line]:
    now, zone = desk.clock.now(), desk.zone
    lines: list[Line] = []
    if one.standing:
        lines.append(((plain(one.standing), "strong"),))
    began = _("began {time}").format(time=phrases.moment(one.began_at, now, zone, within=True))
    over = "" if one.ended_at is None else ", " + _("ended {time}").format(
        time=phrases.moment(one.ended_at, now, zone, within=True)
    )  # fmt: skip
    lines.append(((f"{began}{over}", "muted"),))
    if one.told_at is not None:
        told = _("told {time}: ").format(time=phrases.moment(one.told_at, now, zone, within=True))
        lines.append(((told, "muted"), (plain(one.told), "text")))
    return lines


def _row(row: Conversation) -> Choice:
    sign, _role = state_sign(row, UNICODE)
    left: Line = (
        (f"{sign} ", "muted"),
        (plain(row.contact), "theirs"),
        (f"  {plain(row.subject or row.snippet)}", "theirs"),
    )
    return Choice(row.id, left, ((f"{phrases.channel_word(row.channel)} · {_(phrases.STATUS[row.status])}", "muted"),))


async def open_incident(desk: Desk, incident_id: Ulid) -> None:
    """Show one incident until it is left."""
    at: Ulid | None = None
    while True:
        answer = await desk.ask(IncidentScreen(desk, incident_id, at))
        if answer is None:
            return
        wish, at = answer
        one, rows = await desk.cache.aread(_one, incident_id)
        if one is None:
            return
        match wish:
            case "open" if at is not None:
                desk.go(at)
                desk.screen.layouts.read()
                return
            case "list":
                from omnitui.ui.screens.offers import open_query

                open_query(desk, f"is:all incident:{one.id[-6:].lower()}", one.title)
                return
            case "announce":
                from omnitui.ui.screens.announcing import announce

                await announce(desk, one)
            case "severity":
                severity = await _pick_severity(desk, one.title, one.severity)
                if severity is not None:
                    await desk.act(desk.session.operations.change_incident, one.id, {"severity": severity.value})
            case "words":
                await _change_words(desk, one)
            case "story":
                await _tell_story(desk, one)
            case _:
                awake = tuple(row.id for row in rows if row.status in ("open", "waiting"))
                if awake:
                    await snooze(desk, awake, Until(ends=True))


async def _change_words(desk: Desk, one: Incident) -> None:
    entries = (Entry("title", _("Title"), one.title), Entry("standing", _("How it stands"), one.standing))
    found = await desk.ask(FormScreen(_("What all agents see"), entries, done=_("save")))
    if found is not None:
        await desk.act(desk.session.operations.change_incident, one.id, dict(found))


async def _tell_story(desk: Desk, one: Incident) -> None:
    from omnitui.services.incidents.story import as_markdown, story
    from omnitui.text.safe import safe
    from omnitui.ui.screens.page import PageScreen, of_text, unhurried

    now, zone = desk.clock.now(), desk.zone
    told = await desk.cache.aread(story, one)
    text = as_markdown(told, lambda at: phrases.moment(at, now, zone) if at is not None else "", phrases.SEND)
    await desk.ask(PageScreen(one.title, unhurried(of_text(safe(text)), len(text))))
