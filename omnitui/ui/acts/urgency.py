"""The next conversation, and why one stands where it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from omnitui.i18n import _
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain


async def _claim(desk: Desk) -> None:
    from omnitui.services.triage.claiming import claim

    got = (await asyncio.to_thread(claim, desk.session)).conversation
    name = plain(got.contact or _("unnamed"))
    desk.go(got.id)
    desk.say(_("yours now: {name}").format(name=name), "good")


async def _explain(desk: Desk, conversation_id: str) -> None:
    from omnitui.ui.screens.urgency import open_urgency

    await open_urgency(desk, conversation_id)


HANDLERS: Mapping[str, Handler] = {
    "conversation.claim": lambda desk, count: _claim(desk),
    "conversation.urgency": lambda desk, count: _explain(desk, desk.need()),
}
