"""Small choices about the conversations that an act means: when, who, which label, how urgent, which person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnitui.clock import HOUR
from omnitui.desk.acting import steps
from omnitui.desk.times.until import LEAD, Until, until
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.card import Card, Suggestion
from omnitui.model.conversations import Conversation, Message
from omnitui.model.people import Contact
from omnitui.model.states import Priority
from omnitui.store.reads import accounts, inbox, names, people, resembling
from omnitui.ui.acts import bulk
from omnitui.ui.acts.changing import monday, morning, snooze
from omnitui.ui.desk import Desk
from omnitui.ui.doing import of_steps
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.picker import PickerScreen, among, distinct
from omnitui.ui.screens.snoozing import SnoozeScreen
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3


async def pick_snooze(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask until when."""
    now = desk.clock.now()
    offers = [
        (_("in an hour"), Until(now + HOUR)),
        (_("in four hours"), Until(now + 4 * HOUR)),
        (_("tomorrow morning"), Until(morning(desk, 1))),
        (_("the day after tomorrow"), Until(morning(desk, 2))),
        (_("Monday morning"), Until(monday(desk))),
        (_("in two weeks"), Until(morning(desk, 14))),
        (_("the customer replies"), Until()),
        (_("two hours before the window closes"), Until(lead=LEAD)),
        (_("the incident ends"), Until(ends=True)),
    ]
    fixed = among(distinct([_until(desk, words, wanted) for words, wanted in offers]))

    async def source(text: str) -> Sequence[Choice]:
        found = list(await fixed(text))
        if text.strip():
            try:
                wanted = until(text, now=desk.clock.now(), zone=desk.zone)
            except OmniError as error:
                if not found:
                    raise error
            else:
                found = [one for one in found if one.value != wanted]
                found.insert(0, _until(desk, text, wanted))
        return found

    hint = _("or type a time: 2h, tomorrow 14:00, fri, 2026-01-31")
    chosen = await desk.ask(SnoozeScreen(_("Snooze until"), source, desk, ids, hint=hint))
    if chosen is not None and isinstance(chosen.value, str):
        desk.screen.keyboard.forgive("enter")
        chosen = _until(desk, chosen.value, until(chosen.value, now=desk.clock.now(), zone=desk.zone))
    if chosen is not None and (len(ids) > 1 or desk.shown in ids):
        await snooze(desk, ids, chosen.value)


def _until(desk: Desk, words: str, wanted: Until) -> Choice:
    conversation, moment = desk.conversation, ""
    at = wanted.at
    if (wanted.lead is not None or wanted.ends) and conversation is not None and not desk.screen.queue.marked:
        try:
            at = wanted.moment(conversation, desk.clock.now())
        except OmniError as error:
            return Choice(wanted, ((plain(words), "muted"),), ((error.message, "muted"),), dim=True)
    if at is not None:
        moment = phrases.moment(at, desk.clock.now(), desk.zone)
    return Choice(wanted, ((plain(words), "text"),), ((moment, "muted"),))


