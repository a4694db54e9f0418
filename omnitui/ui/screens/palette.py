"""The palette: every action, view and theme, and every conversation and contact, by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from omnitui.desk.terms import Query
from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.model.people import Contact
from omnitui.services.actions import ACTIONS, Scope, actions_of
from omnitui.store.reads import inbox, people
from omnitui.ui import acts, phrases
from omnitui.ui.desk import Desk
from omnitui.ui.roles import plain
from omnitui.ui.screens.help import described
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.themes import names
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3

MOST = 20


async def open_palette(desk: Desk) -> None:
    """Ask what to do or where to go, and do it."""
    scope = desk.screen.scope
    fixed = among([*_actions(desk, scope), *_themes(desk)])

    async def source(text: str) -> Sequence[Choice]:
        found = list(await fixed(text))
        if len(text.strip()) < 2:
            return found
        conversations, contacts = await desk.cache.aread(_look_up, desk.session.query, text)
        now = desk.clock.now()
        return [
            *found[:8],
            *(_conversation(one, now) for one in conversations),
            *(_contact(one) for one in contacts),
            *found[8:],
        ]

    title = _("What to do, or where to go")
    chosen = await desk.ask(PickerScreen(title, source, hint=_("actions, conversations, contacts, views, themes")))
    if chosen is None:
        return
    kind, value = chosen.value
    if kind == "action":
        acts.run(desk, value)
    elif kind == "theme":
        desk.screen.app.theme = value
    elif kind == "conversation":
        desk.go(value)
        desk.screen.layouts.read()
    else:
        await _open_contact(desk, value)


def _actions(desk: Desk, scope: Scope) -> list[Choice]:
    here = [action.id for action in actions_of(scope)]
    rest = [action_id for action_id in ACTIONS if action_id not in here and ACTIONS[action_id].scope is Scope.DESK]
    keymap = desk.screen.keyboard.keymap
    recent = [action_id for action_id in desk.recent if action_id in here or action_id in rest]
    ordered = dict.fromkeys([*recent, *here, *rest])
    return [
        Choice(("action", action_id), *described(ACTIONS[action_id], keymap), words=action_id)
        for action_id in ordered
        if action_id != "app.palette"
    ]


def _themes(desk: Desk) -> list[Choice]:
    return [
        Choice(("theme", name), ((_("Theme {name}").format(name=name), "strong"),), words="theme colour")
        for name in names(desk.session.profile.themes)
    ]


def _look_up(
    db: sqlite3.Connection, parse: Callable[[str], Query], text: str
) -> tuple[list[Conversation], list[Contact]]:
    query = parse(" ".join(f'"{word}"' for word in text.replace('"', " ").split()))
    return inbox.page(db, query, limit=MOST), people.find(db, text, MOST)


def _conversation(found: Conversation, now: int) -> Choice:
    left = ((plain(found.contact), "theirs"), (f"  {plain(found.subject or found.snippet)}", "text"))
    return Choice(("conversation", found.id), left, ((phrases.ago(found.last_activity_at, now), "muted"),))


def _contact(found: Contact) -> Choice:
    return Choice(("contact", found.id), ((plain(found.name), "theirs"),), ((_("contact"), "muted"),))


async def _open_contact(desk: Desk, contact_id: str) -> None:
    from omnitui.store.reads.card import card

    found = await desk.cache.aread(card, contact_id)
    if found.open:
        desk.go(found.open[0].id)
        desk.screen.layouts.read()
    else:
        desk.say(_("{name} has no open conversation; search finds the others").format(name=plain(found.contact.name)))
