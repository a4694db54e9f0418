"""One setting: what it means and may be; choosing writes it into config.toml, and it counts at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from omnitui.config.page import described
from omnitui.config.writing import as_toml, choices_of, kind_of, line_of, write_setting
from omnitui.i18n import _
from omnitui.services.session import Session
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain
from omnitui.ui.look.themes import names as theme_names
from omnitui.ui.screens.picker import PickerScreen, fitting
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp

EDITOR = "$EDITOR"
MOST = 100


class SettingScreen(PickerScreen):
    """Values to choose from, or to type, above what the setting means."""

    HINT_LINES: ClassVar[int] = 5


async def change_setting(desk: Desk, name: str) -> None:
    """Ask what a setting is to be, and have the file say so."""
    session = desk.session
    rows = await asyncio.to_thread(described, session.settings)
    row = next((row for row in rows if row[0] == name), None)
    if row is None:
        return
    _name, now, default, meaning = row
    known = await asyncio.to_thread(_known, session, name)
    values = list(dict.fromkeys([now, *known, default]))

    def choice(value: str) -> Choice:
        marks = [word for word, held in ((_("now"), now), (_("default"), default)) if value == held]
        return Choice(value, ((plain(f"{name.rpartition('.')[2]} = {value}"), "text"),), ((", ".join(marks), "muted"),))

    edit = Choice(EDITOR, ((_("change it in $EDITOR"), "text"),), ((session.profile.settings_file.name, "muted"),))

    async def source(text: str) -> Sequence[Choice]:
        if not text.strip():
            return [*map(choice, values[:MOST]), edit]
        found = [one for _score, one in fitting(text, [*map(choice, values)])][:MOST]
        typed = [] if choices_of(name) else [choice(as_toml(name, text))]
        return [*({one.value: one for one in [*found, *typed]}.values()), edit]

    chosen = await desk.ask(SettingScreen(name, source, hint=meaning))
    if chosen is not None and chosen.value == EDITOR:
        await _edit(desk, name)
    elif chosen is not None and chosen.value != now:
        await asyncio.to_thread(write_setting, session.profile, name, chosen.value)
        look_again(desk)


def _known(session: Session, name: str) -> list[str]:
    """What a setting may be, as far as there is a list."""
    if name == "interface.theme":
        return [as_toml(name, one) for one in ("auto", *theme_names(session.profile.themes))]
    if name == "language":
        return ['"en"', '"ja"']
    if name == "time_zone":
        from zoneinfo import available_timezones

        return [as_toml(name, one) for one in sorted(available_timezones())]
    return list(choices_of(name)) if kind_of(name) else []


async def _edit(desk: Desk, name: str) -> None:
    from omnitui.ui.drafts.editor import edit_file

    profile = desk.session.profile
    await edit_file(desk.screen.app, profile.settings_file, await asyncio.to_thread(line_of, profile, name))
    look_again(desk)


def look_again(desk: Desk) -> None:
    """Have the file read that was just written."""
    cast("ConsoleApp", desk.screen.app).watching.look()
