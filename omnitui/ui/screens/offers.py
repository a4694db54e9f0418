"""What the palette finds: one source a line in SOURCES, each with how it is listed and what choosing it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from omnitui.desk.views import View
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.services.actions import ACTIONS, Scope, actions_of
from omnitui.services.triage.views import QUERY, action_id
from omnitui.store.reads import inbox, incidents, people, search
from omnitui.ui import acts
from omnitui.ui.desk import Desk
from omnitui.ui.knowledge import known
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.help import offered
from omnitui.ui.screens.picker import fitting
from omnitui.ui.widgets.choices import Choice
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

    from omnitui.model.conversations import Conversation

MOST = 20
RECALLED = 5


@dataclass(frozen=True, slots=True)
class Offers:
    """One kind of thing that the palette offers. The values of its choices are texts, kept over starts."""

    kind: str
    choose: Callable[[Desk, str], Any]
    """Does it; what it returns is awaited where it can be."""
    listed: Callable[[Desk], Awaitable[Sequence[Choice]]] | None = None
    """All of them, where they are few."""
    found: Callable[[Desk, str], Awaitable[Sequence[Choice]]] | None = None
    """Those that fit what was typed, where they are many."""
    recalled: Callable[[Desk, Sequence[str]], Awaitable[Sequence[Choice]]] | None = None
    """Those that were chosen before, where they are many."""
    rests: bool = False
    """Whether finding them takes a while: not between two keys."""
    at_once: Callable[[Desk], bool] = lambda desk: False
    """Whether they are found without waiting, so that they are among the first answer."""


def _kind(word: str) -> Line:
    return ((word, "muted"),)


def _led(desk: Desk, word: str, action: str) -> Line:
    """A kind with the key that leads to all of it."""
    return ((f"{word}  ", "muted"), (desk.screen.keyboard.keymap.key_of(action), "key"))


async def _actions(desk: Desk) -> list[Choice]:
    scope = desk.screen.scope
    here = [action.id for action in actions_of(scope)]
    rest = [one.id for one in ACTIONS.values() if one.scope is Scope.DESK]
    return [offered(desk, ACTIONS[one]) for one in dict.fromkeys([*here, *rest]) if one != "app.palette"]


async def _views(desk: Desk) -> list[Choice]:
    counts = desk.counts
    keymap = desk.screen.keyboard.keymap
    return [
        Choice(
            one.id,
            ((plain(_(one.title)), "strong"), (f"  {plain(one.text)}", "muted")),
            (*_kind(f"{_('view')}  "), (f"{counts.of(one)}  ".lstrip(), "muted"),
             (keymap.key_of(action_id(one)), "key")),
            words=one.text,
        )
        for one in desk.session.views.every
    ]  # fmt: skip


def _open_view(desk: Desk, view_id: str) -> None:
    found = desk.session.views.find(view_id)
    if found is not None:
        desk.open_view(found)
        desk.screen.layouts.home()


async def _find_labels(desk: Desk, text: str) -> list[Choice]:
    labels = (await known(desk)).labels
    return [choice for _score, choice in fitting(text, [_label(name) for name in labels])][:MOST]


async def _recall_labels(desk: Desk, names: Sequence[str]) -> list[Choice]:
    return [_label(name) for name in names[:RECALLED]]


def _label(name: str) -> Choice:
    return Choice(name, ((f"#{plain(name)}", "label"),), _kind(_("label")))


def open_query(desk: Desk, text: str, title: str = "") -> None:
    """Make a query the open list.

    Raises:
        QueryError: It does not make sense.
    """
    desk.session.query(text)
    desk.open_view(View(QUERY, plain(title or text) or _("All"), text))
    desk.screen.layouts.home()


def _open_label(desk: Desk, name: str) -> None:
    open_query(desk, f'label:"{name}"', f"#{name}")


async def _themes(desk: Desk) -> list[Choice]:
    from omnitui.ui.look.themes import names as theme_names

    worn = desk.screen.app.theme
    return [
        Choice(
            name,
            ((_("Theme {name}").format(name=name), "strong"),),
            _led(desk, _("worn now") if name == worn else _("theme"), "app.theme"),
            words="theme colour",
        )
        for name in theme_names(desk.session.profile.themes)
    ]


def _wear(desk: Desk, name: str) -> None:
    if name in desk.screen.app.available_themes:
        desk.screen.app.theme = name


async def _settings(desk: Desk) -> list[Choice]:
    from omnitui.config.page import described

    rows = await asyncio.to_thread(described, desk.session.settings)
    return [
        Choice(
            name,
            ((name, "strong"), (f" = {plain(value)}", "text"), (f"  {plain(meaning)}", "muted")),
            _kind(_("setting")),
        )
        for name, value, _default, meaning in rows
    ]


async def _change_setting(desk: Desk, name: str) -> None:
    from omnitui.ui.screens.setting import change_setting

    await change_setting(desk, name)


async def _canned(desk: Desk) -> list[Choice]:
    shelf = desk.composer.shelf
    await shelf.renew_canned()
    found = [
        Choice(one.code, ((f";{plain(one.code)}", "strong"), (f" {plain(one.title)}", "text"),
                          (f"  {plain(' '.join(one.text.split())[:80])}", "muted")),
               _led(desk, _("canned response"), "composer.canned"))
        for one in shelf.canned
    ]  # fmt: skip
    return list({choice.value: choice for choice in found}.values())


async def _macros(desk: Desk) -> list[Choice]:
    from omnitui.services.texts import macros

    if not macros.folder(desk.session.profile).is_dir():
        return []
    found = await asyncio.to_thread(macros.read, desk.session.profile)
    return [
        Choice(
            one.name,
            ((plain(one.title), "strong"), (f"  {plain(one.name)}", "muted")),
            _led(desk, _("macro"), "conversation.macro"),
        )
        for one in found.macros
    ]


async def _run_macro(desk: Desk, name: str) -> None:
    from omnitui.ui.screens.macros import run_macro

    await run_macro(desk, name)


async def _incidents(desk: Desk) -> list[Choice]:
    found = await desk.cache.aread(incidents.known)
    return [
        Choice(
            one.id,
            (
                (f"{one.severity.short} ", phrases.severity_role(one.severity) if one.goes_on else "muted"),
                (plain(one.title), "strong"),
                (f"  {plain(one.standing)}" if one.goes_on else f"  {_('ended')}", "muted"),
            ),
            _led(desk, _("incident"), "go.incidents"),
        )
        for one in found
    ]


async def _open_incident(desk: Desk, incident_id: str) -> None:
    from omnitui.ui.screens.incidents import open_incident

    await open_incident(desk, incident_id)


async def _rules(desk: Desk) -> list[Choice]:
    session = desk.session
    if not session.profile.rules_file.exists():
        return []
    from omnitui.services.rules import reading

    found = await asyncio.to_thread(reading.read, session.profile, session.settings, session.views)
    return [
        Choice(
            one.name,
            ((plain(one.title), "strong"), (f"  {plain(one.when)}", "muted")),
            _led(desk, _("rule"), "go.rules"),
            words=one.name,
        )
        for one in found.rules
    ]


async def _open_rule(desk: Desk, name: str) -> None:
    from omnitui.ui.screens.rules import open_rule

    await open_rule(desk, name)


async def _put_canned(desk: Desk, code: str) -> None:
    from omnitui.ui.acts.writing import put_canned

    await put_canned(desk, code)


async def _find_conversations(desk: Desk, text: str) -> list[Choice]:
    query = desk.session.query(" ".join(f'"{word}"' for word in text.replace('"', " ").split()))
    hits = await desk.cache.aread(search.search, query, limit=3 * MOST)
    newest = {hit.conversation_id: hit for hit in reversed(hits)}
    now = desk.clock.now()
    return [
        _conversation(hit.conversation_id, hit.contact, hit.subject or hit.snippet, hit.received_at, now)
        for hit in sorted(newest.values(), key=lambda hit: -hit.received_at)[:MOST]
    ]


async def _recall_conversations(desk: Desk, ids: Sequence[str]) -> list[Choice]:
    rows = await desk.cache.aread(_rows, ids[:RECALLED])
    now = desk.clock.now()
    return [_conversation(one.id, one.contact, one.subject or one.snippet, one.last_activity_at, now) for one in rows]


def _rows(db: sqlite3.Connection, ids: Sequence[Ulid]) -> list[Conversation]:
    return [found for one in ids if (found := inbox.conversation(db, one)) is not None]


def _conversation(conversation_id: Ulid, contact: str, about: str, at: int, now: int) -> Choice:
    left = ((plain(contact), "theirs"), (f"  {plain(about)}", "text"))
    return Choice(conversation_id, left, ((phrases.ago(at, now), "muted"),))


def _go(desk: Desk, conversation_id: str) -> None:
    desk.go(conversation_id)
    desk.screen.layouts.read()


async def _find_contacts(desk: Desk, text: str) -> list[Choice]:
    found = await desk.cache.aread(people.find, text.strip(), MOST)
    return [Choice(one.id, ((plain(one.name), "theirs"),), _kind(_("contact"))) for one in found]


async def _open_contact(desk: Desk, contact_id: str) -> None:
    from omnitui.store.reads.card import card

    found = await desk.cache.aread(card, contact_id)
    if found.open:
        _go(desk, found.open[0].id)
    else:
        name = found.contact.name.replace('"', " ")
        open_query(desk, f'is:all from:"{name}"', name)


def _run(desk: Desk, action_id: str) -> None:
    if action_id in ACTIONS:
        acts.run(desk, action_id)


SOURCES: tuple[Offers, ...] = (
    Offers("action", _run, _actions),
    Offers("view", _open_view, _views),
    Offers("theme", _wear, _themes),
    Offers("canned", _put_canned, _canned),
    Offers("macro", _run_macro, _macros),
    Offers("incident", _open_incident, _incidents),
    Offers("rule", _open_rule, _rules),
    Offers("setting", _change_setting, _settings),
    Offers(
        "label", _open_label, found=_find_labels, recalled=_recall_labels, at_once=lambda desk: desk.names is not None
    ),
    Offers("conversation", _go, found=_find_conversations, recalled=_recall_conversations),
    Offers("contact", _open_contact, found=_find_contacts, rests=True),
)
"""In the order in which they are shown where nothing else decides."""
