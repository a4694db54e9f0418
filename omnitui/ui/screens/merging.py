"""Which conversations are to be shown as one, offered with what speaks for it, and which are to be cut apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import Status
from omnitui.services.acting.merging import offers
from omnitui.store.reads import inbox, merging
from omnitui.ui.acts import bulk
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3

_OVER = (Status.RESOLVED, Status.CLOSED)


async def merge(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Show the given ones as one, or the one with another that is chosen."""
    if len(ids) == 1:
        head, *others = await _pick(desk, ids[0])
    else:
        rows = await desk.cache.aread(inbox.conversations, ids)
        # What still has to be done stays in sight; among those the one that something happened in last.
        rows.sort(key=lambda one: (one.status in _OVER, -one.last_activity_at))
        head, *others = [one.id for one in rows]
    if others:
        await desk.act(desk.session.operations.merge, head, others)
        bulk.done(desk, ids)
        desk.go(head)
        desk.say(_("shown as one; undo or “cut apart” takes it back"))


async def _pick(desk: Desk, own: Ulid) -> list[Ulid]:
    """The conversation and what it is to be shown as one with; alone where nothing was chosen."""
    here = await desk.cache.aread(inbox.conversation, own)
    found = await desk.cache.aread(offers, here) if here is not None else []
    if not found:
        raise OmniError(
            _("there is no other conversation of this person, or of one like it"),
            hint=_("mark those that belong together in the list"),
        )
    now = desk.clock.now()
    choices = [merge_choice(one.conversation, one.like.score, ", ".join(one.like.reasons), now) for one in found]
    chosen = await desk.ask(
        PickerScreen(_("Show as one with"), among(choices), hint=_("nothing is moved; it can be cut apart again"))
    )
    return [own] if chosen is None else [own, chosen.value]


def merge_choice(one: Conversation, score: int, reasons: str, now: int) -> Choice:
    """A conversation with what speaks for it."""
    left = (
        (f"{score:3} ", "label"),
        (plain(one.contact), "theirs"),
        (f"  {plain(one.subject or one.snippet)}", "text"),
        (f"  {plain(reasons)}", "muted"),
    )
    right = ((f"{_(phrases.STATUS[one.status])}  {phrases.ago(one.last_activity_at, now)}", "muted"),)
    return Choice(one.id, left, right)


async def split(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Cut apart what is shown as one: all of it; of one conversation perhaps only the part that is chosen."""
    rows = await desk.cache.aread(_parts, ids)
    if not rows:
        raise OmniError(_("this conversation is not merged with another one"))
    chosen = tuple(one.id for one in rows)
    if len(ids) == 1 and len(rows) > 1:
        now = desk.clock.now()
        every = Choice(chosen, ((_("all of them"), "strong"),))
        choices = [every, *(split_choice(one, now) for one in rows)]
        picked = await desk.ask(PickerScreen(_("Cut apart which"), among(choices)))
        if picked is None:
            return
        chosen = picked.value
    await desk.act(desk.session.operations.split, chosen)
    bulk.done(desk, ids)
    desk.say(_("cut apart"))


def _parts(db: sqlite3.Connection, ids: Sequence[Ulid]) -> list[Conversation]:
    heads = dict.fromkeys(merging.head(db, own) for own in ids)
    return inbox.conversations(db, [part for head in heads for part in merging.parts(db, head)])


def split_choice(one: Conversation, now: int) -> Choice:
    """A part as a line."""
    left = ((plain(one.contact), "theirs"), (f"  {plain(one.subject or one.snippet)}", "text"))
    return Choice((one.id,), left, ((phrases.ago(one.last_activity_at, now), "muted"),))
