"""Changing what is known of the customer, and what the card's entries do."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.card import Card
from omnitui.ui.acts.copying import copy
from omnitui.ui.acts.handler import Handler, doing, moving
from omnitui.ui.desk import Desk
from omnitui.ui.panels import Act, Entry

FAR = 1_000_000


async def _card(desk: Desk) -> Card:
    card = (await desk.read()).card
    if card is None:
        raise OmniError(_("the customer is not read yet"))
    return card


async def _edit(desk: Desk) -> None:
    from omnitui.ui.screens.contact import edit_contact

    await edit_contact(desk, await _card(desk))


async def _link(desk: Desk) -> None:
    from omnitui.ui.screens.pickers import pick_link

    await pick_link(desk, await _card(desk))


async def _unlink(desk: Desk) -> None:
    from omnitui.ui.screens.pickers import pick_unlink

    await pick_unlink(desk, await _card(desk))


async def _open(desk: Desk) -> None:
    from omnitui.ui.screens import contact as forms

    card = await _card(desk)
    entry = _entry(desk)
    operations = desk.session.operations
    match entry.act:
        case Act.EDIT:
            await forms.edit_field(desk, card, entry.target)
        case Act.OPEN:
            desk.go(entry.target)
            desk.screen.layouts.read()
        case Act.LINK:
            await desk.act(operations.link, card.contact.id, entry.target, _("said by the agent"))
            desk.say(_("linked; undo takes it back"))
        case Act.UNLINK:
            await _unlink(desk)
        case Act.FOLLOW:
            from omnitui.ui.screens.links import follow

            await follow(desk, entry.target)
        case Act.TASK:
            from omnitui.ui.screens.tasks import decide

            await decide(desk, entry.target)
        case Act.INCIDENT:
            from omnitui.ui.screens.incidents import open_incident

            await open_incident(desk, entry.target)
        case Act.PREFER:
            await forms.prefer(desk, card, entry.target)
        case _:
            raise OmniError(_("this cannot be changed here"), hint=_("it can be copied"))


def _entry(desk: Desk) -> Entry:
    entry = desk.screen.card.current
    if entry is None or not entry.value:
        raise OmniError(_("the card is empty"))
    return entry


def _copy(desk: Desk) -> None:
    copy(desk, _entry(desk).value, _("the value"))


HANDLERS: Mapping[str, Handler] = {
    "contact.edit": lambda desk, count: _edit(desk),
    "contact.link": lambda desk, count: _link(desk),
    "contact.unlink": lambda desk, count: _unlink(desk),
    "card.down": moving(lambda desk, n: desk.screen.card.move(n)),
    "card.up": moving(lambda desk, n: desk.screen.card.move(-n)),
    "card.first": doing(lambda desk: desk.screen.card.move(-FAR)),
    "card.last": doing(lambda desk: desk.screen.card.move(FAR)),
    "card.open": lambda desk, count: _open(desk),
    "card.copy": doing(_copy),
}
