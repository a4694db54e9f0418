"""When omnitui itself fails: a file with the structure of the failure, and nothing that a customer wrote."""

from __future__ import annotations

import os
import platform
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from omnitui import __version__
from omnitui.clock import Clock, SystemClock, rfc3339
from omnitui.i18n import _
from omnitui.logs import places


def record(error: BaseException, folder: Path, *, clock: Clock | None = None) -> Path:
    """Write what kind of failure `error` is and where it happened; returns the file.

    No words of the exception, no values of variables and no source lines: any of them may quote a message.

    Raises:
        OSError: The folder cannot be written.
    """
    now = (clock or SystemClock()).now()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"crash-{rfc3339(now).replace(':', '').replace('.', '-')}-{os.getpid()}.txt"
    lines = [
        f"omnitui {__version__}",
        f"at {rfc3339(now)}",
        f"python {platform.python_version()} on {platform.system()} {platform.release()} {platform.machine()}",
        f"terminal {os.environ.get('TERM', '?')} {os.environ.get('TERM_PROGRAM', '')}".rstrip(),
        f"modules {len(sys.modules)}",
        "",
        *places(error),
        "",
        _("What to do: start omnitui again. If it fails again, attach this file to a report; it has no message text."),
        "",
    ]
    for number in range(2, 100):
        if path.exists():
            path = path.with_name(f"{path.stem.partition('_')[0]}_{number}.txt")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write("\n".join(lines))
    return path


def sentences(error: BaseException, folder: Path) -> tuple[str, str]:
    """What to tell the person about a crash, and what to do; the crash file is written on the way."""
    said = _("omnitui failed: {kind}. Your work up to the last key is on disk.").format(kind=type(error).__name__)
    try:
        path = record(error, folder)
    except OSError:
        return said, _("the crash file could not be written; “omnitui doctor” checks the folders")
    return said, _("{path} says where, without any message text; please attach it to a report").format(path=path)


MOST_STRAYS = 5
"""Crash files of one process; a fault that repeats says nothing new."""


class Strays:
    """Faults that end nothing: in threads, destructors, callbacks, tasks that nobody awaits.

    Python would print each with its words, over the screen or behind it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = 0
        self.tell: Callable[[str], object] = lambda _words: None
        """Says that one was kept; called in whatever thread it struck."""

    def catch(self) -> None:
        """From now on, write them to crash files."""
        threading.excepthook = lambda args: self.take(args.exc_value)
        sys.unraisablehook = lambda args: self.take(args.exc_value)

    def of_loop(self, _loop: object, context: dict[str, Any]) -> None:
        """An event loop's exception handler."""
        self.take(context.get("exception"))

    def take(self, error: BaseException | None) -> None:
        """Write what struck, and say so once it is written."""
        if error is None or isinstance(error, SystemExit) or self._kept >= MOST_STRAYS:
            return
        self._kept += 1
        try:
            path = record(error, self._folder)
        except OSError:
            return
        with suppress(Exception):  # at the very end there is nobody to tell
            self.tell(
                _("a fault of omnitui’s own ({kind}) is kept in {path}").format(kind=type(error).__name__, path=path)
            )
