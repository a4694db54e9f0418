"""Why a message lies where it lies, and what became of it."""

from __future__ import annotations

from omnitui.desk.belonging.threading import explain
from omnitui.i18n import _
from omnitui.model.conversations import Message
from omnitui.model.operations import OutboxEntry
from omnitui.model.revisions import Revision
from omnitui.store.reads import history, outbox
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.page import PageScreen, unhurried


async def open_why(desk: Desk) -> None:
    """Explain the current message."""
    message = await desk.message()
    revisions = await desk.cache.aread(history.revisions, message.id)
    entry = await desk.cache.aread(outbox.entry, message.op_id) if message.op_id else None

    def write(width: int) -> list[Line]:
        return explained(desk, message, revisions, entry, width)

    size = sum(len(revision.text) for revision in revisions)
    await desk.ask(PageScreen(_("Why is it here?"), unhurried(write, size)))


def explained(
    desk: Desk, message: Message, revisions: list[Revision], entry: OutboxEntry | None, width: int
) -> list[Line]:
    """The facts about a message as lines."""
    now, zone = desk.clock.now(), desk.zone
    facts = [
        (
            _("Placed here because"),
            explain(message.placement) if message.placement else _("it was written in this conversation"),
        ),
        (_("From"), message.author),
        (_("To"), ", ".join(message.to)),
        ("Cc", ", ".join(message.cc)),
        (_("Sent"), phrases.moment(message.sent_at, now, zone) if message.sent_at else ""),
        (_("Received"), phrases.moment(message.received_at, now, zone)),
        (_("State"), _(phrases.SEND[message.state]) if message.state is not None else ""),
        (_("Reason"), message.reason),
        (_("External id"), message.external_id),
        (_("Id"), message.id),
        (_("Op"), message.op_id or ""),
    ]
    if entry is not None:
        facts.append((_("Attempts"), str(entry.attempts)))
        facts += [(plain(address), outcome) for address, outcome in entry.outcomes.items()]
    lines: list[Line] = []
    for name, value in facts:
        if value:
            lines.append(((name, "label"),))
            lines += [(("  " + line, "text"),) for line in wrap(safe(value, max_lines=20), width - 2)]
    for revision in revisions:
        when = phrases.moment(revision.replaced_at, now, zone, within=True)
        lines += [(), ((_("Before the edit of {time}").format(time=when), "label"),)]
        lines += [(("  " + line, "muted"),) for line in wrap(shown(safe(revision.text)), width - 2)]
    return lines
