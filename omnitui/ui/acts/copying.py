"""Copying: only on the agent's key, without control characters, saying which way it went."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from omnitui.errors import OmniError
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.store.reads import inbox
from omnitui.text.safe import safe
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.outside.clipboard import handed, sequence, ways

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp


def copy(desk: Desk, text: str, what: str) -> None:
    """Put a text on the clipboard, in the background."""
    desk.spawn(put(desk, text, what))


async def put(desk: Desk, text: str, what: str) -> None:
    """Put a text on the clipboard and say by which way.

    Raises:
        OmniError: There is no text, or no way.
    """
    clean = await asyncio.to_thread(safe, text)
    if not clean:
        raise OmniError(_("there is nothing to copy"))
    for way in ways():
        if way.argv:
            if not await asyncio.to_thread(handed, way, clean):
                continue
        else:
            cast("ConsoleApp", desk.screen.app).write_sequence(sequence(way, clean))
        desk.say(_("{what} copied (by {way})").format(what=what, way=way.said))
        return
    raise OmniError(
        _("nothing here leads to a clipboard"), hint=_("this terminal has none; install wl-copy or xclip, or use tmux")
    )


async def _text(desk: Desk) -> None:
    entry = desk.screen.card.current
    if desk.screen.card.has_focus and entry is not None:
        copy(desk, entry.value, _("the value"))
        return
    copy(desk, (await desk.message()).text, _("the message"))


async def _address(desk: Desk) -> None:
    copy(desk, (await desk.read()).address, _("the address"))


async def _refs(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    refs = await desk.cache.aread(lambda db: [inbox.ref(db, own) for own in ids])
    what = ngettext("the reference", "{n} references", len(refs)).format(n=len(refs))
    copy(desk, " ".join(refs), what)


HANDLERS: Mapping[str, Handler] = {
    "copy.text": lambda desk, count: _text(desk),
    "copy.address": lambda desk, count: _address(desk),
    "copy.ref": lambda desk, count: _refs(desk, desk.targets()),
}
