"""The raw form of a message, as it came, made harmless and readable."""

from __future__ import annotations

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.conversations import Message
from omnitui.store.cache import Cache
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.screens.page import PageScreen, of_text, unhurried

MOST = 262_144


async def open_raw(desk: Desk) -> None:
    """Show the current message as it came; one without a raw form as it is stored."""
    import asyncio

    # Covering a long text takes a second.
    text, end = await asyncio.to_thread(_readable, desk.cache, await desk.message())
    await desk.ask(PageScreen(_("As it came"), unhurried(of_text(text, end), len(text))))


def _readable(cache: Cache, message: Message) -> tuple[str, str]:
    """A message as it came, and what to say where that is not all of it."""
    data = _raw(cache, message.raw) if message.raw else message.text.encode()
    text = safe(data[:MOST].decode("utf-8", "backslashreplace"))
    cut = text.truncated or len(data) > MOST
    whole = phrases.size(len(data))
    end = _("… cut here, {size} in all: “omnitui export --format mbox” has the rest").format(size=whole) if cut else ""
    return shown(text, cut=cut), end


def _raw(cache: Cache, digest: str) -> bytes:
    try:
        return cache.blobs.get(digest)
    except OSError:
        raise OmniError(_("the raw message is not on this machine any more")) from None
