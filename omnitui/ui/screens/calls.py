"""Calling the customer: by which way; and hanging up, while the softphone calls."""

from __future__ import annotations

import asyncio

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.services.acting.calling import Calling, Line, dial
from omnitui.ui.backstage import ERROR_SECONDS
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.confirm import confirmed
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice


async def call(desk: Desk, conversation_id: Ulid) -> None:
    """Ask by which way the customer is to be called, and call; while the softphone calls, offer to hang up."""
    if desk.dialling is not None and not desk.dialling.done():
        if await confirmed(desk, _("Hang up?"), _("hang up")):
            desk.dialling.cancel()
        return
    voice = desk.session.settings.voice
    calling = Calling(desk.cache)
    lines = await desk.act_first(calling.lines, conversation_id, voice)
    if not lines:
        if not voice.agent_phone and not voice.dial:
            raise OmniError(_("no way to call is set"), hint=_("set [voice] in config.toml, as docs/voice.md says"))
        raise OmniError(_("no number of this customer can be called from here"))
    chosen = await desk.ask(PickerScreen(_("Call whom, and how?"), among([_choice(one) for one in lines]), small=True))
    if chosen is None:
        return
    line: Line = chosen.value
    if line.account_id is None:
        desk.dialling = asyncio.create_task(_dial(desk, calling, conversation_id, line))
        desk.say(_("{program} dials; the same key hangs up").format(program=plain(line.name)))
        return
    op = await desk.act(calling.call, conversation_id, line.number, line.account_id, voice.agent_phone)
    desk.say(_("your phone will ring, then theirs"))
    if op.conversation_id is not None:
        desk.go(op.conversation_id)


async def _dial(desk: Desk, calling: Calling, conversation_id: Ulid, line: Line) -> None:
    voice, profile = desk.session.settings.voice, desk.session.profile.name
    try:
        ran = await dial(calling, conversation_id, line.number, voice, profile=profile)
    except OmniError as error:
        desk.complain(error)
        return
    except Exception as error:
        # Nobody awaits this task, so that a fault of our own would be heard of nowhere.
        desk.screen.fail(error)
        return
    name = plain(line.name)
    if ran.code:
        said = _("{program} failed with {code}").format(program=name, code=ran.code)
        desk.say(f"! {said}: {ran.last_words}" if ran.last_words else f"! {said}", "bad", ERROR_SECONDS)
    else:
        desk.say(_("{program} ended").format(program=name))


def _choice(line: Line) -> Choice:
    how = _("your phone first, by {account}") if line.account_id is not None else "{account}"
    return Choice(line, ((plain(line.number), "theirs"),), ((how.format(account=plain(line.name)), "muted"),))
