"""What is done with the current message: quoting, changing, deleting, its links and its files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.conversations import Message
from omnitui.model.states import MessageKind, Reach, Verb
from omnitui.services.acting import editing
from omnitui.store.reads import replying
from omnitui.text.safe import SafeText, safe
from omnitui.text.widths import wrap
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.picture import Picture

LONGEST_QUOTE = 20_000
"""Characters of a message that are quoted."""
MOST_QUOTED = 1_000
"""Lines of a quote."""
LONGEST_LINE = 500
"""Cells of a quoted line. A field draws a line as a whole for each row that it fills: one of 20,000 takes 0.1 s."""


async def _quote(desk: Desk) -> None:
    message = await desk.message()
    if message.kind is MessageKind.ACTIVITY or message.deleted:
        raise OmniError(_("there is nothing to quote"))
    quote = await asyncio.to_thread(quoted, desk, message)
    to = await desk.cache.aread(replying.address, message.conversation_id, message.id)
    if message.conversation_id != desk.shown:
        await desk.show_message(message.conversation_id, message.id)
    # What only agents see is quoted to agents only.
    kind = MessageKind.NOTE if message.kind is MessageKind.NOTE else MessageKind.PUBLIC
    desk.screen.write(kind)
    composer = desk.screen.composer
    if composer.draft is None:
        raise OmniError(_("nothing is being written"))
    composer.answer(message, quote, to)


def quoted(desk: Desk, message: Message) -> SafeText:
    """A message as a quote: who wrote when, then its lines with their marks."""
    when = phrases.moment(message.received_at, desk.clock.now(), desk.zone, within=True)
    author = safe(message.author, multiline=False, max_chars=LONGEST_LINE)
    head = _("{author} wrote ({time}):").format(author=author, time=when)
    # A line end of another kind would begin a line without a mark, as if the agent had written it.
    text = message.text.strip("\n")
    lines = wrap(safe(text[:LONGEST_QUOTE], max_lines=MOST_QUOTED + 1), LONGEST_LINE)
    rest = ["[…]"] if len(text) > LONGEST_QUOTE or len(lines) > MOST_QUOTED else []
    said = [f"> {line}".rstrip() for line in (*lines[:MOST_QUOTED], *rest)]
    return safe("\n".join([head, *said, "", ""]))


async def _changeable(desk: Desk, verb: Verb) -> Message:
    """The current message, if it may be changed so; asked before anybody writes in vain."""
    message = await desk.message()
    check(desk, await desk.read(), message, verb)
    return message


def check(desk: Desk, found: Picture, message: Message, verb: Verb) -> None:
    """Whether a message of what is shown may be changed or deleted. Raises Refused: it may not, and why."""
    reach = found.capabilities.reach
    place = desk.screen.history.reel.places.get(message.conversation_id)
    shown = desk.conversation
    channel = place.channel if place is not None else shown.channel if shown is not None else ""
    if place is None or place.id == desk.shown:
        note, wanted = reach.get(Verb.NOTE, Reach.LOCAL), reach.get(verb, Reach.LOCAL)
        editing.check(message, desk.cache.me().id, channel, note, wanted)


async def _edit(desk: Desk) -> None:
    from omnitui.ui.panes.fields import editable
    from omnitui.ui.screens.form import Entry, FormScreen

    message = await _changeable(desk, Verb.EDIT)
    entry = Entry("text", _("Text"), message.text, long=True)
    found = await desk.ask(FormScreen(_("Change the message"), (entry,), done=_("keep")))
    if found is None or found["text"] == editable(message.text):
        return
    await desk.act(desk.session.operations.edit_message, message.id, found["text"])
    desk.say(_("changed; undo brings back what it said"))


async def _delete(desk: Desk) -> None:
    from omnitui.ui.screens.confirm import confirmed

    message = await _changeable(desk, Verb.DELETE)
    if await confirmed(desk, _("Delete this message?"), _("delete")):
        await desk.act(desk.session.operations.delete_message, message.id)
        desk.say(_("deleted; undo brings it back") if not message.external_id else _("deleted"))


async def _links(desk: Desk, number: int | None) -> None:
    from omnitui.ui.screens.links import open_links

    await open_links(desk, number)


async def _files(desk: Desk, number: int | None) -> None:
    from omnitui.ui.screens.preview import open_files

    await open_files(desk, number)


HANDLERS: Mapping[str, Handler] = {
    "message.quote": lambda desk, count: _quote(desk),
    "message.edit": lambda desk, count: _edit(desk),
    "message.delete": lambda desk, count: _delete(desk),
    "message.links": _links,
    "message.files": _files,
}
