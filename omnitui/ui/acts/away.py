"""Being away, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.services.triage.away import come_back, endless, leave
from omnitui.store.reads import presence
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.widgets.choices import Choice


async def _away(desk: Desk) -> None:
    """Back where the agent is away; else away until what is chosen or typed."""
    from omnitui.desk.times.wake import wake_time
    from omnitui.ui.screens.picker import PickerScreen, among

    session, now = desk.session, desk.clock.now()
    if session.cache.me().id in await desk.cache.aread(presence.away, now):
        await asyncio.to_thread(come_back, session)
        await desk.look()
        desk.say(_("back: you are given conversations again"), "good")
        return
    offers = (
        (_("until you are back"), ""),
        (_("for an hour"), "1h"),
        (_("until tomorrow morning"), "tomorrow 9"),
        (_("until Monday morning"), "monday 9"),
    )
    fixed = among([Choice(words, ((title, "text"),)) for title, words in offers])

    async def source(text: str) -> Sequence[Choice]:
        found = list(await fixed(text))
        if text.strip():
            try:
                at = wake_time(text, now=desk.clock.now(), zone=desk.zone)
            except OmniError:
                if not found:
                    raise
            else:
                moment = phrases.moment(at, desk.clock.now(), desk.zone, within=True)
                found.insert(0, Choice(text, ((_("until {time}").format(time=moment), "text"),)))
        return found

    hint = _("or type a time: 2h, tomorrow 14:00, fri, 2026-01-31")
    chosen = await desk.ask(PickerScreen(_("Away"), source, hint=hint, small=True))
    if chosen is None:
        return
    until = await asyncio.to_thread(leave, session, chosen.value)
    await desk.look()
    if endless(until):
        desk.say(_("away: you are given nothing until you are back"))
    else:
        moment = phrases.moment(until, desk.clock.now(), desk.zone, within=True)
        desk.say(_("away until {moment}: you are given nothing").format(moment=moment))


HANDLERS: Mapping[str, Handler] = {"agent.away": lambda desk, count: _away(desk)}
