"""Going back to the shell that started the console, as ctrl+z does elsewhere, until its `fg`."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from omnitui.errors import Refused
from omnitui.i18n import _

if TYPE_CHECKING:
    from omnitui.ui.desk import Desk


async def suspend(desk: Desk) -> None:
    """Save what is written, where that can be done now, and stop this process, with what it was started together with.

    Raises:
        Refused: There is no shell with job control behind the console: nobody could take it up again.
    """
    if not has_shell():
        raise Refused(_("no shell is behind this console that could take it up again"), hint=_("leave it instead"))
    desk.composer.changed()
    await desk.drafting.settle()
    # To the whole group, as the terminal's own ctrl+z: `make demo` and wrappers have to stop too.
    os.killpg(os.getpgrp(), signal.SIGTSTP)


def has_shell() -> bool:
    """Whether our process group has a parent in the same session, outside the group: a shell that waits for it."""
    group, session = os.getpgrp(), os.getsid(0)
    pid = os.getpid()
    try:
        while os.getpgid(pid) == group:
            pid = parent_of(pid)
        return os.getsid(pid) == session
    except (OSError, ValueError):
        return False


def parent_of(pid: int) -> int:
    """The process that started another one. Raises OSError, ValueError where that is not told."""
    if pid == os.getpid():
        return os.getppid()
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])
