"""The outbox: what has not left yet, and what only the agent can decide."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.i18n import _
from omnitui.model.operations import OutboxEntry
from omnitui.model.states import MessageKind, SendState, Verb
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Idempotency
from omnitui.services.acting.deciding import in_doubt
from omnitui.services.programs.hooks import BEFORE_SEND
from omnitui.store.reads import accounts
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.timeline.blocks import state_piece
from omnitui.ui.widgets.choices import Choice


async def open_outbox(desk: Desk) -> None:
    """Show the outbox; Enter asks what to do with an entry."""
    await desk.look()
    now = desk.clock.now()
    choices = [entry_choice(entry, now) for entry in desk.standing.outbox]
    if not choices:
        desk.say(_("the outbox is empty: everything has left"))
        return
    hint = _("Enter decides what becomes of it")
    chosen = await desk.ask(PickerScreen(_("Outbox"), among(choices), hint=hint))
    if chosen is not None:
        await decide(desk, chosen.value)


def entry_choice(entry: OutboxEntry, now: Millis) -> Choice:
    """An entry as a line: state, what, to whom, why."""
    text = entry.payload.get("text") or ""
    contact = entry.payload.get("contact") or ""
    to = contact.get("address", "") if isinstance(contact, dict) else str(contact)
    left: Line = (
        state_piece(entry.state, entry.due_at, now),
        (f"  {_(phrases.VERB[entry.verb])}", "strong"),
        (f" {plain(to)}", "theirs"),
        (f"  {plain(str(text))}", "text"),
    )
    return Choice(entry, left, ((plain(entry.reason), "bad"),) if entry.reason else ())


async def decide(desk: Desk, entry: OutboxEntry, *, here: bool = False) -> None:
    """Ask what becomes of one entry, offering what its state allows; `here`: its conversation is shown already."""
    offers: list[tuple[str, str]] = []
    if entry.conversation_id and not here:
        offers.append(("show", _("show the conversation")))
    if in_doubt(entry):
        known = await desk.cache.aread(accounts.capabilities, entry.account_id)
        able = snapshot.read(known, str(entry.payload.get("channel", "")))
        if entry.state is SendState.UNKNOWN and able.idempotency is not Idempotency.UNKNOWABLE:
            offers.append(("ask", _("ask the back end whether it arrived")))
        offers += [
            ("sent", _("it did arrive: mark it sent")),
            ("again", _("it did not arrive: send it again")),
        ]
    if entry.state in (SendState.DEFERRED, SendState.FAILED, SendState.BLOCKED):
        offers.append(("retry", _("send it now")))
    if entry.state is SendState.BLOCKED and entry.reason.startswith(BEFORE_SEND):
        offers.append(("anyway", _("send it now without asking the hooks")))
    if entry.state.cancellable or entry.state is SendState.FAILED:
        if entry.verb is Verb.REPLY and entry.conversation_id:
            offers.append(("edit", _("change it: take it back into the composer")))
        offers.append(("cancel", _("take it back; a reply becomes a draft again")))
    title = _(phrases.SEND[entry.state]) + (f": {plain(entry.reason)}" if entry.reason else "")
    choices = [Choice(value, ((words, "text"),)) for value, words in offers]
    chosen = await desk.ask(PickerScreen(title, among(choices), small=True))
    if chosen is None:
        return
    operations = desk.session.operations
    if chosen.value == "show":
        desk.go(entry.conversation_id)
        desk.screen.layouts.read()
    elif chosen.value in ("sent", "again"):
        await desk.act(operations.settle, entry.op_id, sent=chosen.value == "sent")
        desk.say(_("marked as sent") if chosen.value == "sent" else _("it goes again"))
    elif chosen.value == "ask":
        await desk.act(operations.ask, entry.op_id)
        desk.say(_("the back end is asked; its answer stands at the message"))
    elif chosen.value in ("retry", "anyway"):
        await desk.act(operations.retry, entry.op_id, anyway=chosen.value == "anyway")
        desk.say(_("it goes again"))
    else:
        await desk.act(operations.cancel, entry.op_id)
        desk.say(_("taken back"))
        if entry.conversation_id:
            desk.go(entry.conversation_id)
            if chosen.value == "edit":
                from omnitui.ui.acts.writing import write

                await desk.load()
                await write(desk, MessageKind.PUBLIC, entry.conversation_id)
