"""Puts other settings in force while the console runs: what config.toml says now instead of before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from omnitui.config.settings import Settings
from omnitui.logs import logger, set_level
from omnitui.text.listing.rows import Density

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp

LOG = logger(__name__)

FROM_THE_NEXT_START = ("language", "time_zone", "interface.signs", "hooks.seconds", "hooks.unsure", "privacy.screen")
"""What has been drawn or handed on when the first screen shows."""


async def put_in_force(app: ConsoleApp, settings: Settings) -> list[str]:
    """Work by these settings from now on; gives the names of those that changed and count from the next start.

    Raises:
        OmniError: Some could not be put in force; all that were in force before are so again.
    """
    before = app.session.settings
    try:
        await _change(app, before, settings)
    except Exception:
        await _change(app, settings, before, back=True)
        raise
    return [name for name in FROM_THE_NEXT_START if _value(settings, name) != _value(before, name)]


async def _change(app: ConsoleApp, before: Settings, settings: Settings, *, back: bool = False) -> None:
    """Take every step from some settings to others; on the way back a step that fails hinders none."""
    session, main = app.session, app.main
    session.settings = settings
    look, looked = settings.interface, before.interface

    def rows() -> None:
        main.queue.set_density(Density.of(main.layouts.arrangement.rows(look.rows)))
        main.rested()

    def columns() -> None:
        main.queue.set_columns(settings.columns.of(main.desk.view.id, main.desk.view.columns))
        main.rested()

    steps: list[tuple[bool, Callable[[], object]]] = [
        (settings.agent != before.agent, partial(asyncio.to_thread, session.introduce)),
        (settings.replies != before.replies, session.renew_holds),
        (settings.notify != before.notify, lambda: app.notifier.begin(settings.notify)),
        (settings.log != before.log, lambda: set_level(settings.log.level)),
        ((look.theme, look.transparent) != (looked.theme, looked.transparent), app.dressing.configure),
        (look.rows != looked.rows, rows),
        (settings.columns != before.columns, columns),
    ]
    for is_other, step in steps:
        if is_other:
            try:
                waited = step()
                if isinstance(waited, Awaitable):
                    await waited
            except Exception:
                if not back:
                    raise
                LOG.exception("a setting that was in force could not be put in force again")


def _value(settings: Settings, name: str) -> object:
    found: object = settings
    for part in name.split("."):
        found = getattr(found, part)
    return found
