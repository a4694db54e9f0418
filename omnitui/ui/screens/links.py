"""The links of a message, each with the host where it really leads; chosen ones are opened, or copied over SSH."""

from __future__ import annotations

import asyncio

from omnitui.errors import OmniError, Refused
from omnitui.i18n import _
from omnitui.model.conversations import Message
from omnitui.store.cache import Cache
from omnitui.text.links import find_links, inspect
from omnitui.text.web.html import html_links
from omnitui.ui.acts.copying import copy
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.outside.opening import open_outside, opener
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice


async def open_links(desk: Desk, number: int | None = None) -> None:
    """List the links of the current message, or take the one of that number at once."""
    message = await desk.message()
    found = await asyncio.to_thread(links_of, message, desk.cache)
    if not found:
        raise OmniError(_("there is no link in this message"))
    if number is not None and not 0 < number <= len(found):
        raise OmniError(_("this message has {n} links").format(n=len(found)))
    if number is None:
        hint = _("Enter opens it; over SSH it is copied")
        choices = await asyncio.to_thread(_choices, found)
        chosen = await desk.ask(PickerScreen(_("Links of this message"), among(choices), hint=hint))
        if chosen is None:
            return
        url = str(chosen.value)
    else:
        url = found[number - 1][1]
    await follow(desk, url)


def _choices(found: list[tuple[str, str]]) -> list[Choice]:
    return [link_choice(index, shown, url) for index, (shown, url) in enumerate(found, 1)]


async def follow(desk: Desk, url: str) -> None:
    """Open a link on the desktop; where there is none, copy it and say why."""
    link = inspect(url)
    if not link.allowed:
        raise Refused(_("only links to the web and to mail addresses are opened"))
    try:
        opener()
    except Refused:
        copy(desk, url, _("no desktop here to open it on: the link"))
        return
    await open_outside(url)
    desk.say(_("opened: {host}").format(host=plain(link.host)))


def links_of(message: Message, cache: Cache) -> list[tuple[str, str]]:
    """What links show and where they lead, those of the HTML form first; each target once."""
    found = _linked(message, cache) if message.html and message.raw else []
    found += [("", url) for url in find_links(f"{message.text}\n{message.quoted}\n{message.signature}")]
    once: dict[str, str] = {}
    for shown, url in found:
        once.setdefault(url, shown)
    return [(shown, url) for url, shown in once.items()]


def _linked(message: Message, cache: Cache) -> list[tuple[str, str]]:
    from omnitui.text.mail.worker import ParseWorker

    try:
        raw = cache.blobs.get(message.raw)
    except OSError:
        return []
    with ParseWorker() as worker:
        parsed = worker.parse_sync(raw)
    return [(shown, url) for shown, url in html_links(parsed.html) if inspect(url).allowed]


def link_choice(number: int, shown: str, url: str) -> Choice:
    """A link as a line: its real host first, with what is odd about it in words."""
    link = inspect(url, shown)
    left: list[tuple[str, str]] = [(f"{number:>2} ", "muted"), (plain(link.host), "strong")]
    if link.punycode:
        left.append((f" = {plain(link.punycode)}", "warn"))
    odd = [
        word
        for word, held in (
            (_("shows another host than it leads to"), link.mismatch),
            (_("mixed scripts"), link.mixed_script),
            (_("hides a name before the host"), link.credentials),
        )
        if held
    ]
    if odd:
        left.append((f" ! {', '.join(odd)}", "bad"))
    line: Line = (*left, (f"  {plain(shown)}" if shown else "", "text"), (f"  {plain(url)}", "muted"))
    return Choice(url, line)
