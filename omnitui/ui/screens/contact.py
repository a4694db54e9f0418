"""Editing what is known of a contact."""

from __future__ import annotations

from omnitui.i18n import _
from omnitui.model.card import Card
from omnitui.ui.desk import Desk
from omnitui.ui.panes.fields import editable
from omnitui.ui.screens.form import Entry, FormScreen


async def edit_contact(desk: Desk, card: Card) -> None:
    """Show the contact's fields and record what was changed."""
    contact = card.contact
    entries = (
        Entry("name", _("Name"), contact.name),
        Entry("segment", _("Segment"), contact.segment),
        Entry("language", _("Language"), contact.language),
        Entry("time_zone", _("Time zone (Asia/Tokyo)"), contact.time_zone),
        Entry("organization", _("Organization"), card.organization.name if card.organization else ""),
        Entry("about", _("Notes"), contact.about, long=True),
    )
    # What the fields can show, not what the contact holds: a stranger's control characters are no edit of the agent's.
    before = {entry.name: _shown(entry) for entry in entries}
    found = await desk.ask(FormScreen(_("Edit the contact"), entries, done=_("keep")))
    if found is None:
        return
    changed = {name: value for name, value in found.items() if value != before[name]}
    if not changed:
        return
    await desk.act(desk.session.operations.set_contact, contact.id, changed)
    desk.say(_("contact changed"))


def _shown(entry: Entry) -> str:
    return editable(entry.value) if entry.long else editable(entry.value, multiline=False).strip()
