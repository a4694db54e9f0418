"""Puts other settings in force while the console runs: what config.toml says now instead of before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from omnitui.config.settings import Settings
from omnitui.logs import set_level
from omnitui.text.rows import Density

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp

FROM_THE_NEXT_START = ("language", "time_zone", "interface.signs", "hooks.seconds", "privacy.screen")
"""What has been drawn or handed on when the first screen shows."""


async def put_in_force(app: ConsoleApp, settings: Settings) -> list[str]:
    """Work by these settings from now on; gives the names of those that changed and count from the next start."""
    session, main = app.session, app.main
    before, session.settings = session.settings, settings
    if settings.agent != before.agent:
        await asyncio.to_thread(session.introduce)
    if settings.replies != before.replies:
        session.renew_holds()
    if settings.notify != before.notify:
        app.notifier.begin(settings.notify)
    if settings.log != before.log:
        set_level(settings.log.level)
    look, looked = settings.interface, before.interface
    if (look.theme, look.transparent) != (looked.theme, looked.transparent):
        app.dressing.configure()
    if look.rows != looked.rows:
        main.queue.set_density(Density.of(main.layouts.arrangement.rows(look.rows)))
        main.rested()
    return [name for name in FROM_THE_NEXT_START if _value(settings, name) != _value(before, name)]


def _value(settings: Settings, name: str) -> object:
    found: object = settings
    for part in name.split("."):
        found = getattr(found, part)
    return found
