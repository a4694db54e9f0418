"""The queue as it was at a time, to be read only; Enter looks into a conversation as it was then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from omnitui.clock import DAY, HOUR, Millis
from omnitui.desk.times.moments import past_moment
from omnitui.desk.tracing import value_at
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Message
from omnitui.store.reads import history, past, tracing
from omnitui.store.reads.past import Row
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.oplog import words_of
from omnitui.ui.screens.page import PageScreen, unhurried
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3

MOST = 2_000
"""Conversations that are listed."""
SAID = 50
"""Messages that are shown of one."""


async def open_past(desk: Desk) -> None:
    """Ask for a time and show the open list as it was then."""
    at = await _pick(desk)
    if at is None:
        return
    query = desk.session.query(desk.view.text, at)
    rows = await desk.cache.aread(past.queue, query, at, desk.clock.now(), limit=MOST)
    when = phrases.moment(at, desk.clock.now(), desk.zone, within=True)
    title = _("{view} as it was {time}: {count}, to be read only").format(
        view=_(desk.view.title), time=when, count=phrases.conversations_word(len(rows))
    )
    unsure = sorted({_(phrases.FIELD.get(field, field)) for row in rows for field in row.unsure})
    hint = _("Enter looks into it; nothing can be changed here")
    if unsure:
        hint = _("? was changed elsewhere about then, when exactly is not known: {fields}").format(
            fields=", ".join(unsure)
        )
    choices = among([row_choice(row, at) for row in rows])
    while (chosen := await desk.ask(PickerScreen(title, choices, hint=hint))) is not None:
        await _look(desk, chosen.value, at, when)


async def _pick(desk: Desk) -> Millis | None:
    now = desk.clock.now()
    offers = [
        (_("an hour ago"), now - HOUR),
        (_("four hours ago"), now - 4 * HOUR),
        (_("a day ago"), now - DAY),
        (_("a week ago"), now - 7 * DAY),
    ]
    if (looked := desk.looks.at(now)) is not None:
        offers.insert(0, (_("when you looked last"), looked))

    def offer(words: str, at: Millis) -> Choice:
        return Choice(at, ((plain(words), "text"),), ((phrases.moment(at, now, desk.zone), "muted"),))

    fixed = among([offer(words, at) for words, at in offers])

    async def source(text: str) -> Sequence[Choice]:
        found = list(await fixed(text))
        if text.strip():
            try:
                found.insert(0, offer(text, past_moment(text, now=now, zone=desk.zone)))
            except OmniError as error:
                if not found:
                    raise error
        return found

    hint = _("or type a time: yesterday 18:00, monday 9, 2026-01-31")
    chosen = await desk.ask(PickerScreen(_("The list as it was …"), source, hint=hint, small=True))
    return None if chosen is None else int(chosen.value)


def row_choice(row: Row, at: Millis) -> Choice:
    """A conversation of the past as a line."""
    one = row.conversation
    unread = f"{one.unread} " if one.unread else ""
    left: Line = (
        ("? " if row.unsure else "", "warn"),
        (unread, "unread"),
        (plain(one.contact), "theirs"),
        (f"  {plain(one.subject or one.snippet)}", "text"),
    )
    facts = [_(phrases.STATUS[one.status]), one.assignee, *(f"#{label}" for label in one.labels)]
    right = ((plain("  ".join(fact for fact in facts if fact)), "label"),
             (f"  {phrases.ago(one.last_activity_at, at)}", "muted"))  # fmt: skip
    return Choice(row, left, right)


def _then(
    db: sqlite3.Connection, own: Ulid, at: Millis, now: Millis, zone: tzinfo
) -> tuple[list[tuple[str, str, str]], list[Message]]:
    fields = [(field, value_at(chain, at), chain[-1].after) for field, chain in tracing.traces(db, own, now).items()]
    names = tracing.called(db, values=[one for _field, then, later in fields for one in (then.value, later)])
    words = words_of(names, now, zone)
    facts = [
        (words.field(field), words.value(field, then.value) + ("" if then.sure else " ?"), words.value(field, later))
        for field, then, later in fields
    ]
    return facts, history.page(db, own, before=(at + 1, ""), limit=SAID)


async def _look(desk: Desk, row: Row, at: Millis, when: str) -> None:
    """A conversation as it was: its fields, with what they are now where that differs, and what had been said."""
    now = desk.clock.now()
    facts, said = await desk.cache.aread(_then, row.conversation.id, at, now, desk.zone)

    def write(width: int) -> list[Line]:
        lines: list[Line] = []
        for field, then, later in facts:
            line: Line = ((f"{field}  ", "label"), (plain(then), "text"))
            if then.removesuffix(" ?") != later:
                line = (*line, (f"  ({_('now')}: {plain(later)})", "muted"))
            lines.append(line)
        for message in said:
            head = f"{phrases.moment(message.received_at, now, desk.zone)}  "
            lines += [(), ((head, "muted"), (plain(message.author), "theirs"))]
            lines += [(("  " + text, "text"),) for text in wrap(shown(safe(message.text)), width - 2)]
        return lines

    title = _("{contact} as it was {time}").format(contact=plain(row.conversation.contact), time=when)
    await desk.ask(PageScreen(title, unhurried(write, sum(len(message.text) for message in said))))
