"""What an act would do, before it does it: every conversation with what changes, and those that it cannot change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnitui.desk.acting.steps import Foreseen
from omnitui.desk.acting.telling import Words, refusals, tally
from omnitui.i18n import _, ngettext
from omnitui.store.reads import tracing
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3

MOST = 300
"""Conversations that are listed; what cannot be done comes first."""
_ANSWERS = (False, True)


class ForeseenScreen(PickerScreen):
    """No and yes, then what becomes of each conversation; typing narrows that down."""

    def take(self, chosen: Choice) -> None:
        """Only no and yes are answers."""
        if chosen.value in _ANSWERS:
            self.dismiss(chosen)
        else:
            self.say(_("this is what becomes of it; no and yes stand above"))


async def agreed_to(desk: Desk, found: Sequence[Foreseen], deed: str) -> bool:
    """Show what an act would do, and ask; "no" is under the cursor first."""
    words = await words_of(desk)
    count = tally(found)
    title = _("{conversations}: {deed}").format(conversations=phrases.conversations_word(len(found)), deed=deed)
    if count.already:
        title += "; " + ngettext("{n} is so already", "{n} are so already", count.already).format(n=count.already)
    hint = count.line() + "".join(f"; {n} × {plain(why)}" for why, n in refusals(found)[:3])
    order = sorted(found, key=lambda one: (not one.why_not, not one.changes))
    answers = [Choice(False, ((_("no, leave it"), "text"),)), Choice(True, ((deed, "bad"),))]
    listed = [_choice(number, one, words) for number, one in enumerate(order[:MOST], 2)]
    if len(order) > MOST:
        more = _("… and {n} more").format(n=len(order) - MOST)
        listed.append(Choice(MOST + 2, ((more, "muted"),), words=more))
    # Beside an answer, what is typed narrows down the conversations.
    chosen = await desk.ask(ForeseenScreen(title, among([*answers, *listed]), hint=hint))
    return chosen is not None and chosen.value is True


async def words_of(desk: Desk) -> Words:
    """What names and times are called here."""
    names = await desk.cache.aread(_names)
    return Words(names, lambda at: phrases.moment(at, desk.clock.now(), desk.zone, within=True))


def _names(db: sqlite3.Connection) -> dict[str, str]:
    return {own: plain(name) for own, name in tracing.agents(db).items()}


def _choice(number: int, found: Foreseen, words: Words) -> Choice:
    row = found.conversation
    told = plain(words.changes(found))
    # What is written may name the customer.
    words_theirs = any(change.field in ("note", "reply") for change in found.changes)
    role = "bad" if found.why_not else "theirs" if words_theirs else "good" if found.changes else "muted"
    left: Line = ((plain(row.contact or row.subject), "theirs"), ("  ", ""), (told, role))
    return Choice(number, left, ((plain(row.subject)[:30], "muted"),), words=told)
