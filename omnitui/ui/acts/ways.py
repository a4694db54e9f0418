"""Answering otherwise: by a template, under a tag, by another channel; and deciding what became of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind, SendState
from omnitui.sdk.capabilities import NeedTag, NeedTemplate
from omnitui.services.acting.deciding import in_doubt
from omnitui.services.texts.templates import offered
from omnitui.store import drafts
from omnitui.store.reads import accounts, outbox
from omnitui.store.reads import drafts as draft_reads
from omnitui.store.writer import Tx
from omnitui.ui.acts import sending
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.panes.composer import ComposerPane

if TYPE_CHECKING:
    from omnitui.services.triage.ways import Way


def _written(desk: Desk) -> ComposerPane:
    """The composer of an answer to a customer.

    Raises:
        OmniError: None is open, or a note or a first message is being written.
    """
    composer = desk.composer
    draft = sending.draft_of(desk)
    if draft.kind is MessageKind.NOTE:
        raise OmniError(_("a note goes nowhere"))
    if composer.conversation is None or composer.capabilities is None:
        raise OmniError(_("nobody is answered here yet"))
    return composer


async def _ways(desk: Desk) -> None:
    from omnitui.ui.screens.ways import TAG, TEMPLATE, UNTAG, ask_reason, pick_way

    composer = _written(desk)
    conversation, capabilities, draft = composer.conversation, composer.capabilities, composer.draft
    assert conversation is not None
    assert capabilities is not None
    assert draft is not None
    policy = composer.policy
    found = await pick_way(desk, conversation, capabilities, policy, str(draft.extra.get("tag", "")))
    if composer.draft is None or composer.draft.id != draft.id or found is None:
        return
    if found == TEMPLATE:
        await _template(desk)
    elif found == UNTAG:
        composer.tag("", "")
    elif found == TAG and isinstance(policy, NeedTag):
        reason = await ask_reason(desk, policy.tag)
        if reason and composer.draft is not None and composer.draft.id == draft.id:
            composer.tag(policy.tag, reason)
            composer.sheet.focus()
    elif not isinstance(found, str):
        await _go_on(desk, composer, found)


async def _template(desk: Desk) -> None:
    """Send a template into the conversation that is answered."""
    from omnitui.ui.screens.template import fill_template

    composer = _written(desk)
    conversation, draft, facts = composer.conversation, composer.draft, composer.facts
    assert conversation is not None
    assert draft is not None
    known = desk.picture.card if desk.picture is not None else None
    fields = known.contact.custom if known is not None and known.contact.id == conversation.contact_id else {}
    found = await desk.cache.aread(offered, conversation.account_id, conversation.channel)
    filled = await fill_template(desk, found, facts, fields)
    if filled is None:
        return
    await desk.act_first(
        desk.session.operations.reply,
        conversation.id,
        "",
        template=filled,
        seen=draft.seen_message_id,
        continues=str(draft.extra.get("continues") or "") or None,
    )
    if composer.draft is not None and composer.draft.id == draft.id:
        composer.close()
        sending.done(desk, composer)
    desk.say(_("template held for undo, then it leaves") if composer.hold else _("on its way"))


async def _go_on(desk: Desk, composer: ComposerPane, way: Way) -> None:
    """Take what is written to another channel of the same person, and go on there."""
    composer.changed()
    draft = composer.draft
    assert draft is not None
    source = draft.conversation_id
    await desk.drafting.flush()
    extra = {"continues": source}
    if way.conversation is None:
        await _begin(desk, composer, draft, way, extra)
        return
    target: Ulid = way.conversation.id

    def work(tx: Tx) -> None:
        there = next((one for one in draft_reads.drafts(tx.db, target) if one.kind is MessageKind.PUBLIC), None)
        base = there or Draft(tx.ids.new(), target, MessageKind.PUBLIC, "")
        text = "\n\n".join(part for part in (base.text.strip(), draft.text.strip()) if part)
        files = tuple(dict.fromkeys((*base.attachments, *draft.attachments)))
        drafts.drop(tx, source, MessageKind.PUBLIC)
        moved = replace(base, text=text, attachments=files, extra={**base.extra, **extra}, updated_at=tx.now())
        drafts.save(tx, moved)

    await desk.cache.awrite(work)
    desk.drafting.forget(draft)
    composer.leave()
    desk.go(target)
    await desk.load()
    if desk.shown == target:
        desk.screen.write(MessageKind.PUBLIC)
        if isinstance(way.policy, NeedTemplate):
            await _template(desk)


async def _begin(desk: Desk, composer: ComposerPane, draft: Draft, way: Way, extra: Mapping[str, str]) -> None:
    """Begin a conversation elsewhere with what is written."""
    from omnitui.ui.screens.new import NewScreen, Start

    account = await desk.cache.aread(accounts.account, way.account_id)
    assert account is not None
    if isinstance(way.policy, NeedTemplate):
        await _first_template(desk, composer, way, draft.conversation_id)
        return
    place = {"account": account.id, "channel": way.channel, "to": [way.identity.address]}
    subject = composer.conversation.subject if composer.conversation is not None and way.capabilities.subject else ""
    values = {**place, **extra, **({"subject": subject} if subject else {})}
    first = Draft(desk.cache.ids.new(), "", MessageKind.PUBLIC, draft.text, draft.attachments, extra=values)

    def work(tx: Tx) -> None:
        drafts.drop(tx, draft.conversation_id, MessageKind.PUBLIC)
        drafts.save(tx, replace(first, updated_at=tx.now()))

    await desk.cache.awrite(work)
    desk.drafting.forget(draft)
    composer.leave()
    sending.done(desk, composer)
    await desk.ask(NewScreen(desk, first, Start(account, way.channel, way.capabilities)))


async def _first_template(desk: Desk, composer: ComposerPane, way: Way, source: Ulid) -> None:
    """Begin a conversation with a template, where the customer has to be written to so."""
    from omnitui.ui.screens.template import fill_template

    known = desk.picture.card if desk.picture is not None else None
    fields = known.contact.custom if known is not None else {}
    found = await desk.cache.aread(offered, way.account_id, way.channel)
    filled = await fill_template(desk, found, composer.facts, fields)
    if filled is not None:
        await desk.act_first(
            desk.session.operations.new,
            way.account_id,
            way.identity.address,
            "",
            "",
            channel=way.channel,
            template=filled,
            continues=source,
        )
        desk.say(_("held for undo, then it leaves"))


async def _via(desk: Desk, conversation_id: Ulid) -> None:
    from omnitui.ui.acts.writing import write

    await write(desk, MessageKind.PUBLIC, conversation_id)
    if desk.shown == conversation_id:
        await _ways(desk)


async def _settle(desk: Desk) -> None:
    """Decide about the current message, where only an agent can."""
    from omnitui.ui.screens.outbox import decide

    message = await desk.message()
    entry = await desk.cache.aread(outbox.entry, message.op_id) if message.op_id else None
    if entry is None or not (in_doubt(entry) or entry.state.cancellable or entry.state is SendState.FAILED):
        raise OmniError(_("there is nothing to decide about this message"))
    await decide(desk, entry, here=True)


HANDLERS: Mapping[str, Handler] = {
    "conversation.via": lambda desk, count: _via(desk, desk.need()),
    "composer.ways": lambda desk, count: _ways(desk),
    "composer.template": lambda desk, count: _template(desk),
    "message.settle": lambda desk, count: _settle(desk),
}
