"""Writing: opening the composer, the editor, files, canned responses, earlier drafts."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind
from omnitui.store import drafts
from omnitui.ui.acts import sending
from omnitui.ui.acts.handler import Handler, doing
from omnitui.ui.acts.reasons import why_not
from omnitui.ui.desk import Desk


async def write(desk: Desk, kind: MessageKind, conversation_id: Ulid, *, to_all: bool = False) -> None:
    """Open the composer on the conversation that is shown, once it is read."""
    if desk.conversation is None:
        await desk.load()
    elif desk.drafting.moved():
        # The picture may still hold a draft as it was before the last keystrokes.
        await desk.drafting.settle()
        await desk.renew()
    if desk.shown == conversation_id:
        desk.mark_read(conversation_id)
        desk.screen.write(kind, to_all=to_all)


async def _editor(desk: Desk, conversation_id: Ulid) -> None:
    await write(desk, MessageKind.PUBLIC, conversation_id)
    await _edit(desk)


async def _edit(desk: Desk) -> None:
    from omnitui.ui.drafts.editor import edited

    composer = desk.composer
    draft = sending.draft_of(desk)
    text = await edited(desk.screen.app, composer.text, desk.session.profile.state)
    if composer.draft is not None and composer.draft.id == draft.id:
        composer.put(text)
        composer.changed()
        composer.sheet.focus()


def _mode(desk: Desk) -> Coroutine[Any, Any, None]:
    draft = sending.draft_of(desk)
    if not draft.conversation_id:
        raise OmniError(_("a first message is no note"))
    kind = MessageKind.PUBLIC if draft.kind is MessageKind.NOTE else MessageKind.NOTE
    desk.composer.changed()

    async def work() -> None:
        await desk.drafting.settle()
        await desk.renew()
        if desk.screen.composer.draft is not None:
            desk.screen.write(kind)

    return work()


def _header(desk: Desk) -> None:
    sending.draft_of(desk)
    header = desk.composer.header
    if not header.names:
        raise OmniError(_("this channel has neither Cc nor subject"))
    header.unfold(not header.open)
    fields = header.shown()
    (fields[0] if fields else desk.composer.sheet).focus()


async def _attach(desk: Desk) -> None:
    from omnitui.ui.screens.files import pick_file

    sending.draft_of(desk)
    composer = desk.composer
    note = composer.kind is MessageKind.NOTE
    if composer.capabilities is not None and not note and not composer.capabilities.attachments:
        raise OmniError(_("this channel takes no files"))
    path = await pick_file(desk, composer.capabilities if not note else None)
    if path:
        composer.attach(path)
        composer.sheet.focus()


async def _detach(desk: Desk) -> None:
    from omnitui.ui.screens.writing import pick_enclosed

    draft = sending.draft_of(desk)
    composer = desk.composer
    if not draft.attachments and not draft.extra.get("reply_to"):
        raise OmniError(_("nothing is attached"))
    path = await pick_enclosed(desk, draft)
    if path is not None:
        composer.detach(path)


async def _canned(desk: Desk) -> None:
    from omnitui.ui.screens.writing import pick_canned

    sending.draft_of(desk)
    composer = desk.composer
    await composer.shelf.renew()
    chosen = await pick_canned(desk, composer.canned())
    if chosen is not None and composer.draft is not None:
        composer.insert(chosen)


async def put_canned(desk: Desk, code: str) -> None:
    """Put a canned response in at the cursor; where nothing is being written, a reply begins with it.

    Raises:
        OmniError: There is none with this code for this channel, or nothing can be written.
    """
    if desk.composer.draft is None:
        if reason := why_not(desk, "conversation.reply"):
            raise OmniError(reason)
        await write(desk, MessageKind.PUBLIC, desk.need())
    composer = desk.composer
    sending.draft_of(desk)
    await composer.shelf.renew()
    found = composer.canned(code)
    if not found:
        raise OmniError(_("no canned response {code} here").format(code=f";{code}"))
    composer.insert(found[0])


async def _earlier(desk: Desk) -> None:
    from omnitui.ui.screens.writing import pick_earlier

    composer = desk.composer
    composer.changed()
    draft = sending.draft_of(desk)
    chosen = await pick_earlier(desk, draft)
    if chosen is None or composer.draft is None or composer.draft.id != draft.id:
        return
    # What stands there becomes an earlier draft itself.
    composer.changed()
    await desk.drafting.flush()
    if draft.conversation_id:
        await desk.cache.awrite(lambda tx: drafts.drop(tx, draft.conversation_id, draft.kind))
    else:
        await desk.cache.awrite(lambda tx: drafts.drop_first(tx, draft.id))
    own = desk.cache.ids.new()
    composer.draft = replace(chosen, id=own, text="", seen_message_id=draft.seen_message_id)
    composer.header.load(composer.header.names, chosen.extra, unfolded=composer.header.open)
    composer.put(chosen.text)
    composer.changed()
    composer.sheet.focus()
    desk.say(_("an earlier draft is back; the one that stood here can be brought back too"))


async def _discard(desk: Desk, draft: Draft) -> None:
    from omnitui.ui.screens.confirm import confirmed

    if await confirmed(desk, _("Throw away what you wrote?"), _("discard")):
        composer = desk.composer
        composer.changed()
        await desk.drafting.flush()
        composer.leave()
        desk.drafting.keep(Draft(draft.id, draft.conversation_id, draft.kind, ""))
        await desk.drafting.flush()
        sending.done(desk, composer)


def _undo(desk: Desk) -> None:
    sending.draft_of(desk)
    desk.composer.sheet.undo()


def _redo(desk: Desk) -> None:
    sending.draft_of(desk)
    desk.composer.sheet.redo()


async def _new(desk: Desk) -> None:
    from omnitui.ui.screens.new import write_new

    await write_new(desk)


async def _save(desk: Desk) -> None:
    from omnitui.ui.outside.saving import save_attachments

    await save_attachments(desk, await desk.message())


HANDLERS: Mapping[str, Handler] = {
    "app.compose": lambda desk, count: _new(desk),
    "conversation.reply": lambda desk, count: write(desk, MessageKind.PUBLIC, desk.need()),
    "conversation.reply_all": lambda desk, count: write(desk, MessageKind.PUBLIC, desk.need(), to_all=True),
    "conversation.note": lambda desk, count: write(desk, MessageKind.NOTE, desk.need()),
    "conversation.editor": lambda desk, count: _editor(desk, desk.need()),
    "composer.send": lambda desk, count: sending.send(desk),
    "composer.send_now": lambda desk, count: sending.send(desk, hold=0),
    "composer.later": lambda desk, count: sending.send_later(desk),
    "composer.mode": lambda desk, count: _mode(desk),
    "composer.editor": lambda desk, count: _edit(desk),
    "composer.header": doing(_header),
    "composer.attach": lambda desk, count: _attach(desk),
    "composer.detach": lambda desk, count: _detach(desk),
    "composer.canned": lambda desk, count: _canned(desk),
    "composer.earlier": lambda desk, count: _earlier(desk),
    "composer.undo": doing(_undo),
    "composer.redo": doing(_redo),
    "composer.discard": lambda desk, count: _discard(desk, sending.draft_of(desk)),
    "history.save": lambda desk, count: _save(desk),
}
