"""Where in a history the reader goes: the whole timeline, search hits, unread messages, what a message answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.states import MessageKind, Verb
from omnitui.store.reads import oplog
from omnitui.text.links import find_links
from omnitui.ui.acts.handler import Handler, doing
from omnitui.ui.acts.messages import HANDLERS as MESSAGES
from omnitui.ui.desk import Desk


async def _timeline(desk: Desk) -> None:
    await desk.reading.turn_whole()
    desk.screen.layouts.read()


async def _open(desk: Desk) -> None:
    message = await desk.message()
    if desk.reading.whole:
        await desk.show_message(message.conversation_id, message.id)
        return
    if message.kind is MessageKind.ACTIVITY and message.op_id:
        for op in await desk.cache.aread(oplog.group, message.op_id):
            if op.verb is Verb.CONTINUE and op.conversation_id not in (None, message.conversation_id):
                await desk.show_message(str(op.conversation_id), op.object_id)
                return
    wanted = "message.files" if any(not one.inline for one in message.attachments) else "message.links"
    if wanted == "message.links" and not await asyncio.to_thread(find_links, message.text):
        if desk.screen.history.reel.answered() is None:
            raise OmniError(_("this message has no file, no link and answers none that is here"))
        await _answered(desk)
        return
    work = MESSAGES[wanted](desk, None)
    if work is not None:
        await work


async def _answered(desk: Desk) -> None:
    await desk.message()
    found = desk.screen.history.reel.answered()
    if found is None:
        raise OmniError(_("it is not known that this message answers another one"))
    if desk.reading.whole or found.conversation_id == desk.shown:
        await desk.reading.to_message(found.message_id)
    else:
        await desk.show_message(found.conversation_id, found.message_id)


HANDLERS: Mapping[str, Handler] = {
    "history.timeline": lambda desk, count: _timeline(desk),
    "history.open": lambda desk, count: _open(desk),
    "history.answered": lambda desk, count: _answered(desk),
    "history.unread": lambda desk, count: desk.reading.to_unread(),
    "history.next_hit": lambda desk, count: desk.reading.step_hit(count or 1),
    "history.previous_hit": lambda desk, count: desk.reading.step_hit(-(count or 1)),
    "history.changes": doing(lambda desk: desk.screen.history.fold_changes()),
}
