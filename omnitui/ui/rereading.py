"""The user's own keys and commands, read again when their file changes; a fault is named, and the old ones stay."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from omnitui.i18n import _
from omnitui.services.commands import COMMANDS, read_commands, take_in
from omnitui.services.keymap import Keymap, Problem, read_keymap

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp

LOOK_SECONDS = 2.0
"""Between looks whether a file has changed."""
COMPLAINT_SECONDS = 20.0


class Rereading:
    """Follows the files of one console's profile."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        profile = app.session.profile
        self._files = (profile.keys_file, profile.commands_file)
        self.faults: list[str] = []
        """What is wrong with the files."""
        self._seen = self._stamps()
        self._reading = False

    def watch(self) -> None:
        """Follow the files."""
        self._app.set_interval(LOOK_SECONDS, self._look)

    def _stamps(self) -> dict[Path, tuple[int, int, int]]:
        found: dict[Path, tuple[int, int, int]] = {}
        for path in self._files:
            with suppress(OSError):
                stat = path.stat()
                found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_mode)
        return found

    def _look(self) -> None:
        stamps = self._stamps()
        if stamps != self._seen and not self._reading:
            self._seen = stamps
            self._reading = True
            self._app.main.desk.spawn(self._read())

    async def _read(self) -> None:
        app = self._app
        profile = app.session.profile
        try:
            own, faults = await asyncio.to_thread(read_commands, profile.commands_file)
            before = [*COMMANDS.values()]
            take_in(before if faults else own)
            keymap = await asyncio.to_thread(self._keymap)
        finally:
            self._reading = False
        self.faults = [*sentences(profile.commands_file, faults), *sentences(profile.keys_file, keymap.problems)]
        self.complain(self.faults)
        if faults or not all(problem.conflict for problem in keymap.problems):
            take_in(before)
            return
        main = app.main
        main.keyboard.keymap = keymap
        main.keyboard.forget()
        main.composer.header_key = keymap.key_of("composer.header")
        main.composer.redraw()
        main.captions.redraw()
        if not keymap.problems:
            main.desk.say(_("keys and commands read again"))
        app.remember_soon()

    def complain(self, found: Sequence[str]) -> None:
        """Name faults, the first in full."""
        if found:
            more = _(" – and {n} more; see omnitui doctor").format(n=len(found) - 1) if len(found) > 1 else ""
            self._app.main.desk.say(f"! {found[0]}{more}", "bad", COMPLAINT_SECONDS)

    def first(self) -> Keymap:
        """Put the user's commands in force, and give the keys that the files say; faults are in `faults`."""
        profile = self._app.session.profile
        own, faults = read_commands(profile.commands_file)
        take_in(own)
        keymap = self._keymap()
        self.faults = [*sentences(profile.commands_file, faults), *sentences(profile.keys_file, keymap.problems)]
        return keymap

    def _keymap(self) -> Keymap:
        session = self._app.session
        return read_keymap(session.profile.keys_file, session.settings.interface.keys)


def sentences(path: Path, problems: Sequence[Problem]) -> list[str]:
    """What is wrong with a file."""
    return [f"{path.name}: {one.message}" + (f" ({one.hint})" if one.hint else "") for one in problems]
