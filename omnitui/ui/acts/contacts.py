"""Changing what is known of the customer."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.card import Card
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


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


HANDLERS: Mapping[str, Handler] = {
    "contact.edit": lambda desk, count: _edit(desk),
    "contact.link": lambda desk, count: _link(desk),
    "contact.unlink": lambda desk, count: _unlink(desk),
}
