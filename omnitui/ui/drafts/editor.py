"""Writing in the agent's own editor, while the console waits behind it and goes on syncing."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from omnitui.environment import inherited
from omnitui.errors import OmniError
from omnitui.i18n import _

TAKE_A_LINE = ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "mcedit", "ne")
"""Editors to whom +N says at which line to begin."""


async def edited(app: App[Any], text: str, folder: Path) -> str:
    """`text` after $VISUAL or $EDITOR was run on it.

    The file lies in the profile's state folder, readable by nobody else, and is removed unless the editor failed.

    Raises:
        OmniError: There is no editor, or it failed.
    """
    argv = _argv()
    name = _written(text, folder)
    try:
        code = await _run(app, [*argv, name])
    except OmniError:
        os.unlink(name)
        raise
    if code:
        raise OmniError(
            _("{editor} ended with {code}; the text is as it was").format(editor=argv[0], code=code),
            hint=_("what it wrote is in {path}").format(path=name),
        )
    return _taken(name)


async def edit_file(app: App[Any], path: Path, line: int) -> None:
    """Open a file itself, at a line where the editor is one that is known to take it.

    Raises:
        OmniError: There is no editor, or it failed.
    """
    argv = _argv()
    at = [f"+{line}"] if Path(argv[0]).name in TAKE_A_LINE else []
    if code := await _run(app, [*argv, *at, str(path)]):
        raise OmniError(_("{editor} ended with {code}").format(editor=argv[0], code=code))


def _argv() -> list[str]:
    return shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")


async def _run(app: App[Any], argv: list[str]) -> int:
    """Run it on the terminal; gives its exit code."""
    try:
        with app.suspend():
            process = await asyncio.create_subprocess_exec(*argv, env=inherited())
            return await process.wait()
    except SuspendNotSupported:
        raise OmniError(_("an editor cannot be opened in this terminal")) from None
    except OSError as error:
        raise OmniError(
            _("{editor} could not be started: {error}").format(editor=argv[0], error=error.strerror),
            hint=_("set EDITOR to your editor"),
        ) from None


def _written(text: str, folder: Path) -> str:
    handle, name = tempfile.mkstemp(prefix="draft-", suffix=".txt", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return name


def _taken(name: str) -> str:
    path = Path(name)
    text = path.read_text("utf-8", errors="replace").removesuffix("\n")
    path.unlink()
    return text
