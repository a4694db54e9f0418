"""Handing something over to the desktop: only where there is one, by a list of arguments, never through a shell."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping

from omnitui.environment import inherited
from omnitui.errors import Refused
from omnitui.i18n import _

OPENERS = ("xdg-open", "gio", "wslview")


def opener(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The command that opens files and links on this machine's desktop.

    Raises:
        Refused: There is no desktop here, and why.
    """
    found = os.environ if environ is None else environ
    if found.get("SSH_CONNECTION") or found.get("SSH_TTY"):
        raise Refused(_("this terminal comes over SSH: nothing can be opened where you sit"), hint=_("copy or save it"))
    if sys.platform == "darwin":
        return ("open",)
    if not (found.get("DISPLAY") or found.get("WAYLAND_DISPLAY") or found.get("WSL_DISTRO_NAME")):
        raise Refused(_("there is no desktop here that could open it"), hint=_("copy or save it"))
    for name in OPENERS:
        if path := shutil.which(name, path=found.get("PATH")):
            return (path, "open") if name == "gio" else (path,)
    raise Refused(_("no program that opens things was found (xdg-open)"), hint=_("copy or save it"))


async def open_outside(what: str) -> None:
    """Open a file, by its whole path, or a link that was looked at before.

    Raises:
        Refused: There is no desktop, or its opener does not start.
    """
    argv = opener()
    nothing = asyncio.subprocess.DEVNULL
    try:
        await asyncio.create_subprocess_exec(
            *argv, what, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True, env=inherited()
        )
    except OSError as error:
        raise Refused(_("{program} could not be started: {error}").format(program=argv[0], error=error)) from None
