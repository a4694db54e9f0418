"""The files of a message: shown here as far as a terminal can, opened on the desktop, or saved."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from omnitui.errors import OmniError, Refused
from omnitui.i18n import _
from omnitui.model.conversations import Attachment, Message
from omnitui.store.blobs import Blobs
from omnitui.text.mail.charsets import decode
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown
from omnitui.ui.backstage import ERROR_SECONDS
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.look.veil import is_veiled
from omnitui.ui.outside.opening import open_outside, opener
from omnitui.ui.outside.saving import disguise, downloads, saved
from omnitui.ui.screens.page import PageScreen, of_text, unhurried
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

MOST = 262_144
"""Bytes of a text that are shown."""
MOST_PICTURE = 20_000_000
_TEXTS = ("application/json", "application/xml", "application/x-yaml", "application/toml", "message/rfc822")
_ENDINGS = frozenset(".txt .md .csv .tsv .log .json .xml .yaml .yml .toml .ini .ics .vcf .eml .html .htm .py".split())  # noqa: SIM905


async def open_files(desk: Desk, number: int | None = None) -> None:
    """List what can be done with the files of the current message, or show the one of that number."""
    message = await desk.message()
    files = files_of(message)
    if not files:
        raise OmniError(_("the current message has no attachments"))
    if number is not None:
        if not 0 < number <= len(files):
            raise OmniError(_("this message has {n} attachments").format(n=len(files)))
        await show_file(desk, files[number - 1])
        return
    choices = [
        Choice((word, file), ((f"{index} {title}: ", "label"), (plain(file.name), "text")), _about(file))
        for index, file in enumerate(files, 1)
        for word, title in (("show", _("show")), ("open", _("open")), ("save", _("save")))
    ]
    chosen = await desk.ask(PickerScreen(_("Attachments"), among(choices), hint=_("shown here, opened outside, saved")))
    if chosen is not None:
        word, file = chosen.value
        await {"show": show_file, "open": open_file, "save": save_file}[word](desk, file)


def files_of(message: Message) -> list[Attachment]:
    """The files as the history numbers them."""
    return [one for one in message.attachments if not one.inline]


def _about(file: Attachment) -> Line:
    where = "" if file.sha256 else " · " + _("not fetched yet")
    size = phrases.size_of_file(file.size, here=bool(file.sha256))
    return ((" · ".join(part for part in (size, plain(file.media_type)) if part) + where, "muted"),)


async def show_file(desk: Desk, file: Attachment) -> None:
    """Show a text, or a picture where the terminal can; else say that it cannot."""
    if is_text(file):
        data = await content(desk, file)
        text, end = await asyncio.to_thread(_readable, data)
        rest = _("the first {size} of it").format(size=phrases.size(MOST)) if len(data) > MOST else ""
        title = " · ".join(part for part in (file.name or _("unnamed"), phrases.size(len(data)), rest) if part)
        await desk.ask(PageScreen(title, unhurried(of_text(text, end), len(text))))
    elif file.media_type.startswith("image/"):
        from omnitui.ui.outside.graphics import show_picture

        if is_veiled(desk.screen):
            raise Refused(_("the veil is on, and cannot cover a picture"), hint=_("take it off first"))
        if file.size > MOST_PICTURE:
            raise Refused(_("this picture is too large to be shown here"), hint=_("save it or open it outside"))
        await show_picture(desk.screen.app, await content(desk, file), plain(file.name))
    else:
        kind = plain(file.media_type or "?")
        raise Refused(_("{kind} cannot be shown in a terminal").format(kind=kind), hint=_("save it or open it outside"))


def _readable(data: bytes) -> tuple[str, str]:
    """A text as the screen may show it, and what to say where that is not all of it. Covering takes a second."""
    text = safe(decode(data[:MOST])[0])
    cut = text.truncated or len(data) > MOST
    return shown(text, cut=cut), _("… cut here: save it to have the rest") if cut else ""


def is_text(file: Attachment) -> bool:
    """Whether a file can be read as lines."""
    kind = file.media_type.lower()
    if kind.startswith("text/") or kind in _TEXTS or kind.endswith(("+json", "+xml")):
        return True
    return kind in ("", "application/octet-stream") and Path(file.name.lower()).suffix in _ENDINGS


async def open_file(desk: Desk, file: Attachment) -> None:
    """Hand a copy of a file to the desktop."""
    opener()
    await content(desk, file)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="omnitui-"))
    path = await asyncio.to_thread(saved, await _fetched(desk, file), desk.cache.blobs, folder)
    if words := await asyncio.to_thread(disguise, path):
        raise Refused(words, hint=_("it is not opened; save it, and look at it with care"))
    await open_outside(str(path))
    desk.say(_("opened: {name}").format(name=path.name))


async def save_file(desk: Desk, file: Attachment) -> None:
    """Write a file to the downloads folder."""
    path = await asyncio.to_thread(saved, await _fetched(desk, file), desk.cache.blobs, downloads())
    words = await asyncio.to_thread(disguise, path)
    said = _("saved: {path}").format(path=path)
    desk.say(f"! {words} · {said}", "bad", ERROR_SECONDS) if words else desk.say(said)


async def content(desk: Desk, file: Attachment) -> bytes:
    """The bytes of a file, fetched where they are still at the back end.

    Raises:
        OmniError: They cannot be had.
    """
    fetched = await _fetched(desk, file)
    return await asyncio.to_thread(_bytes, desk.cache.blobs, fetched.sha256)


async def _fetched(desk: Desk, file: Attachment) -> Attachment:
    if file.sha256 and desk.cache.blobs.has(file.sha256):
        return file
    from dataclasses import replace

    from omnitui.ui.app import ConsoleApp

    app = desk.screen.app
    if not isinstance(app, ConsoleApp) or app.syncing is None:
        raise Refused(_("its bytes are still at the back end"), hint=_("start without --no-sync to fetch them"))
    desk.say(_("fetching {name} …").format(name=plain(file.name)))
    return replace(file, sha256=await app.syncing.fetch(file.id))


def _bytes(blobs: Blobs, digest: str) -> bytes:
    try:
        return blobs.get(digest)
    except OSError:
        raise OmniError(_("the file is not on this machine any more")) from None
