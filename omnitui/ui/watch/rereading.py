"""Settings, keys, commands and views, read again when a file changes; faults are named, what was in force stays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omnitui.config.files import load_settings
from omnitui.errors import ConfigError, OmniError
from omnitui.i18n import _
from omnitui.services.keys.keymap import Keymap, Problem, read_keymap
from omnitui.services.programs.commands import COMMANDS, read_commands, take_in
from omnitui.services.triage.views import offer, read_views
from omnitui.ui.watch.watching import Stamps, of_files

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp

COMPLAINT_SECONDS = 20.0


class Rereading:
    """Follows the files of one console's profile."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        profile = app.session.profile
        self._files = (
            profile.settings_file,
            profile.keys_file,
            profile.commands_file,
            profile.views_file,
            profile.sla_file,
            profile.rules_file,
        )
        self._agreed = of_files((profile.sla_file,))
        self._ruled = of_files((profile.rules_file,))
        self.faults: list[str] = []
        """What is wrong with the files."""
        self._turn = asyncio.Lock()

    def stamps(self) -> Stamps:
        """How the files are now."""
        return of_files(self._files)

    def read_again(self) -> None:
        """A file has changed."""
        self._app.main.desk.spawn(self._read())

    async def _read(self) -> None:
        async with self._turn:
            session = self._app.session
            settings, fault, late = session.settings, [], []
            try:
                settings = await asyncio.to_thread(load_settings, session.profile)
            except ConfigError as error:
                path = session.profile.settings_file
                message = error.message.removeprefix(f"{path}: ").replace(str(path), path.name)
                fault = sentences(path, [Problem(message, error.hint)])
            changed = settings != session.settings
            if changed:
                from omnitui.ui.watch.resetting import put_in_force

                try:
                    late = await put_in_force(self._app, settings)
                except OmniError as error:
                    changed = False
                    words = _("the settings before stay in force: {why}").format(why=error.message)
                    fault = sentences(session.profile.settings_file, [Problem(words, error.hint)])
            await self._read_keys(fault, told=not changed)
            if changed and not self.faults:
                words = _("config.toml read again")
                if late:
                    words = _("config.toml read again; {names}: from the next start on").format(names=", ".join(late))
                self._app.main.desk.say(words)

    async def _read_keys(self, others: list[str], *, told: bool) -> None:
        app = self._app
        profile = app.session.profile
        own, faults = await asyncio.to_thread(read_commands, profile.commands_file)
        before = [*COMMANDS.values()]
        take_in(before if faults else own)
        views = await asyncio.to_thread(read_views, profile, app.session.settings)
        if views != app.session.views:
            app.session.renew_views(views)
            offer(views)
            app.main.desk.renew_views()
        keymap = await asyncio.to_thread(self._keymap)
        self.faults = [*others, *self._named(faults, keymap), *await asyncio.to_thread(self._of_others)]
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
        if told and not self.faults:
            main.desk.say(_("keys, commands and views read again"))
        app.remember_soon()

    def _of_others(self) -> list[str]:
        """What is wrong with sla.toml and rules.toml, if they are others now. Whoever syncs puts them in force."""
        return [*self._of_agreements(), *self._of_rules()]

    def _of_rules(self) -> list[str]:
        session = self._app.session
        ruled, self._ruled = self._ruled, of_files((session.profile.rules_file,))
        if ruled == self._ruled:
            return []
        from omnitui.services.rules.reading import read

        return [one.message for one in read(session.profile, session.settings, session.views).problems]

    def _of_agreements(self) -> list[str]:
        session = self._app.session
        path = session.profile.sla_file
        agreed, self._agreed = self._agreed, of_files((path,))
        if agreed == self._agreed:
            return []
        from omnitui.services.triage.agreements import policies

        try:
            policies(session.profile, session.settings, session.cache.clock.now())
        except ConfigError as error:
            return sentences(path, [Problem(error.message.removeprefix(f"{path}: "), error.hint)])
        return []

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
        offer(self._app.session.views)
        keymap = self._keymap()
        self.faults = self._named(faults, keymap)
        return keymap

    def _keymap(self) -> Keymap:
        session = self._app.session
        return read_keymap(session.profile.keys_file, session.settings.interface.keys, session.views.keys)

    def _named(self, of_commands: Sequence[Problem], keymap: Keymap) -> list[str]:
        """What is wrong with each file."""
        session = self._app.session
        profile = session.profile
        return [
            *sentences(profile.views_file, session.views.problems),
            *sentences(profile.commands_file, of_commands),
            *sentences(profile.keys_file, keymap.problems),
        ]


def sentences(path: Path, problems: Sequence[Problem]) -> list[str]:
    """What is wrong with a file."""
    return [f"{path.name}: {one.message}" + (f" ({one.hint})" if one.hint else "") for one in problems]