async def pick_assignee(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask who is to be responsible."""
    agents = await desk.cache.aread(accounts.agents)
    choices = [
        Choice(agent.id, ((plain(agent.name), "text"),), ((_("you"), "mine"),) if agent.me else ()) for agent in agents
    ]
    choices.append(Choice(None, ((_("nobody"), "muted"),)))
    chosen = await desk.ask(PickerScreen(_("Assign to"), among(choices), small=True))
    if chosen is None:
        return
    name = "".join(text for text, _role in chosen.left)
    act = of_steps(_("assign to {name}").format(name=name), steps.assign(chosen.value))
    await bulk.carry_out(desk, ids, act, _("assigned to {name}").format(name=name))


async def pick_label(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask for a label to put on or take off; of many conversations, it is on where all have it."""
    rows = await desk.cache.aread(inbox.conversations, ids)
    mine = frozenset.intersection(*(frozenset(row.labels) for row in rows)) if rows else frozenset[str]()
    some = frozenset(label for row in rows for label in row.labels)
    known = await desk.cache.aread(names.labels)
    ordered = sorted({*known, *some}, key=lambda name: (name not in mine, name not in some, name))
    fixed = among([_label(name, name in mine, name in some) for name in ordered])

    async def source(text: str) -> Sequence[Choice]:
        found = list(await fixed(text))
        name = "-".join(text.split()).lower()
        if name and name not in known:
            found.append(Choice((name, False), ((_("new label #{name}").format(name=plain(name)), "label"),)))
        return found

    hint = _("Enter puts it on, or takes it off")
    chosen = await desk.ask(PickerScreen(_("Labels"), source, hint=hint, small=True))
    if chosen is not None:
        name, on = chosen.value
        deed = (_("take label #{name} off") if on else _("put label #{name} on")).format(name=plain(name))
        act = of_steps(deed, steps.label(remove=[name]) if on else steps.label(add=[name]))
        said = _("label #{name} taken off").format(name=name) if on else _("label #{name} put on").format(name=name)
        await bulk.carry_out(desk, ids, act, said)


def _label(name: str, on: bool, some: bool) -> Choice:
    box = "[x] " if on else "[-] " if some else "[ ] "
    return Choice((name, on), ((box, "muted"), (f"#{plain(name)}", "label")))


async def pick_priority(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask how much it matters."""
    choices = [Choice(one, ((_(phrases.PRIORITY[one]), "text"),)) for one in reversed(Priority)]
    chosen = await desk.ask(PickerScreen(_("Priority"), among(choices), small=True))
    if chosen is None:
        return
    deed = _("priority {name}").format(name=_(phrases.PRIORITY[chosen.value]))
    await bulk.carry_out(desk, ids, of_steps(deed, steps.priority(chosen.value)), deed)


async def pick_link(desk: Desk, card: Card) -> None:
    """Ask which other contact is the same person; likely ones first."""
    likely = [_likely(one) for one in await desk.cache.aread(resembling.resembling, card.contact.id)]
    taken = {card.contact.id, *(one.contact.id for one in card.links)}

    async def source(text: str) -> Sequence[Choice]:
        if not text.strip():
            return likely
        found = await desk.cache.aread(_find, text)
        return [_contact(one, address) for one, address in found if one.id not in taken]

    title = _("{name} is the same person as").format(name=plain(card.contact.name))
    chosen = await desk.ask(PickerScreen(title, source, hint=_("type a name or an address"), small=True))
    if chosen is not None:
        await desk.act(desk.session.operations.link, card.contact.id, chosen.value, _("said by the agent"))
        desk.say(_("linked; undo takes it back"))


def _find(db: sqlite3.Connection, text: str) -> list[tuple[Contact, str]]:
    found = people.find(db, text, 20)
    return [(one, ", ".join(each.address for each in people.identities(db, one.id)[:2])) for one in found]


def _likely(one: Suggestion) -> Choice:
    left = ((f"{one.score:3} ", "label"), (plain(one.contact.name), "theirs"), (f"  {plain(one.reason)}", "muted"))
    return Choice(one.contact.id, left, ((plain(one.address), "theirs"),))


def _contact(contact: Contact, about: str) -> Choice:
    return Choice(contact.id, ((plain(contact.name), "theirs"),), ((plain(about), "muted"),))


async def pick_unlink(desk: Desk, card: Card) -> None:
    """Ask which link to take back."""
    if not card.links:
        raise OmniError(_("this contact is linked to nobody"))
    choices = [_contact(one.contact, one.link.reason) for one in card.links]
    chosen = await desk.ask(PickerScreen(_("No longer the same person as"), among(choices), small=True))
    if chosen is not None:
        await desk.act(desk.session.operations.unlink, card.contact.id, chosen.value)
        desk.say(_("unlinked; undo takes it back"))


async def pick_move(desk: Desk, message: Message) -> None:
    """Ask into which conversation a message is to go; the customer's other ones first."""
    card = desk.picture.card if desk.picture is not None else None
    likely = [_target(desk, one) for one in (card.open if card is not None else ()) if one.id != desk.shown]

    async def source(text: str) -> Sequence[Choice]:
        if not text.strip():
            return likely
        query = desk.session.query(f"is:all {text}")
        found = await desk.cache.aread(inbox.page, query, limit=30)
        return [_target(desk, one) for one in found if one.id != desk.shown and one.account_id == message.account_id]

    title = _("Move the message into")
    chosen = await desk.ask(PickerScreen(title, source, hint=_("type to search the conversations of this account")))
    if chosen is not None:
        await desk.act(desk.session.operations.move, message.id, chosen.value)
        desk.say(_("moved; undo takes it back"))


def _target(desk: Desk, conversation: Conversation) -> Choice:
    left = (
        (plain(conversation.contact), "theirs"),
        (f"  {plain(conversation.subject or conversation.snippet)}", "text"),
    )
    ago = phrases.ago(conversation.last_activity_at, desk.clock.now())
    return Choice(conversation.id, left, ((ago, "muted"),))
