"""Editing what is known of a contact: all of it in a form, one value, or the preferred address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.card import Card
from omnitui.model.people import PREFERRED
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain
from omnitui.ui.panels import identity_of, preferred_name
from omnitui.ui.panes.fields import editable
from omnitui.ui.screens.form import Entry, FormScreen


def _entries(card: Card) -> tuple[Entry, ...]:
    contact = card.contact
    return (
        Entry("name", _("Name"), contact.name),
        Entry("segment", _("Segment"), contact.segment),
        Entry("language", _("Language"), contact.language),
        Entry("time_zone", _("Time zone (Asia/Tokyo)"), contact.time_zone),
        Entry("organization", _("Organization"), card.organization.name if card.organization else ""),
        Entry("about", _("Notes"), contact.about, long=True),
    )


async def edit_contact(desk: Desk, card: Card) -> None:
    """Show the contact's fields and record what was changed."""
    await _edit(desk, card, _("Edit the contact"), _entries(card))


async def edit_field(desk: Desk, card: Card, name: str) -> None:
    """Ask for one value of the contact; `fields.NAME` is a further fact."""
    own = name.removeprefix("fields.")
    if own != name:
        # A widget's id takes few characters, a fact's name all.
        entries: tuple[Entry, ...] = (Entry("fact", own, card.contact.fields.get(own, "")),)
    else:
        entries = tuple(entry for entry in _entries(card) if entry.name == name)
    await _edit(desk, card, _("Edit the contact"), entries, fact=own if own != name else "")


async def _edit(desk: Desk, card: Card, title: str, entries: tuple[Entry, ...], fact: str = "") -> None:
    # What the fields can show, not what the contact holds: a stranger's control characters are no edit of the agent's.
    before = {entry.name: _shown(entry) for entry in entries}
    found = await desk.ask(FormScreen(title, entries, done=_("keep")))
    if found is None:
        return
    changed: Mapping[str, Any] = {name: value for name, value in found.items() if value != before[name]}
    if not changed:
        return
    if fact:
        fields = {**card.contact.fields, fact: changed["fact"]}
        changed = {"fields": {name: value for name, value in fields.items() if value}}
    await desk.act(desk.session.operations.set_contact, card.contact.id, changed)
    desk.say(_("contact changed"))


async def prefer(desk: Desk, card: Card, identity_id: Ulid) -> None:
    """Make an address the preferred one; the preferred one is no longer so."""
    identity = identity_of(card, identity_id)
    if identity is None:
        return
    fields = {name: value for name, value in card.contact.fields.items() if name != PREFERRED}
    if card.preferred != identity_id:
        fields[PREFERRED] = preferred_name(identity)
    await desk.act(desk.session.operations.set_contact, card.contact.id, {"fields": fields})
    address = plain(identity.address)
    chosen = card.preferred != identity_id
    desk.say(
        _("{address} is preferred now").format(address=address)
        if chosen
        else _("{address} is no longer preferred").format(address=address)
    )


def _shown(entry: Entry) -> str:
    return editable(entry.value) if entry.long else editable(entry.value, multiline=False).strip()
