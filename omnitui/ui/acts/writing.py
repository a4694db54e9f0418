"""Writing: opening the composer, sending, the editor, files."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


async def _write(desk: Desk, kind: MessageKind, conversation_id: Ulid, *, to_all: bool = False) -> None:
    if desk.conversation is None:
        await desk.load()
    if desk.shown == conversation_id:
        desk.mark_read(conversation_id)
        desk.screen.write(kind, to_all=to_all)


async def _editor(desk: Desk, conversation_id: Ulid) -> None:
    await _write(desk, MessageKind.PUBLIC, conversation_id)
    await _edit(desk)


async def _edit(desk: Desk) -> None:
    from omnitui.ui.editor import edited

    composer = desk.screen.composer
    draft = _draft(desk)
    text = await edited(desk.screen.app, composer.text, desk.session.profile.state)
    if composer.draft is not None and composer.draft.id == draft.id:
        composer.put(text)
        composer.changed()
        composer.sheet.focus()


def _draft(desk: Desk) -> Draft:
    draft = desk.screen.composer.draft
    if draft is None:
        raise OmniError(_("nothing is being written"))
    return draft


def _send(desk: Desk) -> Coroutine[Any, Any, None]:
    composer = desk.screen.composer
    composer.changed()
    draft = _draft(desk)
    if not draft.text.strip() and not draft.attachments:
        raise OmniError(_("there is nothing to send"))
    return _deliver(desk, draft, composer.cc)


async def _deliver(desk: Desk, draft: Draft, cc: tuple[str, ...]) -> None:
    """Send what was written. Until that is on disk the text stays where it is."""
    operations = desk.session.operations
    note = draft.kind is MessageKind.NOTE
    await desk.drafting.flush()
    if note:
        await desk.act_first(operations.note, draft.conversation_id, draft.text, files=draft.attachments)
    else:
        await desk.act_first(
            operations.reply,
            draft.conversation_id,
            draft.text,
            files=draft.attachments,
            seen=draft.seen_message_id,
            cc=cc,
        )
    composer = desk.screen.composer
    if composer.draft is not None and composer.draft.id == draft.id:
        rest = composer.text
        composer.draft = None
        desk.drafting.forget(draft.conversation_id, draft.kind)
        composer.display = False
        desk.screen.after_sending()
        if rest != draft.text:
            desk.say(_("what you typed after sending was not sent"), "warn")
            return
    desk.say(_("note kept") if note else _("reply held for undo, then it leaves"))


def _mode(desk: Desk) -> Coroutine[Any, Any, None]:
    draft = _draft(desk)
    kind = MessageKind.PUBLIC if draft.kind is MessageKind.NOTE else MessageKind.NOTE
    desk.screen.composer.changed()

    async def work() -> None:
        await desk.drafting.flush()
        await desk.renew()
        if desk.screen.composer.draft is not None:
            desk.screen.write(kind)

    return work()


async def _attach(desk: Desk) -> None:
    from omnitui.ui.screens.files import pick_file

    _draft(desk)
    path = await pick_file(desk)
    if path:
        desk.screen.composer.attach(path)
        desk.screen.composer.sheet.focus()


async def _discard(desk: Desk, draft: Draft) -> None:
    from omnitui.ui.screens.confirm import confirmed

    if await confirmed(desk, _("Throw away what you wrote?"), _("discard")):
        composer = desk.screen.composer
        composer.sheet.text = ""
        composer.draft = None
        composer.display = False
        desk.drafting.keep(Draft(draft.id, draft.conversation_id, draft.kind, ""))
        await desk.drafting.flush()
        desk.screen.after_sending()


async def _new(desk: Desk) -> None:
    from omnitui.ui.screens.new import write_new

    await write_new(desk)


async def _save(desk: Desk) -> None:
    from omnitui.ui.saving import save_attachments

    await save_attachments(desk, await desk.message())


HANDLERS: Mapping[str, Handler] = {
    "app.compose": lambda desk, count: _new(desk),
    "conversation.reply": lambda desk, count: _write(desk, MessageKind.PUBLIC, desk.need()),
    "conversation.reply_all": lambda desk, count: _write(desk, MessageKind.PUBLIC, desk.need(), to_all=True),
    "conversation.note": lambda desk, count: _write(desk, MessageKind.NOTE, desk.need()),
    "conversation.editor": lambda desk, count: _editor(desk, desk.need()),
    "composer.send": lambda desk, count: _send(desk),
    "composer.mode": lambda desk, count: _mode(desk),
    "composer.editor": lambda desk, count: _edit(desk),
    "composer.attach": lambda desk, count: _attach(desk),
    "composer.discard": lambda desk, count: _discard(desk, _draft(desk)),
    "history.save": lambda desk, count: _save(desk),
}
