"""When omnitui itself fails: a file with the structure of the failure, and nothing that a customer wrote."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

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
    ]
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
