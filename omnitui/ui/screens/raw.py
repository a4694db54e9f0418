"""The raw form of a message, as it came, made harmless and readable."""

from __future__ import annotations

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.store.cache import Cache
from omnitui.text.covering import shown
from omnitui.text.safe import safe
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.roles import Line
from omnitui.ui.screens.page import PageScreen

MOST = 262_144


async def open_raw(desk: Desk) -> None:
    """Show the current message as it came; one without a raw form as it is stored."""
    import asyncio

    message = await desk.message()
    data = await asyncio.to_thread(_raw, desk.cache, message.raw) if message.raw else message.text.encode()
    text = shown(safe(data[:MOST].decode("utf-8", "backslashreplace")))
    await desk.ask(PageScreen(_("As it came"), lambda width: _lines(text, width)))


def _raw(cache: Cache, digest: str) -> bytes:
    try:
        return cache.blobs.get(digest)
    except OSError:
        raise OmniError(_("the raw message is not on this machine any more")) from None


def _lines(text: str, width: int) -> list[Line]:
    return [((line, "text"),) for line in wrap(text, width)]
