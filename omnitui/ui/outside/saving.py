"""Writing attachments to the downloads folder: base names only, never over another file, readable by nobody else."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from omnitui.errors import OmniError, Refused
from omnitui.i18n import N_, _, ngettext
from omnitui.model.conversations import Attachment, Message
from omnitui.store.blobs import Blobs
from omnitui.text.filenames import safe_name
from omnitui.text.filetypes import HEAD, pretends
from omnitui.ui.backstage import ERROR_SECONDS
from omnitui.ui.desk import Desk

TRIES = 100
KINDS = {"program": N_("a program"), "script": N_("a script"), "shortcut": N_("a shortcut"), "html": N_("a web page")}


async def save_attachments(desk: Desk, message: Message | None) -> None:
    """Save the files of a message and say where."""
    found = [one for one in message.attachments if one.sha256] if message is not None else []
    if message is None or not message.attachments:
        raise OmniError(_("the current message has no attachments"))
    if not found:
        raise Refused(_("its attachments are still at the back end"))
    folder = downloads()
    names = await asyncio.to_thread(lambda: [saved(one, desk.cache.blobs, folder) for one in found])
    word = ngettext("{n} file saved in {folder}", "{n} files saved in {folder}", len(names))
    liars = [words for path in names if (words := await asyncio.to_thread(disguise, path))]
    said = word.format(n=len(names), folder=folder)
    desk.say(f"! {' · '.join(liars)} · {said}", "bad", ERROR_SECONDS) if liars else desk.say(said)


def disguise(path: Path) -> str:
    """Words on a file that is something else inside than its name promises; "" where nothing is wrong with it."""
    with path.open("rb") as file:
        kind = pretends(path.name, file.read(HEAD))
    return _("{name} is {kind} inside").format(name=path.name, kind=_(KINDS.get(kind, kind.upper()))) if kind else ""


def downloads() -> Path:
    """XDG_DOWNLOAD_DIR, else ~/Downloads, else the home folder."""
    named = os.environ.get("XDG_DOWNLOAD_DIR")
    folder = Path(named).expanduser() if named else Path.home() / "Downloads"
    return folder if folder.is_dir() else Path.home()


def saved(attachment: Attachment, blobs: Blobs, folder: Path) -> Path:
    """Write one file under a name that is free; returns where.

    Raises:
        OmniError: It cannot be written.
    """
    name = Path(safe_name(attachment.name))
    data = blobs.get(attachment.sha256)
    for number in range(TRIES):
        path = folder / (f"{name.stem}-{number}{name.suffix}" if number else name.name)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise OmniError(_("{path} cannot be written: {error}").format(path=path, error=error.strerror)) from None
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        return path
    raise OmniError(_("{name} exists {n} times already").format(name=name.name, n=TRIES))
