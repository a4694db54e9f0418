"""Changing what is known of the customer."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.card import Card
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


def _card(desk: Desk) -> Card:
    desk.need()
    if desk.conversation is None or desk.picture is None or desk.picture.card is None:
        raise OmniError(_("the customer is not read yet"))
    return desk.picture.card


async def _edit(desk: Desk, card: Card) -> None:
    from omnitui.ui.screens.contact import edit_contact

    await edit_contact(desk, card)


async def _link(desk: Desk, card: Card) -> None:
    from omnitui.ui.screens.pickers import pick_link

    await pick_link(desk, card)


async def _unlink(desk: Desk, card: Card) -> None:
    from omnitui.ui.screens.pickers import pick_unlink

    await pick_unlink(desk, card)


HANDLERS: Mapping[str, Handler] = {
    "contact.edit": lambda desk, count: _edit(desk, _card(desk)),
    "contact.link": lambda desk, count: _link(desk, _card(desk)),
    "contact.unlink": lambda desk, count: _unlink(desk, _card(desk)),
}
