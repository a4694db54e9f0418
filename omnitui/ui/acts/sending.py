"""Sending what stands in the composer: checked, then held, at once, or at a time. Until it is on disk nothing goes."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from omnitui.clock import Millis
from omnitui.desk.canned import unfilled
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases

if TYPE_CHECKING:
    from omnitui.ui.panes.composer import ComposerPane


def draft_of(desk: Desk) -> Draft:
    """What is being written.

    Raises:
        OmniError: Nothing is.
    """
    draft = desk.composer.draft
    if draft is None:
        raise OmniError(_("nothing is being written"))
    return draft


def send(desk: Desk, *, hold: Millis | None = None, at: Millis | None = None) -> Coroutine[Any, Any, None]:
    """Send it: held as long as the channel says, or for `hold`, or until `at`."""
    composer = desk.composer
    composer.changed()
    draft = draft_of(desk)
    _check(composer, draft)
    return _deliver(desk, composer, draft, hold, at)


async def send_later(desk: Desk) -> None:
    """Ask when it is to leave."""
    from omnitui.ui.screens.writing import pick_sending

    composer = desk.composer
    composer.changed()
    draft = draft_of(desk)
    if draft.kind is MessageKind.NOTE:
        raise OmniError(_("a note is kept at once; it goes nowhere"))
    _check(composer, draft)
    chosen = await pick_sending(desk, composer.hold)
    now = composer.draft
    if chosen is not None and now is not None and now.id == draft.id:
        await send(desk, hold=chosen.hold, at=chosen.at)


def _check(composer: ComposerPane, draft: Draft) -> None:
    """Look for what would be refused, and say it at the field.

    Raises:
        OmniError: Something would be.
    """
    from omnitui.sdk.capabilities import why_barred
    from omnitui.services.acting.outgoing import checked_address, checked_length
    from omnitui.ui.drafts.enclosing import fault_of

    if not draft.text.strip() and not draft.attachments:
        raise OmniError(_("there is nothing to send"))
    if draft.kind is MessageKind.NOTE or composer.capabilities is None:
        return
    values = composer.header.values()
    if "to" in composer.header.names and not values.get("to"):
        composer.complain(_("to whom?"), "to")
        raise OmniError(_("nobody is named to whom it goes"))
    for name in ("to", "cc", "bcc") if composer.capabilities.subject or composer.capabilities.cc else ():
        for address in values.get(name, ()):
            try:
                checked_address(str(address))
            except OmniError as error:
                composer.complain(error.message, name)
                raise
    try:
        if composer.policy is not None and (why := why_barred(composer.policy, tag=str(draft.extra.get("tag") or ""))):
            raise OmniError(why, hint=_("{key}: what can be done").format(key=composer.ways_key))
        checked_length(draft.text, composer.capabilities, len(draft.attachments))
        if names := unfilled(draft.text):
            listed = ", ".join(f"{{{name}}}" for name in names)
            raise OmniError(_("still to be filled in: {names}").format(names=listed))
        for path in draft.attachments:
            if fault := fault_of(path, composer.capabilities, note=False):
                raise fault
    except OmniError as error:
        composer.complain(error.message)
        raise


async def _deliver(desk: Desk, composer: ComposerPane, draft: Draft, hold: Millis | None, at: Millis | None) -> None:
    from omnitui.services.acting.writing import Readdressed

    operations = desk.session.operations
    await desk.drafting.flush()
    extra = draft.extra
    files = draft.attachments
    to = [str(one) for one in extra.get("to", ())]
    cc, bcc = [str(one) for one in extra.get("cc", ())], [str(one) for one in extra.get("bcc", ())]
    subject = str(extra.get("subject") or "")
    if draft.kind is MessageKind.NOTE:
        await desk.act_first(operations.note, draft.conversation_id, draft.text, files=files)
    elif not draft.conversation_id:
        await desk.act_first(
            operations.new,
            str(extra.get("account")),
            to[0],
            subject,
            draft.text,
            files=files,
            hold=hold,
            at=at,
            cc=[*to[1:], *cc],
            bcc=bcc,
            draft=draft.id,
            channel=str(extra.get("channel") or ""),
            continues=str(extra.get("continues") or "") or None,
        )
    else:
        try:
            await desk.act_first(
                operations.reply,
                draft.conversation_id,
                draft.text,
                files=files,
                hold=hold,
                at=at,
                seen=draft.seen_message_id,
                answers=str(extra.get("reply_to") or "") or None,
                to=composer.to,
                subject=subject or None,
                cc=cc,
                bcc=bcc,
                tag=str(extra.get("tag") or ""),
                reason=str(extra.get("reason") or ""),
                continues=str(extra.get("continues") or "") or None,
            )
        except Readdressed as error:
            if composer.draft is not None and composer.draft.id == draft.id:
                composer.goes_to(error.to)
            raise
    if composer.draft is not None and composer.draft.id == draft.id:
        rest = composer.text
        desk.drafting.forget(draft)
        composer.leave()
        done(desk, composer)
        if rest != draft.text:
            desk.say(_("what you typed after sending was not sent"), "warn")
            return
    desk.say(_said(desk, draft, composer.hold if hold is None else hold, at))


def _said(desk: Desk, draft: Draft, hold: Millis, at: Millis | None) -> str:
    if draft.kind is MessageKind.NOTE:
        return _("note kept")
    if at is not None:
        key = desk.screen.keyboard.keymap.key_of("app.undo") or "ctrl+p"
        moment = phrases.moment(at, desk.clock.now(), desk.zone, within=True)
        return _("leaves {moment}; {key} takes it back until then").format(moment=moment, key=key)
    if not hold:
        return _("on its way")
    return _("reply held for undo, then it leaves") if draft.conversation_id else _("held for undo, then it leaves")


def done(desk: Desk, composer: ComposerPane) -> None:
    """Nothing is written there any more: the composer goes."""
    if composer is desk.screen.composer:
        desk.screen.after_sending()
    elif composer.screen in desk.screen.app.screen_stack[1:]:
        composer.screen.dismiss(None)
